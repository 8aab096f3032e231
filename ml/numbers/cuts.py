"""Cuts a region that may hold touching digits along seams: paths from top to bottom that cross little ink."""

from bisect import bisect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.deadline import check
from ml.glyphs.components import Region

NARROW = 0.55
"""A region no wider than this many row heights is one digit."""

WIDE = 0.85
"""A region wider than this many row heights is cut more readily."""

GRID = 48
"""Most rows of the coarse grid on which seams are searched."""

MOST_CROSSED = 5.0
"""Pen widths of ink that a seam may cross in a wide region."""

MOST_CROSSED_NARROW = 1.8
"""Pen widths of ink that a seam may cross in a region that is probably a single digit."""

HOLES = ((1.0, 3.0), (0.15, 6.0))
"""For each pass of the search: the cost of a step through a hole, and the most seams per row height of width after the
pass.
"""

MOST_SEAMS = 128
"""The most seams of a region."""

LEAST_SEGMENT = 0.25
"""Between two seams there is at least as much ink as an upright stroke of this share of the region's height has."""

HOLE = 0.15
"""A step through a hole adds this to the ink that a seam crosses; a step through full ink adds 1."""

PAPER = 0.3
"""Grid cells with less ink than this share are paper."""

INKED = 100
"""A seam's pixel above this level, of 255, is ink."""

SHARED = 0.75
"""Pen widths beyond a seam that both sides get where the seam crosses ink, because touching digits share a stroke."""

_DIAGONAL = 0.1
"""Cost of a diagonal step; a step through full ink costs 1."""

Grid = NDArray[np.float32]
Seam = NDArray[np.intp]
"""For each row, the first column to the right of the seam."""


@dataclass(frozen=True)
class Segments:
    """A region's segments from left to right. `crossed`: pen widths of ink that the seam between two segments cuts."""

    regions: list[Region]
    crossed: list[float]


def cut(region: Region, row_height: float) -> Segments:
    """The region cut into segments; one segment if it is narrow or no seam is cheap enough."""
    if region.width <= NARROW * row_height or region.width < 8 or region.height < 8:
        return Segments([region], [])
    coarse = _coarse(region)
    seams = _seams(coarse, region.width / row_height)
    return _split(region, seams, coarse)


