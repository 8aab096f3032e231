"""Several binarisations of a number's ink, for printed paper and thick pens.

No single threshold separates pen from print on every paper: the same grey joins two digits on one sheet and is a faint
stroke on another. Eroding a thick pen's strokes separates the digits that they joined. So every binarisation is
segmented, and `ml.numbers.beam_search` chooses among the results by the network's confidence.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.glyphs.components import find_components
from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.glyphs.lines import row_height
from ml.glyphs.redrawing import PEN
from ml.numbers.cuts import pen_width
from ml.numbers.ruled_lines import remove_ruled_lines

HORIZONTAL_RUN = 0.5
VERTICAL_RUN = 0.125
"""Shares of the writing's height. A horizontal run this long is a printed line, except where a vertical run of this
length crosses it.
"""

THIN = 0.8
"""Ink thinner than this share of the pen's width is print."""

FINE = 0.04
"""Ink of a pen thinner than this share of the digits' height is dilated to `PEN`, because thin ink is cut less well."""

THICK, BLUNT = 0.13, 0.4
"""Ink of a pen between these shares of the digits' height is also read eroded, to separate joined digits..."""

MIDDLE = 0.1
"""...to a pen width of this share."""

Mask = NDArray[np.uint8]


def binarisations(ink: Ink) -> list[Ink]:
    """The binarisations of the ink, the most plausible first.

    On clean paper: the ink, dilated if the pen is fine, and also eroded ink if the pen is thick. On other paper, four:
    all ink; its strong parts; without horizontal runs; without thin lines. Ruled lines are removed from all of them.
    """
    whole = remove_ruled_lines(ink)
    if ink.paper == 0:
        return _with_other_pens(whole)
    clear = remove_ruled_lines(replace(ink, weak=ink.strong))
    return [whole, clear, _without_horizontal_runs(whole), remove_ruled_lines(_without_thin_lines(ink))]


def _without_horizontal_runs(ink: Ink) -> Ink:
    mask = _mask(ink, ink.weak)
    height = len(mask)
    vertical = _opened(mask, max(3, round(VERTICAL_RUN * height)), 1)
    horizontal = _opened(mask, 1, max(8, round(HORIZONTAL_RUN * height)))
    line = _dilated(np.minimum(horizontal, 1 - vertical), 3, 1)
    return _masked(ink, (line == 0) | (vertical == 1))


def _without_thin_lines(ink: Ink) -> Ink:
    mask = _mask(ink, ink.weak)
    least = max(2, round(THIN * pen_width(_mask(ink, ink.strong).astype(np.float32))))
    thick = _dilated(_opened(mask, least, least), 3, 3) & mask
    return _masked(ink, _dilated(thick, 3, 3) == 1)


def _with_other_pens(ink: Ink) -> list[Ink]:
    """The ink, dilated if the pen is fine; also eroded ink if the pen is thick."""
    regions = find_components(ink)
    if not regions:
        return [ink]
    pen, height = pen_width(_mask(ink, ink.strong).astype(np.float32)), row_height(regions)
    if pen < FINE * height:
        return [_dilated_ink(ink, (PEN * height - pen) / 2)]
    if THICK * height < pen < BLUNT * height:
        return [ink, _eroded_ink(ink, (pen - MIDDLE * height) / 2)]
    return [ink]


def _dilated_ink(ink: Ink, edge: float) -> Ink:
    margin = int(edge) + 2
    away = ndimage.distance_transform_edt(np.pad(ink.contrast <= ink.weak, margin, constant_values=True))
    contrast = (255 * np.clip(edge + 1 - away, 0, 1)).astype(np.uint8)
    dilated = replace(ink, contrast=contrast, strong=DRAWN_STRONG, weak=DRAWN_WEAK, outset=-edge)
    return replace(dilated, left=ink.left - margin, top=ink.top - margin)


def _eroded_ink(ink: Ink, edge: float) -> Ink:
    inside = ndimage.distance_transform_edt(ink.contrast > ink.strong)
    contrast = (ink.contrast * np.clip(inside - edge, 0, 1)).astype(np.uint8)
    return replace(ink, contrast=contrast, outset=edge)


def _masked(ink: Ink, kept: NDArray[np.bool_]) -> Ink:
    return replace(ink, contrast=np.where(kept, ink.contrast, np.uint8(0)))


def _mask(ink: Ink, threshold: int) -> Mask:
    return np.asarray(ink.contrast > threshold, dtype=np.uint8)


def _opened(mask: Mask, height: int, width: int) -> Mask:
    """Morphological opening with a rectangle: removes ink narrower or lower than the rectangle."""
    return np.asarray(ndimage.grey_opening(mask, (height, width), mode="constant"))


def _dilated(mask: Mask, height: int, width: int) -> Mask:
    return np.asarray(ndimage.maximum_filter(mask, (height, width), mode="constant"))
