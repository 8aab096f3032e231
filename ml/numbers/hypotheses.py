"""What may be the writing on paper that has a print of its own, or where a thick pen ran strokes together.

No one threshold tells a pen from a printed line on every paper: what joins two digits on one sheet is a faint stroke on
the next; and what a thick pen joined is apart in the middle of its strokes. So a number is read under several
binarisations, and `ml.numbers.beam_search` chooses with the network's confidence.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.glyphs.lines import row_height
from ml.glyphs.pieces import find_pieces
from ml.glyphs.redrawing import PEN
from ml.numbers.cuts import pen_width
from ml.numbers.ruled_lines import without_rules

LEVEL_RUN = 0.5
"""A level run of at least this share of the writing's height..."""

UPRIGHT_RUN = 0.125
"""...is a printed line's, except where an upright run of this share passes through it."""

THIN = 0.8
"""What is thinner than this share of the pen's width is print."""

FINE = 0.04
"""A pen narrower than this share of the digits' height is made as wide as strokes are drawn anew: it is cut better."""

THICK, BLUNT = 0.13, 0.4
"""Of a pen between these shares the middle may be meant, since what it joined is apart there..."""

MIDDLE = 0.1
"""...as wide as this share."""

Mask = NDArray[np.uint8]


def hypotheses(ink: Ink) -> list[Ink]:
    """The ink in the ways in which it may be meant, the likeliest first: all of it, a fine pen's as a wider one's; then
    on clean paper the middle of thick strokes; on other paper only what clearly is ink, all but level lines, and all
    but thin ones.
    """
    whole = without_rules(ink)
    if ink.paper == 0:
        return _with_another_pen(whole)
    clear = without_rules(replace(ink, weak=ink.strong))
    return [whole, clear, _without_level_runs(whole), without_rules(_without_thin_lines(ink))]


def _without_level_runs(ink: Ink) -> Ink:
    mask = _mask(ink, ink.weak)
    height = len(mask)
    upright = _opened(mask, max(3, round(UPRIGHT_RUN * height)), 1)
    level = _opened(mask, 1, max(8, round(LEVEL_RUN * height)))
    line = _grown(np.minimum(level, 1 - upright), 3, 1)
    return _kept(ink, (line == 0) | (upright == 1))


def _without_thin_lines(ink: Ink) -> Ink:
    mask = _mask(ink, ink.weak)
    least = max(2, round(THIN * pen_width(_mask(ink, ink.strong).astype(np.float32))))
    thick = _grown(_opened(mask, least, least), 3, 3) & mask
    return _kept(ink, _grown(thick, 3, 3) == 1)


def _with_another_pen(ink: Ink) -> list[Ink]:
    """The ink of a fine pen as a wider one's; that of a thick pen, and the middle of its strokes."""
    pieces = find_pieces(ink)
    if not pieces:
        return [ink]
    pen, height = pen_width(_mask(ink, ink.strong).astype(np.float32)), row_height(pieces)
    if pen < FINE * height:
        return [_grown_by(ink, (PEN * height - pen) / 2)]
    if THICK * height < pen < BLUNT * height:
        return [ink, _shrunk_by(ink, (pen - MIDDLE * height) / 2)]
    return [ink]


def _grown_by(ink: Ink, edge: float) -> Ink:
    margin = int(edge) + 2
    away = ndimage.distance_transform_edt(np.pad(ink.contrast <= ink.weak, margin, constant_values=True))
    contrast = (255 * np.clip(edge + 1 - away, 0, 1)).astype(np.uint8)
    grown = replace(ink, contrast=contrast, strong=DRAWN_STRONG, weak=DRAWN_WEAK, outset=-edge)
    return replace(grown, left=ink.left - margin, top=ink.top - margin)


def _shrunk_by(ink: Ink, edge: float) -> Ink:
    inside = ndimage.distance_transform_edt(ink.contrast > ink.strong)
    contrast = (ink.contrast * np.clip(inside - edge, 0, 1)).astype(np.uint8)
    return replace(ink, contrast=contrast, outset=edge)


def _kept(ink: Ink, kept: NDArray[np.bool_]) -> Ink:
    return replace(ink, contrast=np.where(kept, ink.contrast, np.uint8(0)))


def _mask(ink: Ink, threshold: int) -> Mask:
    return np.asarray(ink.contrast > threshold, dtype=np.uint8)


def _opened(mask: Mask, height: int, width: int) -> Mask:
    """Without what such a rectangle doesn't fit into."""
    return np.asarray(ndimage.grey_opening(mask, (height, width), mode="constant"))


def _grown(mask: Mask, height: int, width: int) -> Mask:
    return np.asarray(ndimage.maximum_filter(mask, (height, width), mode="constant"))