def _coarse(region: Region) -> Grid:
    """Mean ink in [0, 1] on a grid of square cells with at most GRID rows."""
    cell = max(1, -(-region.height // GRID))
    rows, columns = -(-region.height // cell), -(-region.width // cell)
    padded = np.zeros((rows * cell, columns * cell), dtype=np.float32)
    padded[: region.height, : region.width] = region.ink
    return np.asarray(padded.reshape(rows, cell, columns, cell).mean(axis=(1, 3)) / 255, dtype=np.float32)


def pen_width(coarse: Grid) -> float:
    """Stroke width in cells: twice the area over the perimeter, estimated by Crofton's formula."""
    steps = float(np.abs(np.diff(coarse, axis=0, prepend=0, append=0)).sum())
    steps += float(np.abs(np.diff(coarse, axis=1, prepend=0, append=0)).sum())
    return 2 * float(coarse.sum()) / max(steps * np.pi / 4, 1e-6)


def _seams(coarse: Grid, breadth: float) -> list[tuple[Seam, float]]:
    """The cheapest seams, well apart, from left to right, each with the pen widths of ink that it crosses.

    `breadth`: the region's width in row heights.
    """
    rows = np.arange(len(coarse))
    pen = pen_width(coarse)
    limit = (MOST_CROSSED if breadth > WIDE else MOST_CROSSED_NARROW) * pen
    least = LEAST_SEGMENT * len(coarse) * pen
    ink_left = np.pad(np.cumsum(coarse, axis=1), ((0, 0), (1, 0)))
    holes = _holes(coarse)
    crossing = coarse + HOLE * holes
    found: list[tuple[float, Seam, float]] = []
    bounds = [0.0, float(coarse.sum())]
    # With cheap holes, the cheapest seam between two touching loops would cross a loop; costly holes prevent that.
    for hole, most in HOLES:
        seams = _cheapest(coarse + hole * holes)
        inks, crossings = (plane[rows, seams].sum(axis=1).tolist() for plane in (ink_left, crossing))
        for seam, ink, crossed in zip(seams, inks, crossings, strict=True):
            if len(found) >= min(MOST_SEAMS, round(most * breadth)):
                break
            place = bisect(bounds, ink)
            if crossed <= limit and min(abs(ink - bound) for bound in bounds[max(0, place - 1) : place + 1]) >= least:
                found.append((ink, seam, crossed / pen))
                bounds.insert(place, ink)
    return [(seam, crossed) for _, seam, crossed in sorted(found, key=lambda each: each[0])]


def _cheapest(cost: Grid) -> NDArray[np.intp]:
    """The cheapest seam through each column of the middle row, in ascending order of cost: [columns, rows]."""
    middle = len(cost) // 2
    above, from_above = _descend(cost[: middle + 1])
    below, from_below = _descend(cost[middle:][::-1])
    columns = np.argsort(above + below - cost[middle], kind="stable")
    return np.concatenate((_follow(from_above, columns)[:, ::-1], _follow(from_below, columns)[:, 1:]), axis=1)


def _holes(coarse: Grid) -> Grid:
    """1 for paper enclosed by ink, else 0. Marked because a seam through a digit's loop cuts the digit."""
    labels, count = ndimage.label(coarse < PAPER)
    outside = np.zeros(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outside[edge] = True
    outside[0] = True
    return np.asarray(~outside[labels], dtype=np.float32)


def _descend(cost: Grid) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Cost of the cheapest path from the first row to each cell of the last, and the step (-1, 0, 1) into each cell."""
    rows, columns = cost.shape
    total = cost[0].copy()
    steps = np.zeros((rows, columns), dtype=np.int8)
    options = np.full((3, columns), np.inf, dtype=np.float32)
    for row in range(1, rows):
        options[0] = total
        options[1, 1:] = total[:-1] + _DIAGONAL
        options[2, :-1] = total[1:] + _DIAGONAL
        best = options.argmin(axis=0)
        steps[row] = _STEPS[best]
        total = options[best, np.arange(columns)] + cost[row]
    return total, steps


_STEPS = np.array([0, -1, 1], dtype=np.int8)


def _follow(steps: NDArray[np.int8], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """The columns of the paths that end in these columns, from the last row back to the first: [columns, rows]."""
    paths = np.empty((len(columns), len(steps)), dtype=np.intp)
    for index, row in enumerate(steps[::-1]):
        paths[:, index] = columns
        columns = columns + row[columns]
    return paths


def _split(region: Region, seams: list[tuple[Seam, float]], coarse: Grid) -> Segments:
    columns = np.arange(region.width)
    cell = max(1, -(-region.height // GRID))
    rows = np.minimum(np.arange(region.height) // cell, len(coarse) - 1)
    edges = [np.asarray(seam[rows] * cell + cell // 2, dtype=np.intp) for seam, _ in seams]
    bounds = [np.zeros(region.height, dtype=np.intp), *edges, np.full(region.height, region.width, dtype=np.intp)]
    # Neighbouring seams may cross; a segment is then bounded by the outermost seam.
    for index in range(1, len(bounds)):
        bounds[index] = np.maximum(bounds[index], bounds[index - 1])
    more = [_shared(region, bound, SHARED * pen_width(coarse) * cell) for bound in bounds]
    segments: list[Region] = []
    crossed: list[float] = []
    for index in range(len(bounds) - 1):
        check()
        left, right = bounds[index] - more[index], bounds[index + 1] + more[index + 1]
        empty = bounds[index] == bounds[index + 1]
        own = (columns >= left[:, None]) & (columns < right[:, None]) & ~empty[:, None]
        segment = _cropped(region.ink * own, region)
        if segment is None:
            continue
        if segments:
            crossed.append(seams[index - 1][1])
        segments.append(segment)
    return Segments(segments, crossed)


def _shared(region: Region, bound: Seam, reach: float) -> Seam:
    """For each row, pixels beyond the seam that both sides get; 0 where the seam runs through paper."""
    on_ink = region.ink[np.arange(region.height), np.clip(bound, 0, region.width - 1)] > INKED
    return np.where(on_ink, round(reach), 0)


def _cropped(ink: NDArray[np.uint8], region: Region) -> Region | None:
    """The region of this ink without empty margins; None if there is no ink. `region` gives the coordinates."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return None
    top, left = int(rows[0]), int(columns[0])
    own = ink[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return Region(own, region.left + left, region.top + top)
