"""The over-segmentation of a written number: atoms of ink, and the candidate glyphs that may cover them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml.glyphs.lines import TALL, find_rows, row_height
from ml.glyphs.pieces import Piece, extent, union
from ml.numbers.cuts import cut
from ml.numbers.plausibility import Geometry, measure

LOW = 0.4
"""A part or a group lower than this share of its row's height is no digit."""

MOST_ATOMS = 12
WIDEST = 1.4
"""A candidate of several atoms is at most this many row heights wide."""

CLEAR_GAP = 0.3
"""Tall pieces this many row heights apart belong to different digits."""

NEAR = 0.15
"""A small piece this many row heights above or below a tall one belongs to it."""

DOT = 0.22
"""Ink no longer than this many row heights is a dot."""


@dataclass(frozen=True)
class Candidate:
    """A piece that may be a digit; it covers the atoms [start, end) of its row.

    `whole`: nothing was cut from it, and it is one piece.
    """

    row: int
    start: int
    end: int
    piece: Piece
    geometry: Geometry | None = None
    whole: bool = True


@dataclass(frozen=True)
class _Atom:
    """`found`: which of the row's pieces it is of. `cuts`: pen widths of ink cut through on its sides, by the cut's
    number.
    """

    piece: Piece
    found: int
    cuts: dict[int, float]


def candidates(pieces: Sequence[Piece]) -> list[Candidate]:
    """All candidates of a picture's pieces, rows from top to bottom, by start and end within each row."""
    found: list[Candidate] = []
    for row, members in enumerate(find_rows(pieces)):
        height = row_height(members)
        atoms = _atoms(members, height)
        for start in range(len(atoms)):
            for end in range(start + 1, min(len(atoms), start + MOST_ATOMS) + 1):
                candidate = _candidate(atoms, row, start, end, height)
                if candidate is not None:
                    found.append(candidate)
    return found


def _candidate(atoms: Sequence[_Atom], row: int, start: int, end: int, height: float) -> Candidate | None:
    group = [atom.piece for atom in atoms[start:end]]
    crossed = _crossed(atoms[start:end])
    whole = crossed == 0 and len({atom.found for atom in atoms[start:end]}) == 1
    if not whole and not _may_be_a_digit(group, height):
        return None
    before = atoms[start - 1].piece if start else None
    after = atoms[end].piece if end < len(atoms) else None
    return Candidate(row, start, end, union(group), measure(group, before, after, crossed, height), whole)


def _crossed(group: Sequence[_Atom]) -> float:
    """What the cuts that the group doesn't heal went through."""
    unhealed: dict[int, float] = {}
    for atom in group:
        for number, crossed in atom.cuts.items():
            if unhealed.pop(number, None) is None:
                unhealed[number] = crossed
    return sum(unhealed.values())


def _atoms(row: Sequence[Piece], height: float) -> list[_Atom]:
    """The row's pieces from left to right: small ones joined to what they stand over, wide ones cut."""
    atoms: list[_Atom] = []
    count = 0
    for found, piece in enumerate(_absorb_small(row, height)):
        parts = cut(piece, height)
        for index, part in enumerate(parts.pieces):
            cuts = {}
            if index > 0:
                cuts[count + index - 1] = parts.crossed[index - 1]
            if index < len(parts.crossed):
                cuts[count + index] = parts.crossed[index]
            atoms.append(_Atom(part, found, cuts))
        count += len(parts.crossed)
    return sorted(atoms, key=lambda atom: atom.piece.left + atom.piece.right)


def _absorb_small(row: Sequence[Piece], height: float) -> list[Piece]:
    """The row without dots, and with small pieces joined to the tall one that they stand over, under or in."""
    tall = [piece for piece in row if piece.height >= TALL * height]
    whole = list(tall)
    for piece in row:
        if piece.height >= TALL * height or max(piece.height, piece.width) <= DOT * height:
            continue
        shared = [min(piece.right, other.right) - max(piece.left, other.left) for other in tall]
        nearest = int(np.argmax(shared))
        apart = max(piece.top - tall[nearest].bottom, tall[nearest].top - piece.bottom)
        if shared[nearest] >= 0.5 * piece.width and apart <= NEAR * height:
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
