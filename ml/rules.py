"""Taking out the printed line under an amount, or the one that someone drew under a number.

Where a stroke crosses the line it stays; elsewhere the line goes.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.ink import Ink

RUN = 0.2
"""A line shows as unbroken level runs of at least this share of the writing's width."""

SPAN = 0.6
"""From end to end it covers at least this share of the width..."""

LONG = 1.2
"""...and so many heights of all the writing: no bar of a digit is as long."""

CROSSING = 1.7
"""Ink so many times as high as the line is thick, where it meets it, is a stroke's."""

_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=np.uint8)

Mask = NDArray[np.bool_]


def without_rules(ink: Ink) -> Ink:
    """The ink without straight lines from one side to the other; the very same where there are none."""
    mask = ink.contrast > (ink.weak + ink.strong) // 2
    length = max(12, round(RUN * mask.shape[1]))
    if mask.shape[1] < LONG * mask.shape[0] or mask.shape[1] < 2 * length:
        return ink
    core = ndimage.minimum_filter1d(mask.astype(np.uint8), length, axis=1, mode="constant")
    if not core.any():
        return ink
    runs = ndimage.maximum_filter1d(core, length, axis=1, mode="constant", origin=-1 if length % 2 == 0 else 0)
    # Where a line that isn't quite level steps to the next row, its runs meet at the ends.
    labels, count = ndimage.label(runs, structure=_EIGHT_NEIGHBOURS)
    contrast = ink.contrast
    for label in range(1, count + 1):
        line = _fitted(labels == label)
        if line is not None:
            contrast = np.where(_of_line(mask, *line), 0, contrast).astype(np.uint8)
    return ink if contrast is ink.contrast else replace(ink, contrast=contrast)


def _fitted(run: Mask) -> tuple[NDArray[np.float64], float] | None:
    """The line's middle row in each column of the picture, and its thickness; None for what is none."""
    height, width = run.shape
    y, x = np.nonzero(run)
    if np.ptp(x) < max(SPAN * width, LONG * 0.8 * height):
        return None
    columns = np.flatnonzero(run.any(axis=0))
    thick = run.sum(axis=0)[columns]
    thickness = float(np.median(thick))
    slope, level = np.polyfit(x, y, 1)
    away = np.abs(y - (slope * x + level))
    if thickness > 0.15 * height or float(np.percentile(away, 80)) > thickness + 1:
        return None
    return slope * np.arange(width) + level, thickness


def _of_line(mask: Mask, middle: NDArray[np.float64], thickness: float) -> Mask:
    """Which pixels the line covers, with its soft edge, but for the strokes that cross it."""
    height, width = mask.shape
    gone = np.zeros_like(mask)
    reach = round(thickness / 2) + 1
    most = CROSSING * thickness + 1
    for column in range(width):
        row = round(float(middle[column]))
        near = range(max(0, row - reach), min(height, row + reach + 1))
        inked = [r for r in near if mask[r, column]]
        if not inked:
            continue
        top, bottom = inked[0], inked[-1]
        while top > 0 and mask[top - 1, column]:
            top -= 1
        while bottom < height - 1 and mask[bottom + 1, column]:
            bottom += 1
        if bottom - top + 1 <= most:
            gone[max(0, top - 1) : bottom + 2, column] = True
    return gone
