"""One glyph: 28×28 pixels of writing that may be a digit, and its place in the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.ink import Ink
from ml.glyphs.normalisation import BOX, SIDE, normalise
from ml.glyphs.pieces import Piece
from ml.pictures.arrays import Picture

FULL = 200
"""A glyph's darkest pixel has at least this much ink..."""

SLACK = 0.05
"""...and its centre of mass is the middle to within so many pixels."""


@dataclass(frozen=True)
class Glyph:
    """One piece of writing that may be a digit.

    `box`: x, y, width, height in the given picture's pixels. `pixels`: uint8 [28, 28], 0 is paper, 255 ink.
    `row`: 0 for the topmost line of writing. It covers the atoms [`start`, `end`) of its row, left to right;
    candidates of one row may overlap. `prior`: log-odds that its size and place are a digit's. `stray`: that they are
    those of a mark beside the digits; None where it can't be one. `hypothesis`: which of `ml.numbers.hypotheses` of the
    picture's ink it is from; rows and atoms are counted anew in each.
    """

    box: tuple[int, int, int, int]
    pixels: NDArray[np.uint8]
    row: int
    start: int
    end: int
    prior: float = 0.0
    stray: float | None = None
    hypothesis: int = 0


def glyph_of(piece: Piece, ink: Ink, picture: Picture) -> Glyph | None:
    """The piece as the only glyph of its picture; None where no ink is left of it."""
    pixels = normalise(piece.ink)
    return None if pixels is None else Glyph(_box(piece, ink, picture), pixels, row=0, start=0, end=1)


def as_given(picture: Picture) -> NDArray[np.uint8] | None:
    """The glyph uint8 [28, 28] that a picture is already, dark or light: MNIST's own, or what was isolated before. None
    for every other picture.

    To isolate it once more would cost detail: of 8,000 of MNIST's pictures 30 are read wrongly then instead of 25.
    """
    plane = picture[..., 0]
    paper = plane[0, 0]
    if picture.shape[:2] != (SIDE, SIDE) or paper not in (0, 255) or (picture != plane[..., None]).any():
        return None
    pixels = np.asarray(plane if paper == 0 else 255 - plane)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if pixels.max() < FULL:
        return None
    middle = (SIDE - 1) / 2
    mass = np.array([pixels.sum(axis=1) @ np.arange(SIDE), pixels.sum(axis=0) @ np.arange(SIDE)]) / pixels.sum()
    # MNIST's pictures are shifted by whole pixels, so that their mass lies up to one beside the middle.
    is_centred = bool((mass > middle - SLACK).all() and (mass < middle + 1 + SLACK).all())
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    return pixels if is_centred and BOX <= longer <= BOX + 2 else None


def _box(piece: Piece, ink: Ink, picture: Picture) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    left, right = _side(ink.left + piece.left, piece.width, ink, width)
    top, bottom = _side(ink.top + piece.top, piece.height, ink, height)
    return left, top, right - left, bottom - top


def _side(start: int, length: int, ink: Ink, end: int) -> tuple[int, int]:
    """Where a side of the box begins and ends, in pixels of a picture that ends at `end`."""
    first, last = (start - ink.outset) * ink.factor, (start + length + ink.outset) * ink.factor
    return max(0, round(first)), min(end, round(last))
