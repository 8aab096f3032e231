"""Normalises ink of any size and pen to a 28×28 glyph: MNIST's stroke width, a 20×20 box, centred by mass.

The stroke width is measured on the ridge of the distance transform, with the ink scaled to 80 pixels. If it is outside
MNIST's usual range, the outline is moved by thresholding the distance to the edge, which keeps edges smooth. Within
the range it is unchanged, because thinning a blotted nine or thickening a small eight does more harm than good.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.picture import Plane

SIDE = 28
BOX = 20
"""Pixels: the longer side of the ink in a glyph."""

WORK = 80
"""Pixels: the longer side at which strokes are measured and changed (the work box)."""

THIN, THICK = 0.11, 0.16
"""Range of the stroke width as a share of the longer side: 2.2 to 3.2 of 20 pixels. A third of MNIST's digits are
thinner, a fifth are thicker.
"""

FILIGREE = 0.07
"""Thinner strokes are thickened to this share even if that fills a loop."""

LEAST_HOLE, HOLE_LEFT = 1.5, 1.5
"""Radii in work pixels: of the smallest hole that counts as a loop, and of the hole that thickening leaves."""

BLOB_RATIO = 1.3
"""Ink no longer than this many stroke widths is a dot."""

FAINTEST = 20
"""Levels up to this, of 255, are paper in the work box."""

Mask = NDArray[np.bool_]
Field = NDArray[np.float32]


def normalise(ink: Plane) -> NDArray[np.uint8] | None:
    """The uint8 [28, 28] glyph of uint8 [h, w] ink; None if the ink is only a dot or too faint."""
    mask = _work_mask(ink)
    if not mask.any():
        return None
    inside = _distance_inside(mask)
    radii = np.sort(inside[(inside > 0) & (inside >= cv2.dilate(inside, _square(3)))])
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
    """Rows resampled by area averaging: row i of float32 [count, w] is the mean of the plane's rows from
    start + i*step to start + (i+1)*step.

    Exact for any start and step, by differences of the cumulative sum. Outside the plane is paper. Not a matrix
    product, because its threads cost more than they save in a process that shares its cores.
    """
    sums = np.zeros((plane.shape[0] + 1, plane.shape[1]), dtype=np.float32)
    np.cumsum(plane, axis=0, out=sums[1:])
    edges = np.clip(start + step * np.arange(count + 1), 0, plane.shape[0])
    below = np.minimum(edges.astype(np.intp), plane.shape[0] - 1)
    rest = (edges - below).astype(np.float32)[:, None]
    at_edges = sums[below] * (1 - rest) + sums[below + 1] * rest
    return np.asarray(np.diff(at_edges, axis=0) / np.float32(step), dtype=np.float32)


def _work_mask(ink: Plane) -> Mask:
    """Ink scaled to the work box and binarised, with a margin for thickening: bool [h, w].

    The threshold is half of the local maximum, so that a line thinner than a work pixel survives.
    """
    height, width = ink.shape
    step = max(height, width) / WORK
    size = (max(1, round(width / step)), max(1, round(height / step)))
    # Hamming downscales sharply, but would upscale to stairs whose corners look like thin strokes.
    kernel = Image.Resampling.HAMMING if step > 1 else Image.Resampling.BICUBIC
    scaled = np.asarray(Image.fromarray(ink).resize(size, kernel))
    peak = cv2.dilate(scaled, _square(5))
    return np.pad((scaled > peak // 2) & (scaled > FAINTEST), WORK // 8)


def _distance_inside(mask: Mask) -> Field:
    return np.asarray(cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float32)


def _square(side: int) -> NDArray[np.uint8]:
    return np.ones((side, side), dtype=np.uint8)


def _growth(length: float, width: float, share: float) -> float:
    """Pixels by which each edge must move outward (negative: inward) for a stroke width of this share of the length."""
    return (share / (1 - share) * (length - width) - width) / 2


def _narrowest_hole(mask: Mask, outside: Field) -> float:
    """The smallest inner radius of a loop, in work pixels; infinity if there is no loop."""
    count, regions = cv2.connectedComponents((~mask).view(np.uint8), connectivity=4)
    if count == 2:  # the ink and the paper around it
        return np.inf
    radii = np.zeros(count, dtype=np.float32)
    np.maximum.at(radii, np.asarray(regions, dtype=np.int32), outside)
    radii[regions[0, 0]] = 0
    return float(min(radii[radii >= LEAST_HOLE], default=np.inf))


def _fit(coverage: Field, box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    left, top, right, bottom = box
    step = max(right - left, bottom - top) / BOX
    total = float(coverage.sum())
    x = float(coverage.sum(axis=0) @ (np.arange(coverage.shape[1]) + 0.5)) / total
    y = float(coverage.sum(axis=1) @ (np.arange(coverage.shape[0]) + 0.5)) / total
    half = SIDE / 2 * step
    # Keep a lopsided shape inside the glyph, even if that shifts its centre of mass.
    x = min(max(x, right - half), left + half)
    y = min(max(y, bottom - half), top + half)
    rows = area_average(coverage, SIDE, y - half, step)
    pixels = area_average(np.ascontiguousarray(rows.T), SIDE, x - half, step).T
    return np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
