"""Cutting a piece of ink that may be several touching digits, along paths that cross little ink."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.glyphs.pieces import Piece

NARROW = 0.55
"""A piece no wider than this many row heights is one digit."""

WIDE = 0.85
"""A piece wider than this many row heights is cut more readily."""

GRID = 48
"""Rows of the coarse grid on which the cutting paths are sought."""

MOST_CROSSED = 5.0
"""Pen widths of ink that a cut may cross in a wide piece."""

MOST_CROSSED_NARROW = 1.8
"""The same in one that may well be a single digit."""

HOLES = ((1.0, 3.0), (0.15, 6.0))
"""Cost of a step through enclosed paper, and how many cuts for each row height of width until then."""

LEAST_PART = 0.25
"""Ink between two cuts: at least that of an upright stroke of this share of the piece's height."""

HOLE = 0.15
"""What a step through enclosed paper counts for among what a cut crosses, beside 1 for a step through full ink."""

PAPER = 0.3
"""Cells with less ink are paper."""

INKED = 100
"""Of 255: so dark a pixel on a cut is ink."""

SHARED = 0.75
"""Where a cut goes through ink, both sides get so many pen widths of it beyond the cut: digits share a stroke."""

_LEAN = 0.1
"""Cost of a step aside, beside 1 for a step through full ink."""

Grid = NDArray[np.float32]
Seam = NDArray[np.intp]
"""For each row the first column to its right."""


@dataclass(frozen=True)
class Parts:
    """A piece in parts from left to right. `crossed`: pen widths of ink cut through between each and the next."""

    pieces: list[Piece]
    crossed: list[float]


def cut(piece: Piece, row_height: float) -> Parts:
    """The piece in parts from left to right, or as it is where it is narrow or no cut is worth trying."""
    if piece.width <= NARROW * row_height or piece.width < 8 or piece.height < 8:
        return Parts([piece], [])
    coarse = _coarse(piece)
    seams = _seams(coarse, piece.width / row_height)
    return _split(piece, seams, coarse)


