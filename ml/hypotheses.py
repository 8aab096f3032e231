"""What may be the writing on paper that has a pattern, a texture or a print of its own.

No one threshold tells a pen from a printed line on every paper: what joins two digits on one sheet is a faint stroke on
the next. So a number is read under several binarisations, and `ml.segmentation` chooses with the network's confidence.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.cuts import pen_width
from ml.ink import Ink
from ml.rules import without_rules

LEVEL_RUN = 0.5
"""A level run of at least this share of the writing's height..."""

UPRIGHT_RUN = 0.125
"""...is a printed line's, except where an upright run of this share passes through it."""

THIN = 0.8
"""What is thinner than this share of the pen's width is print."""

Mask = NDArray[np.uint8]


def hypotheses(ink: Ink) -> list[Ink]:
    """The ink in the ways in which it may be meant, the likeliest first: all of it; then, on paper that isn't clean,
    only what clearly is ink, all but level lines, and all but thin ones.
    """
    whole = without_rules(ink)
    if ink.paper == 0:
        return [whole]
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


def _kept(ink: Ink, kept: NDArray[np.bool_]) -> Ink:
    return replace(ink, contrast=np.where(kept, ink.contrast, np.uint8(0)))


def _mask(ink: Ink, threshold: int) -> Mask:
    return np.asarray(ink.contrast > threshold, dtype=np.uint8)


def _opened(mask: Mask, height: int, width: int) -> Mask:
    """Without what such a rectangle doesn't fit into."""
    return np.asarray(ndimage.grey_opening(mask, (height, width), mode="constant"))


def _grown(mask: Mask, height: int, width: int) -> Mask:
    return np.asarray(ndimage.maximum_filter(mask, (height, width), mode="constant"))
