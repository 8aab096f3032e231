"""Taking out the printed line under an amount, or the one that someone drew under a number, whole or faint.

Where a stroke crosses the line it stays; elsewhere the line goes.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.glyphs.ink import Ink
from ml.pictures.arrays import Plane

RUN = 0.2
"""A line shows as unbroken level runs of at least this share of the writing's width."""

SPAN = 0.6
"""From end to end it covers at least this share of the width..."""

LONG = 1.2
"""...and so many heights of all the writing: no bar of a digit is as long."""

CROSSING = 1.7
"""Ink so many times as high as the line is thick, where it meets it, is a stroke's."""

LOW, FLAT = 0.75, 3.0
"""Remains of a faint line lie below this share of the ink's height, each by itself, so many times as long as high..."""

THIN_REMAINS = 0.1
"""...and no thicker than this share of it..."""

REMAINS, REMAINS_SPAN = 0.25, 0.5
"""...and together cover these shares of the width, themselves and from end to end."""

_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=np.uint8)

Mask = NDArray[np.bool_]


def without_rules(ink: Ink) -> Ink:
    """The ink without straight lines from one side to the other; the very same where there are none."""
    mask = ink.contrast > (ink.weak + ink.strong) // 2
    length = max(12, round(RUN * mask.shape[1]))
    if mask.shape[1] < LONG * mask.shape[0] or mask.shape[1] < 2 * length:
        return ink
    contrast = ink.contrast
    line = _broken(mask)
    if line is not None:
        contrast = _erased(contrast, mask, *line)
    core = ndimage.minimum_filter1d(mask.astype(np.uint8), length, axis=1, mode="constant")
    runs = ndimage.maximum_filter1d(core, length, axis=1, mode="constant", origin=-1 if length % 2 == 0 else 0)
    # Where a line that isn't quite level steps to the next row, its runs meet at the ends.
    labels, count = ndimage.label(runs, structure=_EIGHT_NEIGHBOURS)
    for label in range(1, count + 1):
        line = _fitted(labels == label)
        if line is not None:
            contrast = _erased(contrast, mask, *line)
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


def _broken(mask: Mask) -> tuple[NDArray[np.float64], float] | None:
    """The same of a line below the writing of which only remains show; None where there is none."""
    height, width = mask.shape
    labels, _ = ndimage.label(mask, structure=_EIGHT_NEIGHBOURS)
    remains = np.zeros_like(mask)
    covered = 0
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        tall, long = rows.stop - rows.start, columns.stop - columns.start
        if rows.start >= LOW * height and tall <= max(2, THIN_REMAINS * height) and long >= FLAT * tall:
            remains[rows, columns] |= labels[rows, columns] == label
            covered += long
    y, x = np.nonzero(remains)
    if covered < REMAINS * width or np.ptp(x) < REMAINS_SPAN * width:
        return None
    slope, level = np.polyfit(x, y, 1)
    thickness = float(np.median(remains.sum(axis=0)[remains.any(axis=0)]))
    if float(np.percentile(np.abs(y - (slope * x + level)), 80)) > thickness + 1:
        return None
    return slope * np.arange(width) + level, thickness


def _erased(contrast: Plane, mask: Mask, middle: NDArray[np.float64], thickness: float) -> Plane:
    """The contrast without the line."""
    return np.where(_of_line(mask, middle, thickness), np.uint8(0), contrast)


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
