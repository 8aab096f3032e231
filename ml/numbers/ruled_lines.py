"""Ruled-line removal: removes a printed or drawn line under a number, even a faint one that shows only in fragments.

Strokes that cross the line are kept.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.glyphs.ink import Ink
from ml.pictures.picture import Plane

RUN = 0.2
"""A line has unbroken horizontal runs of at least this share of the writing's width."""

SPAN = 0.6
"""A line spans at least this share of the writing's width..."""

LONG = 1.2
"""...and this many times the writing's height, which is longer than any digit's bar."""

CROSSING = 1.7
"""Where the ink on a line is at least this many times as high as the line is thick, a stroke crosses the line."""

LOW, FLAT = 0.75, 3.0
"""Fragments of a faint line start below LOW of the ink's height, and are at least FLAT times as long as high."""

THIN_FRAGMENT = 0.1
"""A fragment is no thicker than this share of the ink's height."""

COVERED, FRAGMENTS_SPAN = 0.25, 0.5
"""Shares of the ink's width: the fragments' total length, and their span from end to end."""

_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=np.uint8)

Mask = NDArray[np.bool_]


def remove_ruled_lines(ink: Ink) -> Ink:
    """The ink without ruled lines; the same object if there are none."""
    mask = ink.contrast > (ink.weak + ink.strong) // 2
    length = max(12, round(RUN * mask.shape[1]))
    if mask.shape[1] < LONG * mask.shape[0] or mask.shape[1] < 2 * length:
        return ink
    contrast = ink.contrast
    line = _fragmented(mask)
    if line is not None:
        contrast = _erased(contrast, mask, *line)
    core = ndimage.minimum_filter1d(mask.astype(np.uint8), length, axis=1, mode="constant")
    runs = ndimage.maximum_filter1d(core, length, axis=1, mode="constant", origin=-1 if length % 2 == 0 else 0)
    # A slightly sloping line has runs that touch diagonally where it steps to the next row.
    labels, count = ndimage.label(runs, structure=_EIGHT_NEIGHBOURS)
    for label in range(1, count + 1):
        line = _fitted(labels == label)
        if line is not None:
            contrast = _erased(contrast, mask, *line)
    return ink if contrast is ink.contrast else replace(ink, contrast=contrast)


def _fitted(run: Mask) -> tuple[NDArray[np.float64], float] | None:
    """A line's middle row in each column, and its thickness in pixels; None if the run is no line."""
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


def _fragmented(mask: Mask) -> tuple[NDArray[np.float64], float] | None:
    """Middle row and thickness, as from `_fitted`, of a fragmented line below the writing; None if there is none."""
    height, width = mask.shape
    labels, _ = ndimage.label(mask, structure=_EIGHT_NEIGHBOURS)
    fragments = np.zeros_like(mask)
    covered = 0
    for label, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        tall, long = rows.stop - rows.start, columns.stop - columns.start
        if rows.start >= LOW * height and tall <= max(2, THIN_FRAGMENT * height) and long >= FLAT * tall:
            fragments[rows, columns] |= labels[rows, columns] == label
            covered += long
    y, x = np.nonzero(fragments)
    if covered < COVERED * width or np.ptp(x) < FRAGMENTS_SPAN * width:
        return None
    slope, level = np.polyfit(x, y, 1)
    thickness = float(np.median(fragments.sum(axis=0)[fragments.any(axis=0)]))
    if float(np.percentile(np.abs(y - (slope * x + level)), 80)) > thickness + 1:
        return None
    return slope * np.arange(width) + level, thickness


def _erased(contrast: Plane, mask: Mask, middle: NDArray[np.float64], thickness: float) -> Plane:
    """The contrast with the line set to paper."""
    return np.where(_line_mask(mask, middle, thickness), np.uint8(0), contrast)


def _line_mask(mask: Mask, middle: NDArray[np.float64], thickness: float) -> Mask:
    """The line's pixels, including its anti-aliased edge, except where strokes cross it."""
    height, width = mask.shape
    line = np.zeros_like(mask)
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
            line[max(0, top - 1) : bottom + 2, column] = True
    return line
