"""Cutting a piece of ink that may be several touching digits, along paths that cross little ink."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.pieces import Piece

WIDE = 0.8
"""A piece wider than this many row heights is cut."""

GRID = 48
"""Rows of the coarse grid on which the cutting paths are sought."""

MOST_CUTS = 6
_LEAN = 0.05
"""Cost of a step aside, and of a step through paper, beside 1 for a step through full ink."""


def cut(piece: Piece, row_height: float) -> list[Piece]:
    """The piece in parts from left to right, or as it is where it is narrow or no cut is worth trying."""
    if piece.width <= WIDE * row_height or piece.width < 8 or piece.height < 8:
        return [piece]
    coarse = _coarse(piece)
    seams = [_seam(coarse, column) for column in _places(coarse)]
    edges = [_full_size(seam, coarse.shape, piece) for seam in seams]
    return _split(piece, edges)


def _coarse(piece: Piece) -> NDArray[np.float32]:
    """Mean ink in [0, 1] on a grid of square cells, at most GRID rows."""
    cell = max(1, -(-piece.height // GRID))
    rows, columns = -(-piece.height // cell), -(-piece.width // cell)
    padded = np.zeros((rows * cell, columns * cell), dtype=np.float32)
    padded[: piece.height, : piece.width] = piece.ink
    return np.asarray(padded.reshape(rows, cell, columns, cell).mean(axis=(1, 3)) / 255, dtype=np.float32)


def _places(coarse: NDArray[np.float32]) -> list[int]:
    """Columns worth cutting at: local minima of the ink in a column, the least inky first, well apart."""
    rows, columns = coarse.shape
    profile = np.convolve(coarse.sum(axis=0), np.ones(3) / 3, mode="same")
    apart = max(2, rows // 6)
    inner = range(apart, columns - apart)
    lowest = [c for c in inner if profile[c] <= profile[c - 1] and profile[c] <= profile[c + 1]]
    chosen: list[int] = []
    for column in sorted(lowest, key=lambda c: float(profile[c])):
        if len(chosen) < MOST_CUTS and all(abs(column - other) >= apart for other in chosen):
            chosen.append(column)
    return sorted(chosen)


def _seam(coarse: NDArray[np.float32], column: int) -> NDArray[np.intp]:
    """The cheapest path from top to bottom that passes near `column`: its column in each row of the grid."""
    rows, columns = coarse.shape
    reach = max(2, rows // 6)
    low, high = max(0, column - reach), min(columns, column + reach + 1)
    cost = coarse[:, low:high] + _LEAN * 0.2
    total = cost.copy()
    for row in range(1, rows):
        before = total[row - 1]
        aside = np.minimum(np.append(before[1:], np.inf), np.insert(before[:-1], 0, np.inf)) + _LEAN
        total[row] += np.minimum(before, aside)
    path = np.empty(rows, dtype=np.intp)
    path[-1] = int(np.argmin(total[-1]))
    for row in range(rows - 2, -1, -1):
        here = int(path[row + 1])
        around = range(max(0, here - 1), min(total.shape[1], here + 2))
        path[row] = min(around, key=lambda c: float(total[row, c]) + _LEAN * abs(c - here))
    return np.asarray(path + low, dtype=np.intp)


def _full_size(seam: NDArray[np.intp], shape: tuple[int, ...], piece: Piece) -> NDArray[np.intp]:
    """The seam in the piece's own pixels: the first column to its right, for each of the piece's rows."""
    cell = max(1, -(-piece.height // GRID))
    rows = np.minimum(np.arange(piece.height) // cell, shape[0] - 1)
    return np.asarray(seam[rows] * cell + cell // 2, dtype=np.intp)


def _split(piece: Piece, edges: list[NDArray[np.intp]]) -> list[Piece]:
    columns = np.arange(piece.width)
    bounds = [np.zeros(piece.height, dtype=np.intp), *edges, np.full(piece.height, piece.width, dtype=np.intp)]
    # Neighbouring seams may cross; a part then lies between the outermost of them.
    for index in range(1, len(bounds)):
        bounds[index] = np.maximum(bounds[index], bounds[index - 1])
    parts: list[Piece] = []
    for left, right in pairwise(bounds):
        own = (columns >= left[:, None]) & (columns < right[:, None])
        part = _tight(piece.ink * own, piece)
        if part is not None:
            parts.append(part)
    return parts


def _tight(ink: NDArray[np.uint8], piece: Piece) -> Piece | None:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return None
    top, left = int(rows[0]), int(columns[0])
    own = ink[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return Piece(own, piece.left + left, piece.top + top)
