"""Several binarisations of a number's ink, for fine and thick pens.

Thin ink is cut less well, and eroding a thick pen's strokes separates the digits that they joined. Each binarisation is
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

FINE = 0.04
"""Ink of a pen thinner than this share of the digits' height is dilated to `PEN`, because thin ink is cut less well."""

THICK, BLUNT = 0.13, 0.4
"""Ink of a pen between these shares of the digits' height is also read eroded, to separate joined digits..."""

MIDDLE = 0.1
"""...to a pen width of this share."""

Mask = NDArray[np.uint8]


def binarisations(ink: Ink) -> list[Ink]:
    """The binarisations of the ink, the most plausible first: without ruled lines; on clean paper dilated if the pen is
    fine, and also eroded if it is thick.
    """
    whole = remove_ruled_lines(ink)
    return [whole] if ink.paper else _with_other_pens(whole)


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


def _mask(ink: Ink, threshold: int) -> Mask:
    return np.asarray(ink.contrast > threshold, dtype=np.uint8)
