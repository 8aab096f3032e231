"""Connected components of the ink, without specks and noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.deadline import check
from ml.glyphs.ink import Ink
from ml.pictures.picture import Plane

SPECK_SHARE = 0.015
"""A component with less than this share of the largest one's area is a speck."""

SPARSE_SHARE = 0.25
"""If the components' longer sides add up to less than this share of the bounding box's longer side, they are specks."""

DUST_COUNT = 200
DUST_SHARE = 0.05
"""More than DUST_COUNT components are noise if none has this share of the ink."""

CROWD = 60
AT_THE_EDGE = 0.2
"""More than CROWD components are noise if this share touches the crop's edge; a page of digits has a margin."""

MOST = 400
"""At most so many components are kept, the largest; writing has fewer."""

LEAST_SIDE = 5
"""Pixels: ink with its longer side below this is a speck."""

SOFT_EDGE = 2
"""Pixels around a component, below the weak threshold, that still belong to its anti-aliased edge."""

_SOFT_EDGE_KERNEL = np.ones((2 * SOFT_EDGE + 1, 2 * SOFT_EDGE + 1), dtype=np.uint8)


@dataclass(frozen=True)
class Region:
    """Ink and its position: a connected component, a part of one, or several together.

    `ink`: uint8 [h, w], 0 is paper, 255 is full ink, without empty margins. `left` and `top`: its corner in the crop.
    """

    ink: Plane
    left: int
    top: int

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.ink.shape[0])

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond it."""
        return self.top + self.height


def find_components(ink: Ink) -> list[Region]:
    """The 8-connected components above the weak threshold that contain strong ink, in the crop's coordinates.

    Specks are dropped, and all but the MOST largest. [] if nothing is strong, or all of it is specks or noise.
    """
    strong = ink.contrast > ink.strong
    if not strong.any():
        return []
    level = np.asarray(cv2.LUT(ink.contrast, _levels(ink.contrast[strong], ink.paper)), dtype=np.uint8)
    mask = np.asarray(ink.contrast > ink.weak, dtype=np.uint8)
    count, labelled, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    labels = np.asarray(labelled, dtype=np.int32)
    if count == 2:
        components = [Region(level, 0, 0)]
    else:
        areas = stats[:, cv2.CC_STAT_AREA].copy()
        areas[0] = 0
        areas[np.bincount(labels[strong], minlength=count) == 0] = 0
        if count > DUST_COUNT and areas.max() < DUST_SHARE * areas.sum():
            return []
        kept = np.flatnonzero(areas >= max(1.0, SPECK_SHARE * areas.max()))
        if len(kept) > MOST:
            kept = np.sort(kept[np.argsort(-areas[kept], kind="stable")[:MOST]])
        components = [_region(level, labels, int(label), *stats[label, :4].tolist()) for label in kept]
    if len(components) > CROWD and _at_the_edge(components, *level.shape) > AT_THE_EDGE * len(components):
        return []
    left, top, right, bottom = bounding_box(components)
    longest = max(right - left, bottom - top)
    total = sum(max(component.width, component.height) for component in components)
    return components if longest >= LEAST_SIDE and total >= SPARSE_SHARE * longest else []


def _at_the_edge(regions: Sequence[Region], height: int, width: int) -> int:
    """How many components touch an edge of the crop."""
    return sum(0 in (region.left, region.top) or region.right == width or region.bottom == height for region in regions)


def _levels(strong: NDArray[np.uint8], paper: float) -> NDArray[np.uint8]:
    """Lookup table uint8 [256] from contrast to ink: `paper` becomes 0, the strong ink's upper quartile 255."""
    full = float(np.percentile(strong, 75))
    levels = (np.arange(256) - paper) * (255.0 / (full - paper))
    return np.asarray(np.clip(levels, 0, 255), dtype=np.uint8)


def _region(
    level: Plane, labels: NDArray[np.int32], label: int, left: int, top: int, width: int, height: int
) -> Region:
    check()
    # Keeps the component's own anti-aliased edge, and drops other components with theirs.
    place = slice(top, top + height), slice(left, left + width)
    own = labels[place]
    near = cv2.dilate(np.asarray(own == label, dtype=np.uint8), _SOFT_EDGE_KERNEL) > 0
    ink = np.where((own == label) | ((own == 0) & near), level[place], 0).astype(np.uint8)
    return Region(ink, left, top)


def bounding_box(regions: Sequence[Region]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all regions together."""
    return (
        min(region.left for region in regions),
        min(region.top for region in regions),
        max(region.right for region in regions),
        max(region.bottom for region in regions),
    )


def union(regions: Sequence[Region]) -> Region:
    """All regions merged into one."""
    if len(regions) == 1:
        return regions[0]
    left, top, right, bottom = bounding_box(regions)
    ink = np.zeros((bottom - top, right - left), dtype=np.uint8)
    for region in regions:
        part = ink[region.top - top : region.bottom - top, region.left - left : region.right - left]
        np.maximum(part, region.ink, out=part)
    return Region(ink, left, top)
