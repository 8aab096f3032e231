"""The over-segmentation of a written number: rows, atoms, and the candidate glyphs that may cover them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml.cuts import cut
from ml.pieces import Piece, extent, union

TALL = 0.55
"""A piece at least this share of its row's height may be a digit by itself."""

MOST_ATOMS = 5
WIDEST = 1.5
"""A candidate of several atoms is at most this many row heights wide."""

CLEAR_GAP = 0.12
"""Tall pieces this many row heights apart belong to different digits."""


@dataclass(frozen=True)
class Candidate:
    """A piece that may be a digit; it covers the atoms [start, end) of its row."""

    row: int
    start: int
    end: int
    piece: Piece


def candidates(pieces: Sequence[Piece]) -> list[Candidate]:
    """All candidates of a picture's pieces, rows from top to bottom, by start and end within each row."""
    found: list[Candidate] = []
    for row, members in enumerate(_rows(pieces)):
        height = _row_height(members)
        atoms = _atoms(members, height)
        for start in range(len(atoms)):
            for end in range(start + 1, min(len(atoms), start + MOST_ATOMS) + 1):
                group = atoms[start:end]
                if end == start + 1 or _may_join(group, height):
                    found.append(Candidate(row, start, end, union(group)))
    return found


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces grouped into lines of writing by vertical overlap; small ones join the line they are nearest to."""
    tallest = max(piece.height for piece in pieces)
    tall = sorted((p for p in pieces if p.height >= TALL * tallest), key=lambda p: p.top + p.bottom)
    rows: list[list[Piece]] = []
    for piece in tall:
        last = rows[-1] if rows else []
        if last and _overlap(piece, last) >= 0.4 * min(piece.height, _row_height(last)):
            last.append(piece)
        else:
            rows.append([piece])
    for piece in pieces:
        if piece.height < TALL * tallest:
            max(rows, key=lambda row: _overlap(piece, row)).append(piece)
    return [sorted(row, key=lambda p: p.left + p.right) for row in rows]


def _overlap(piece: Piece, row: Sequence[Piece]) -> int:
    """Rows of pixels shared by the piece and the line; negative: how far they are apart."""
    _, top, _, bottom = extent(row)
    return min(piece.bottom, bottom) - max(piece.top, top)


def _row_height(row: Sequence[Piece]) -> float:
    heights = [piece.height for piece in row]
    return float(np.median([height for height in heights if height >= TALL * max(heights)]))


def _atoms(row: Sequence[Piece], height: float) -> list[Piece]:
    """The row's pieces from left to right: small ones joined to what they stand over, wide ones cut."""
    whole = _absorb_small(row, height)
    atoms = [atom for piece in whole for atom in cut(piece, height)]
    return sorted(atoms, key=lambda atom: atom.left + atom.right)


def _absorb_small(row: Sequence[Piece], height: float) -> list[Piece]:
    whole = [piece for piece in row if piece.height >= TALL * height]
    for piece in row:
        if piece.height >= TALL * height:
            continue
        shared = [min(piece.right, other.right) - max(piece.left, other.left) for other in whole]
        nearest = int(np.argmax(shared))
        if shared[nearest] >= 0.5 * piece.width:
            whole[nearest] = union([whole[nearest], piece])
        else:
            whole.append(piece)
    return whole


def _may_join(group: Sequence[Piece], height: float) -> bool:
    left, _, right, _ = extent(group)
    if right - left > WIDEST * height:
        return False
    reach = group[0].right
    for before, after in pairwise(group):
        both_tall = min(before.height, after.height) >= TALL * height
        if after.left - reach > (CLEAR_GAP if both_tall else 3 * CLEAR_GAP) * height:
            return False
        reach = max(reach, after.right)
    return True
