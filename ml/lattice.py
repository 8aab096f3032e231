"""The over-segmentation of a written number: rows, atoms, and the candidate glyphs that may cover them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml.cuts import cut
from ml.pieces import Piece, extent, union

TALL = 0.55
"""A piece at least this share of its row's height may be a digit by itself."""

LOW = 0.4
"""A part or a group lower than this share of its row's height is no digit."""

MOST_ATOMS = 6
WIDEST = 1.4
"""A candidate of several atoms is at most this many row heights wide."""

CLEAR_GAP = 0.3
"""Tall pieces this many row heights apart belong to different digits."""

DOT = 0.22
"""Ink no longer than this many row heights is a dot."""


@dataclass(frozen=True)
class Candidate:
    """A piece that may be a digit; it covers the atoms [start, end) of its row.

    `crossed`: pen widths of ink cut through on its sides, together; 0 where it is pieces as they were found.
    """

    row: int
    start: int
    end: int
    piece: Piece
    crossed: float = 0.0


@dataclass(frozen=True)
class _Atom:
    """`cuts`: what was cut through on its sides, by the cut's number."""

    piece: Piece
    cuts: dict[int, float]


def candidates(pieces: Sequence[Piece]) -> list[Candidate]:
    """All candidates of a picture's pieces, rows from top to bottom, by start and end within each row."""
    found: list[Candidate] = []
    for row, members in enumerate(_rows(pieces)):
        height = _row_height(members)
        atoms = _atoms(members, height)
        for start in range(len(atoms)):
            for end in range(start + 1, min(len(atoms), start + MOST_ATOMS) + 1):
                group = atoms[start:end]
                crossed = _crossed(group)
                whole = end == start + 1 and not group[0].cuts
                if whole or _may_be_a_digit([atom.piece for atom in group], height):
                    found.append(Candidate(row, start, end, union([atom.piece for atom in group]), crossed))
    return found


def _crossed(group: Sequence[_Atom]) -> float:
    """What the cuts that the group doesn't heal went through."""
    open_cuts: dict[int, float] = {}
    for atom in group:
        for number, crossed in atom.cuts.items():
            if open_cuts.pop(number, None) is None:
                open_cuts[number] = crossed
    return sum(open_cuts.values())


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


def _atoms(row: Sequence[Piece], height: float) -> list[_Atom]:
    """The row's pieces from left to right: small ones joined to what they stand over, wide ones cut."""
    atoms: list[_Atom] = []
    count = 0
    for piece in _absorb_small(row, height):
        parts = cut(piece, height)
        for index, part in enumerate(parts.pieces):
            cuts = {}
            if index > 0:
                cuts[count + index - 1] = parts.crossed[index - 1]
            if index < len(parts.crossed):
                cuts[count + index] = parts.crossed[index]
            atoms.append(_Atom(part, cuts))
        count += len(parts.crossed)
    return sorted(atoms, key=lambda atom: atom.piece.left + atom.piece.right)


def _absorb_small(row: Sequence[Piece], height: float) -> list[Piece]:
    whole = [piece for piece in row if piece.height >= TALL * height]
    for piece in row:
        if piece.height >= TALL * height:
            continue
        if whole and max(piece.height, piece.width) <= DOT * height:
            continue
        shared = [min(piece.right, other.right) - max(piece.left, other.left) for other in whole]
        nearest = int(np.argmax(shared))
        if shared[nearest] >= 0.5 * piece.width:
            whole[nearest] = union([whole[nearest], piece])
        else:
            whole.append(piece)
    return whole


def _may_be_a_digit(group: Sequence[Piece], height: float) -> bool:
    """Whether parts or several pieces together have a digit's size, without a gap that parts digits."""
    left, top, right, bottom = extent(group)
    if right - left > WIDEST * height or bottom - top < LOW * height:
        return False
    reach = group[0].right
    for before, after in pairwise(group):
        both_tall = min(before.height, after.height) >= TALL * height
        if after.left - reach > (CLEAR_GAP if both_tall else 1.3 * CLEAR_GAP) * height:
            return False
        reach = max(reach, after.right)
    return True
