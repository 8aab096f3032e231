"""Lines of writing: which pieces of ink stand on which, and how tall its digits are."""

from collections.abc import Sequence

import numpy as np

from ml.glyphs.pieces import Piece, extent

TALL = 0.55
"""A piece at least this share of its row's height may be a digit by itself."""

SHARED = 0.35
"""Neighbours of one row share at least this part of the lower one's height."""

LEAST = 0.35
"""Away from all rows, pieces at least this share of the tallest form rows of their own; lower ones are specks."""


def find_rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces grouped into lines of writing, top to bottom, each from left to right; specks between them left out.

    A piece goes on with the row whose last piece it stands beside, so that a line may rise or fall.
    """
    tallest = max(piece.height for piece in pieces)
    rows: list[list[Piece]] = []
    for piece in sorted((p for p in pieces if p.height >= TALL * tallest), key=lambda p: p.left):
        beside = [_shared(piece, row[-1]) for row in rows]
        best = int(np.argmax(beside)) if beside else -1
        if best >= 0 and beside[best] >= SHARED:
            rows[best].append(piece)
        else:
            rows.append([piece])
    apart: list[Piece] = []
    tall = [list(row) for row in rows]
    for piece in pieces:
        if piece.height >= TALL * tallest:
            continue
        distances = [_distance(piece, row) for row in tall]
        nearest = int(np.argmin(distances))
        if distances[nearest] <= 0.2 * tallest:
            rows[nearest].append(piece)
        elif piece.height >= LEAST * tallest:
            apart.append(piece)
    if apart:
        rows += find_rows(apart)
    rows.sort(key=lambda row: float(np.mean([piece.top + piece.bottom for piece in row])))
    return [sorted(row, key=lambda p: p.left + p.right) for row in rows]


def row_height(row: Sequence[Piece]) -> float:
    """The middle height of the row's tall pieces, in pixels."""
    heights = [piece.height for piece in row]
    return float(np.median([height for height in heights if height >= TALL * max(heights)]))


def _shared(piece: Piece, other: Piece) -> float:
    """The part of the lower one's height that both share."""
    both = min(piece.bottom, other.bottom) - max(piece.top, other.top)
    return both / min(piece.height, other.height)


def _distance(piece: Piece, row: Sequence[Piece]) -> float:
    """Pixels between the piece and the height at which the row's nearest piece stands; below 0 inside of it."""
    near = min(row, key=lambda other: max(other.left - piece.right, piece.left - other.right))
    _, top, _, bottom = extent([near])
    return float(max(piece.top - bottom, top - piece.bottom))
