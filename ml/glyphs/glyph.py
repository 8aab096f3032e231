"""A glyph: 28×28 pixels that may be a digit, and its position in the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.components import Region
from ml.glyphs.ink import Ink
from ml.glyphs.normalisation import BOX, SIDE, normalise
from ml.pictures.picture import Picture

FULL = 200
"""A normalised glyph's darkest pixel has at least this level."""

SLACK = 0.05
"""Pixels of tolerance for the centre of mass of a normalised glyph."""


@dataclass(frozen=True)
class Glyph:
    """Ink that may be a digit.

    `box`: x, y, width and height in the picture's pixels. `pixels`: uint8 [28, 28], 0 is paper, 255 is ink.
    `row`: the line of writing, 0 at the top. The glyph covers the atoms [`start`, `end`) of its row, counted from the
    left; candidates of one row may overlap. `prior`: log-odds that it is a whole digit, from its size and place alone.
    `stray`: log-odds that it is a stray mark, also from size and place; None if it can't be one. `binarisation`: index
    of the binarisation of the ink that it comes from; rows and atoms are numbered per binarisation.
    """

    box: tuple[int, int, int, int]
    pixels: NDArray[np.uint8]
    row: int
    start: int
    end: int
    prior: float = 0.0
    stray: float | None = None
    binarisation: int = 0


def glyph_of(region: Region, ink: Ink, picture: Picture) -> Glyph | None:
    """The region as the picture's only glyph; None if the region is too small or too faint."""
    pixels = normalise(region.ink)
    return None if pixels is None else Glyph(_box(region, ink, picture), pixels, row=0, start=0, end=1)


def already_normalised(picture: Picture) -> NDArray[np.uint8] | None:
    """The glyph, uint8 [28, 28], if the picture is a normalised glyph, dark on light or light on dark; else None.

    MNIST's pictures are normalised, and so are glyphs isolated before. Normalising them again would lose detail: of
    8,000 MNIST pictures, 30 instead of 25 would be misread.
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
    # MNIST centres by whole pixels: the centre of mass is up to one pixel off the middle.
    is_centred = bool((mass > middle - SLACK).all() and (mass < middle + 1 + SLACK).all())
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    return pixels if is_centred and BOX <= longer <= BOX + 2 else None


def _box(region: Region, ink: Ink, picture: Picture) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    left, right = _side(ink.left + region.left, region.width, ink, width)
    top, bottom = _side(ink.top + region.top, region.height, ink, height)
    return left, top, right - left, bottom - top


def _side(start: float, length: int, ink: Ink, end: int) -> tuple[int, int]:
    """Start and end of the box along one axis, in pixels of a picture with this side (`end`)."""
    first, last = (start - ink.outset) * ink.factor, (start + length + ink.outset) * ink.factor
    return max(0, round(first)), min(end, round(last))