def _coarse(piece: Piece) -> Grid:
    """Mean ink in [0, 1] on a grid of square cells, at most GRID rows."""
    cell = max(1, -(-piece.height // GRID))
    rows, columns = -(-piece.height // cell), -(-piece.width // cell)
    padded = np.zeros((rows * cell, columns * cell), dtype=np.float32)
    padded[: piece.height, : piece.width] = piece.ink
    return np.asarray(padded.reshape(rows, cell, columns, cell).mean(axis=(1, 3)) / 255, dtype=np.float32)


def pen_width(coarse: Grid) -> float:
    """Width of the strokes in cells: twice the area over the outline, by Crofton's formula on the grid's steps."""
    steps = float(np.abs(np.diff(coarse, axis=0, prepend=0, append=0)).sum())
    steps += float(np.abs(np.diff(coarse, axis=1, prepend=0, append=0)).sum())
    return 2 * float(coarse.sum()) / max(steps * np.pi / 4, 1e-6)


def _seams(coarse: Grid, breadth: float) -> list[tuple[Seam, float]]:
    """Cutting paths from left to right with the pen widths of ink that each crosses; the cheapest, well apart.

    `breadth`: the piece's width in row heights.
    """
    rows = np.arange(len(coarse))
    pen = pen_width(coarse)
    limit = (MOST_CROSSED if breadth > WIDE else MOST_CROSSED_NARROW) * pen
    least = LEAST_PART * len(coarse) * pen
    ink_left = np.pad(np.cumsum(coarse, axis=1), ((0, 0), (1, 0)))
    holes = _holes(coarse)
    found: list[tuple[float, Seam, float]] = []
    bounds = [0.0, float(coarse.sum())]
    # Between two loops that touch, the path of least ink leads through a loop; where loops are closed to it, between.
    for hole, most in HOLES:
        for seam in _cheapest(coarse + hole * holes):
            if len(found) >= round(most * breadth):
                break
            ink = float(ink_left[rows, seam].sum())
            crossed = float((coarse + HOLE * holes)[rows, seam].sum())
            if crossed <= limit and min(abs(ink - bound) for bound in bounds) >= least:
                found.append((ink, seam, crossed / pen))
                bounds.append(ink)
    return [(seam, crossed) for _, seam, crossed in sorted(found, key=lambda each: each[0])]


def _cheapest(cost: Grid) -> Iterator[Seam]:
    """For each column the cheapest path through it in the middle row, from the cheapest of all onwards."""
    middle = len(cost) // 2
    above, from_above = _descend(cost[: middle + 1])
    below, from_below = _descend(cost[middle:][::-1])
    for column in np.argsort(above + below - cost[middle], kind="stable"):
        yield np.concatenate((_follow(from_above, int(column))[::-1], _follow(from_below, int(column))[1:]))


def _holes(coarse: Grid) -> Grid:
    """1 where paper is enclosed by ink: a path through the inside of a digit's loop cuts the digit."""
    labels, count = ndimage.label(coarse < PAPER)
    outside = np.zeros(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outside[edge] = True
    outside[0] = True
    return np.asarray(~outside[labels], dtype=np.float32)


def _descend(cost: Grid) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Cost of the cheapest path from the first row to each cell of the last, and the step aside into each cell."""
    rows, columns = cost.shape
    total = cost[0].copy()
    steps = np.zeros((rows, columns), dtype=np.int8)
    choices = np.full((3, columns), np.inf, dtype=np.float32)
    for row in range(1, rows):
        choices[0] = total
        choices[1, 1:] = total[:-1] + _LEAN
        choices[2, :-1] = total[1:] + _LEAN
        best = choices.argmin(axis=0)
        steps[row] = _ASIDE[best]
        total = choices[best, np.arange(columns)] + cost[row]
    return total, steps


_ASIDE = np.array([0, -1, 1], dtype=np.int8)


def _follow(steps: NDArray[np.int8], column: int) -> Seam:
    """The path's columns from the last row back to the first."""
    path = np.empty(len(steps), dtype=np.intp)
    for index, row in enumerate(range(len(steps) - 1, -1, -1)):
        path[index] = column
        column += int(steps[row, column])
    return path


def _split(piece: Piece, seams: list[tuple[Seam, float]], coarse: Grid) -> Parts:
    columns = np.arange(piece.width)
    cell = max(1, -(-piece.height // GRID))
    rows = np.minimum(np.arange(piece.height) // cell, len(coarse) - 1)
    edges = [np.asarray(seam[rows] * cell + cell // 2, dtype=np.intp) for seam, _ in seams]
    bounds = [np.zeros(piece.height, dtype=np.intp), *edges, np.full(piece.height, piece.width, dtype=np.intp)]
    # Neighbouring seams may cross; a part then lies between the outermost of them.
    for index in range(1, len(bounds)):
        bounds[index] = np.maximum(bounds[index], bounds[index - 1])
    more = [_shared(piece, bound, SHARED * pen_width(coarse) * cell) for bound in bounds]
    parts: list[Piece] = []
    crossed: list[float] = []
    for index in range(len(bounds) - 1):
        left, right = bounds[index] - more[index], bounds[index + 1] + more[index + 1]
        empty = bounds[index] == bounds[index + 1]
        own = (columns >= left[:, None]) & (columns < right[:, None]) & ~empty[:, None]
        part = tight(piece.ink * own, piece)
        if part is None:
            continue
        if parts:
            crossed.append(seams[index - 1][1])
        parts.append(part)
    return Parts(parts, crossed)


def _shared(piece: Piece, bound: Seam, reach: float) -> Seam:
    """For each row how many pixels beyond the cut both sides get: none where it runs through paper."""
    on_ink = piece.ink[np.arange(piece.height), np.clip(bound, 0, piece.width - 1)] > INKED
    return np.where(on_ink, round(reach), 0)


def tight(ink: NDArray[np.uint8], piece: Piece) -> Piece | None:
    """Ink in the piece's frame, cropped; None where there is none."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return None
    top, left = int(rows[0]), int(columns[0])
    own = ink[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return Piece(own, piece.left + left, piece.top + top)
