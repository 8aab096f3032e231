"""Groups regions of ink into lines of writing (rows)."""

from collections.abc import Sequence

import numpy as np

from ml.glyphs.components import Region, bounding_box

TALL = 0.55
"""A region with at least this share of its row's height is tall: it may be a digit on its own."""

LEAST_OVERLAP = 0.35
"""Neighbours in a row overlap vertically by at least this share of the shorter one's height."""

LEAST = 0.35
"""A region away from all rows starts a new row if it has this share of the tallest region's height. Otherwise it is a
speck.
"""


def find_rows(regions: Sequence[Region]) -> list[list[Region]]:
    """Regions grouped into rows from top to bottom, each sorted from left to right; specks are dropped.

    A tall region is added to the row whose last region it overlaps most vertically, so that a row may rise or fall.
    """
    tallest = max(region.height for region in regions)
    rows: list[list[Region]] = []
    for region in sorted((p for p in regions if p.height >= TALL * tallest), key=lambda p: p.left):
        overlaps = [_overlap(region, row[-1]) for row in rows]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if best >= 0 and overlaps[best] >= LEAST_OVERLAP:
            rows[best].append(region)
        else:
            rows.append([region])
    others: list[Region] = []
    tall = [list(row) for row in rows]
    for region in regions:
        if region.height >= TALL * tallest:
            continue
        distances = [_distance(region, row) for row in tall]
        nearest = int(np.argmin(distances))
        if distances[nearest] <= 0.2 * tallest:
            rows[nearest].append(region)
        elif region.height >= LEAST * tallest:
            others.append(region)
    if others:
        rows += find_rows(others)
    rows.sort(key=lambda row: float(np.mean([region.top + region.bottom for region in row])))
    return [sorted(row, key=lambda p: p.left + p.right) for row in rows]


def row_height(row: Sequence[Region]) -> float:
    """The median height of the row's tall regions, in pixels."""
    heights = [region.height for region in row]
    return float(np.median([height for height in heights if height >= TALL * max(heights)]))


def _overlap(region: Region, other: Region) -> float:
    """Vertical overlap as a share of the shorter one's height; negative if they are apart."""
    both = min(region.bottom, other.bottom) - max(region.top, other.top)
    return both / min(region.height, other.height)


def _distance(region: Region, row: Sequence[Region]) -> float:
    """Vertical pixels between the region and the row's nearest one; negative if they overlap."""
    near = min(row, key=lambda other: max(other.left - region.right, region.left - other.right))
    _, top, _, bottom = bounding_box([near])
    return float(max(region.top - bottom, top - region.bottom))
