"""Isolates a stored picture: finds its ink and cuts out the candidate glyphs.

One function does this for readings, rereadings, glances, evaluations and training examples.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ml.deadline import limited
from ml.glyphs.looks import FindWriting
from ml.glyphs.perceptual_hash import perceptual_hash
from ml.isolation import Isolated, isolate
from ml.pictures import decoding
from ml.pictures.cropping import Box, crop
from predictor.models import Drawing, Mode
from predictor.reading.statements import update_each

DRAWING_SECONDS = 4.0
"""A drawing that takes longer to isolate fails. A photo takes up to 0.2 s."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """A stored picture: `image` is the re-encoded bytes, `width` and `height` are those of the picture as sent."""

    image: bytes
    width: int
    height: int
    mode: str
    strokes: dict[str, Any] | None = None
    box: Sequence[int] | None = None
    """x, y, width and height of the part to read, in pixels of the picture as sent; None for the whole picture."""


def find_candidates(picture: StoredPicture, find: FindWriting | None) -> Isolated:
    """The candidate glyphs, with their boxes in pixels of the picture as it was sent. Raises PictureError or TooLong.

    `find`: the ink finder of the version that reads; None finds ink by rules alone. Only the part within the picture's
    box is read, if it has one. The strokes are those of the whole picture, so they don't count then.
    """
    pixels = decoding.decode(picture.image)
    across, down = picture.width / pixels.shape[1], picture.height / pixels.shape[0]
    strokes, left, top = picture.strokes, 0, 0
    if picture.box:
        pixels, left, top = crop(pixels, picture.box, picture.width, picture.height)
        strokes = None
    with limited(DRAWING_SECONDS):
        found = isolate(pixels, "number" if picture.mode == Mode.NUMBER else "digit", strokes, find=find)
    boxes = [_scaled(_moved(glyph.box, left, top), across, down) for glyph in found.glyphs]
    return replace(found, glyphs=[replace(glyph, box=box) for glyph, box in zip(found.glyphs, boxes, strict=True)])


def picture_of(drawing: Drawing) -> StoredPicture:
    """The picture of a drawing's newest revision."""
    return StoredPicture(
        image=bytes(drawing.image),
        width=drawing.width,
        height=drawing.height,
        mode=drawing.mode,
        strokes=drawing.strokes,
        box=drawing.box,
    )


def isolate_drawing(
    drawing: Drawing,
    find: FindWriting | None,
    *,
    otherwise: str,
    on_error: Callable[[Exception], object] | None = None,
) -> Isolated | None:
    """The drawing's candidate glyphs. None if its picture can't be isolated.

    That is logged with `otherwise`, which says what happens instead, and `on_error` is called.
    """
    try:
        return find_candidates(picture_of(drawing), find)
    except Exception as error:
        logger.exception("Drawing %s could not be isolated; %s", drawing.pk, otherwise)
        if on_error:
            on_error(error)
        return None


def keep_hashes(found: Iterable[tuple[Drawing, Isolated]]) -> None:
    """Stores the perceptual hashes of the glyphs found in drawings, unless a newer revision has arrived."""
    update_each(
        Drawing,
        [
            ({"id": drawing.pk, "revision": drawing.revision}, {"perceptual_hash": perceptual_hash(each.glyphs)})
            for drawing, each in found
            if drawing.perceptual_hash is None
        ],
    )


def _moved(box: Box, left: int, top: int) -> Box:
    x, y, w, h = box
    return x + left, y + top, w, h


def _scaled(box: Box, across: float, down: float) -> Box:
    x, y, w, h = box
    return round(x * across), round(y * down), max(1, round(w * across)), max(1, round(h * down))
