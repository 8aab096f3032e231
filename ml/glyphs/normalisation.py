"""Ink of any size and pen to a 28x28 glyph: a stroke width like MNIST's, 20x20 box, centre of mass.

The stroke width is measured on the ridge of the distance transform, in a box of 80 pixels, and where it lies outside
of MNIST's range it is changed by moving the threshold of the distance to the stroke's edge, so that edges stay smooth.
Within that range it is left alone: thinning a blotted nine, or thickening a small eight, costs more than it evens out.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ml.pictures.arrays import Plane

SIDE = 28
BOX = 20
WORK = 80
"""Longer side, in pixels, at which strokes are measured and changed."""

THIN, THICK = 0.11, 0.16
"""Stroke width over the longer side of the finished glyph: 2.2 to 3.2 of 20 pixels. Of MNIST's digits a third are
thinner and a fifth thicker.
"""

FILIGREE = 0.07
"""The same share, to which strokes are thickened even where that fills a loop."""

LEAST_HOLE, HOLE_LEFT = 1.5, 1.5
"""Radius in work pixels from which a loop counts, and what is left of it."""

BLOB_RATIO = 1.3
"""Ink no longer than this many pen widths is a dot."""

FAINTEST = 20
"""Ink below this level, of 255, in the work box is paper."""

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]


def normalise(ink: Plane) -> NDArray[np.uint8] | None:
    """The uint8 [28, 28] glyph of uint8 [h, w] ink; None where the ink is only a dot, or too faint to be any."""
    mask = _work_mask(ink)
    if not mask.any():
        return None
    inside = _distance_inside(mask)
    radii = np.sort(inside[(inside > 0) & (inside >= ndimage.maximum_filter(inside, 3))])
    width = max(1.0, 2.0 * float(radii[len(radii) // 2]) - 0.5)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, breadth = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    length = float(max(height, breadth))
    if length < BLOB_RATIO * max(width, 2.0 * float(radii[-1]) - 1.0):
        return None
    if width < THIN * length:
        outside = _distance_inside(~mask)
        least, most = _growth(length, width, FILIGREE), _growth(length, width, THIN)
        grow = max(0.0, least, min(most, _narrowest_hole(mask, outside) - HOLE_LEFT))
        coverage = np.asarray(np.clip(np.float32(grow + 1) - outside, 0, 1), dtype=np.float32)
    else:
        thinnest = float(radii[len(radii) // 10])
        grow = min(0.0, max(_growth(length, width, THICK), 0.75 - thinnest))
        coverage = np.asarray(np.clip(inside + np.float32(grow), 0, 1), dtype=np.float32)
    box = (columns[0] - grow, rows[0] - grow, columns[-1] + 1 + grow, rows[-1] + 1 + grow)
    return _fit(coverage, box)


def area_average(plane: Field, count: int, start: float, step: float) -> Field:
    """Rows averaged over areas: row i of float32 [count, w] is the mean of [start + i*step, start + (i+1)*step) of
    the plane.

    Exact for any start and step, by differences of the running sum. Outside the plane is paper. No matrix product: the
    threads that one starts cost more than they save in a process that shares its cores.
    """
    sums = np.zeros((plane.shape[0] + 1, plane.shape[1]), dtype=np.float32)
    np.cumsum(plane, axis=0, out=sums[1:])
    edges = np.clip(start + step * np.arange(count + 1), 0, plane.shape[0])
    below = np.minimum(edges.astype(np.intp), plane.shape[0] - 1)
    rest = (edges - below).astype(np.float32)[:, None]
    at_edges = sums[below] * (1 - rest) + sums[below + 1] * rest
    return np.asarray(np.diff(at_edges, axis=0) / np.float32(step), dtype=np.float32)


def _work_mask(ink: Plane) -> Mask:
    """Ink scaled to the work box with a margin wide enough for the widest growth: bool [h, w].

    The edge stands at half of the nearby peak, so that a line thinner than a work pixel survives.
    """
    height, width = ink.shape
    step = max(height, width) / WORK
    size = (max(1, round(width / step)), max(1, round(height / step)))
    # Hamming averages down crisply; enlarging, it would leave stairs, whose corners look like thin strokes.
    kernel = Image.Resampling.HAMMING if step > 1 else Image.Resampling.BICUBIC
    scaled = np.asarray(Image.fromarray(ink).resize(size, kernel))
    peak = ndimage.maximum_filter(scaled, 5)
    return np.pad((scaled > peak // 2) & (scaled > FAINTEST), WORK // 8)


def _distance_inside(mask: Mask) -> Field:
    return np.asarray(ndimage.distance_transform_edt(mask), dtype=np.float32)


def _growth(length: float, width: float, share: float) -> float:
    """Pixels by which each edge moves outward (negative: inward), so that the finished stroke has this share."""
    return (share / (1 - share) * (length - width) - width) / 2


def _narrowest_hole(mask: Mask, outside: Field) -> float:
    """The smallest radius among the loops' insides, in work pixels; infinity where there is no loop."""
    regions, count = ndimage.label(~mask)
    if count == 1:
        return np.inf
    radii = np.zeros(count + 1, dtype=np.float32)
    np.maximum.at(radii, regions, outside)
    radii[regions[0, 0]] = 0
    return float(min(radii[radii >= LEAST_HOLE], default=np.inf))


def _fit(coverage: Field, box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    left, top, right, bottom = box
    step = max(right - left, bottom - top) / BOX
    total = float(coverage.sum())
    x = float(coverage.sum(axis=0) @ (np.arange(coverage.shape[1]) + 0.5)) / total
    y = float(coverage.sum(axis=1) @ (np.arange(coverage.shape[0]) + 0.5)) / total
    half = SIDE / 2 * step
    # A lopsided shape would leave the frame when centred by mass alone.
    x = min(max(x, right - half), left + half)
    y = min(max(y, bottom - half), top + half)
    rows = area_average(coverage, SIDE, y - half, step)
    pixels = area_average(np.ascontiguousarray(rows.T), SIDE, x - half, step).T
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
