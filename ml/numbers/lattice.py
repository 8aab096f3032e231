"""Over-segmentation of a written number: atoms of ink, and the lattice of candidates that may cover them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ml.glyphs.components import Region, bounding_box, union
from ml.glyphs.lines import TALL, find_rows, row_height
from ml.numbers.cuts import cut
from ml.numbers.plausibility import Geometry, measure

LOW = 0.4
"""A segment or group lower than this share of its row's height is not a digit."""

MOST_ATOMS = 12
"""The most atoms that a candidate covers."""

WIDEST = 1.4
"""The greatest width of a candidate of several atoms, in row heights."""

CLEAR_GAP = 0.3
"""Tall regions at least this many row heights apart belong to different digits."""

NEAR = 0.15
"""A small region within this many row heights above or below a tall one belongs to the tall one."""

DOT = 0.22
"""Ink no longer than this many row heights is a dot."""


@dataclass(frozen=True)
class Candidate:
    """Ink that may be a digit: the atoms [start, end) of its row.

    `whole`: whether it is one uncut region of the row.
    """

    row: int
    start: int
    end: int
    region: Region
    geometry: Geometry
    whole: bool


@dataclass(frozen=True)
class _Atom:
    """`origin`: index of the row's region that the atom was cut from. `cuts`: by number of each seam on its sides, the
    pen widths of ink that the seam crosses.
    """

    region: Region
    origin: int
    cuts: dict[int, float]


def candidates(regions: Sequence[Region]) -> Iterator[Candidate]:
    """All candidates of a picture's regions, in order of row, start and end. `regions` must not be empty."""
    for row, members in enumerate(find_rows(regions)):
        height = row_height(members)
        atoms = _atoms(members, height)
        for start in range(len(atoms)):
            for end in range(start + 1, min(len(atoms), start + MOST_ATOMS) + 1):
                candidate = _candidate(atoms, row, start, end, height)
                if candidate is not None:
                    yield candidate


def _candidate(atoms: Sequence[_Atom], row: int, start: int, end: int, height: float) -> Candidate | None:
    group = [atom.region for atom in atoms[start:end]]
    crossed = _crossed(atoms[start:end])
    whole = crossed == 0 and len({atom.origin for atom in atoms[start:end]}) == 1
    if not whole and not _may_be_a_digit(group, height):
        return None
    before = atoms[start - 1].region if start else None
    after = atoms[end].region if end < len(atoms) else None
    return Candidate(row, start, end, union(group), measure(group, before, after, crossed, height), whole)


def _crossed(group: Sequence[_Atom]) -> float:
    """Pen widths of ink crossed by the seams at the group's edges; seams inside the group don't count."""
    open_seams: dict[int, float] = {}
    for atom in group:
        for number, crossed in atom.cuts.items():
            if open_seams.pop(number, None) is None:
                open_seams[number] = crossed
    return sum(open_seams.values())


def _atoms(row: Sequence[Region], height: float) -> list[_Atom]:
    """The row's atoms from left to right: small regions merged into tall ones, wide regions cut."""
    atoms: list[_Atom] = []
    count = 0
    for origin, region in enumerate(_merge_small(row, height)):
        segments = cut(region, height)
        for index, segment in enumerate(segments.regions):
            cuts = {}
            if index > 0:
                cuts[count + index - 1] = segments.crossed[index - 1]
            if index < len(segments.crossed):
                cuts[count + index] = segments.crossed[index]
            atoms.append(_Atom(segment, origin, cuts))
        count += len(segments.crossed)
    return sorted(atoms, key=lambda atom: atom.region.left + atom.region.right)


def _merge_small(row: Sequence[Region], height: float) -> list[Region]:
    """The row without dots, with each small region merged into the tall one above, below or around it."""
    tall = [region for region in row if region.height >= TALL * height]
    merged = list(tall)
    for region in row:
        if region.height >= TALL * height or max(region.height, region.width) <= DOT * height:
            continue
        overlaps = [min(region.right, other.right) - max(region.left, other.left) for other in tall]
        nearest = int(np.argmax(overlaps))
        gap = max(region.top - tall[nearest].bottom, tall[nearest].top - region.bottom)
        if overlaps[nearest] >= 0.5 * region.width and gap <= NEAR * height:
            merged[nearest] = union([merged[nearest], region])
        else:
            merged.append(region)
    return merged


def _may_be_a_digit(group: Sequence[Region], height: float) -> bool:
    """Whether the group has a digit's size, and no gap as wide as between two digits."""
    left, top, right, bottom = bounding_box(group)
    if right - left > WIDEST * height or bottom - top < LOW * height:
        return False
    reach = group[0].right
    for before, after in pairwise(group):
        both_tall = min(before.height, after.height) >= TALL * height
        if after.left - reach > (CLEAR_GAP if both_tall else 1.3 * CLEAR_GAP) * height:
            return False
        reach = max(reach, after.right)
    return True
