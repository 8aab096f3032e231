"""The candidate glyphs of a stored picture: one function for a first reading, a repeated one, a glance, an evaluation
and a training example.
"""

from dataclasses import dataclass, replace
from typing import Any

from ml.glyphs.glyph import Glyph
from ml.glyphs.perceptual_hash import perceptual_hash
from ml.isolation import isolate
from ml.pictures import decoding
from predictor.models import Drawing, Mode


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """A picture as it is stored (`image`: the re-encoded bytes), with the `width` and `height` in which it was sent."""

    image: bytes
    width: int
    height: int
    mode: str
    strokes: dict[str, Any] | None = None


def find_candidates(picture: StoredPicture) -> list[Glyph]:
    """The candidate glyphs, their boxes in the picture as it was sent. Raises PictureError."""
    pixels = decoding.decode(picture.image)
    found = isolate(pixels, "number" if picture.mode == Mode.NUMBER else "digit", picture.strokes)
    across, down = picture.width / pixels.shape[1], picture.height / pixels.shape[0]
    return [replace(glyph, box=_scaled(glyph.box, across, down)) for glyph in found]


def picture_of(drawing: Drawing) -> StoredPicture:
    """The picture of a drawing's newest revision."""
    return StoredPicture(
        image=bytes(drawing.image),
        width=drawing.width,
        height=drawing.height,
        mode=drawing.mode,
        strokes=drawing.strokes,
    )


def keep_hash(drawing: Drawing, found: list[Glyph]) -> None:
    """Stores the perceptual hash of what was found in a drawing, unless a newer revision has come meanwhile."""
    unhashed = Drawing.objects.filter(pk=drawing.pk, image_hash=drawing.image_hash, perceptual_hash=None)
    unhashed.update(perceptual_hash=perceptual_hash(found))


def _scaled(box: tuple[int, int, int, int], across: float, down: float) -> tuple[int, int, int, int]:
    x, y, w, h = box
    return round(x * across), round(y * down), max(1, round(w * across)), max(1, round(h * down))
