"""The part of a drawing's picture that its box frames."""

from ml.pictures import decoding
from ml.pictures.cropping import crop
from predictor.models import Drawing


def framed(drawing: Drawing) -> tuple[bytes, str]:
    """The picture within the drawing's box, encoded, and its type. Without a box, the stored picture."""
    stored = bytes(drawing.image)
    if drawing.box is None:
        return stored, drawing.image_type
    part, _, _ = crop(decoding.decode(stored), drawing.box, drawing.width, drawing.height)
    kept = decoding.keep(part)
    return kept.data, kept.content_type
