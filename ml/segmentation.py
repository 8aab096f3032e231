"""Choosing among the candidate glyphs of a number with the network's own confidence."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.glyphs import Glyph

GEOMETRY = 0.75
"""Weight of a candidate's geometry beside the network's confidence: both know of its shape, so less than 1."""

MARK_LIKE_ONE = 0.3
"""How often a mark looks like a one: then size and place alone tell a comma from it."""

CLEAR = 0.9
"""A reading of which each digit is as sure as this needs no other hypothesis."""

_FLOOR = 1e-6
_NOTHING_THERE = -14.0
"""Passing over an atom that no candidate of its own covers: below all that can be read."""


def best_path(
    glyphs: Sequence[Glyph], probabilities: NDArray[np.floating], digitness: NDArray[np.floating]
) -> list[int]:
    """Indices of the glyphs that read the picture best, in reading order: rows top to bottom, each left to right.

    `probabilities` [N, 10] and `digitness` [N] are the network's, one row a glyph. Each row of writing is covered by
    candidates that meet end to end; each counts the logarithm of its probability, and the log-odds of its geometry,
    once for every atom that it covers, so that a path's score is a mean over its atoms and neither merging nor
    splitting is favoured. A piece that is rather a stray mark is passed over, and isn't among the indices, but for a
    lone one. Of several hypotheses of the ink the first counts of whose digits each is at least CLEAR, or else the one
    whose least sure digit is the surest.
    """
    if len(glyphs) == 0:
        return []
    given = np.asarray(probabilities, dtype=np.float64).reshape(len(glyphs), 10)
    best = np.max(given, axis=1, initial=0.0)
    digit = np.asarray(digitness, dtype=np.float64)
    prior = np.array([glyph.prior for glyph in glyphs], dtype=np.float64)
    read = np.log(np.maximum(best * digit, _FLOOR)) + GEOMETRY * prior
    stray = np.array([-np.inf if glyph.stray is None else glyph.stray for glyph in glyphs], dtype=np.float64)
    passed = np.maximum(1.0 - digit, MARK_LIKE_ONE * given[:, 1] * digit)
    skip = np.log(np.maximum(passed, _FLOOR)) + stray
    members: dict[int, list[int]] = defaultdict(list)
    for index, glyph in enumerate(glyphs):
        members[glyph.hypothesis].append(index)
    paths = [_path(glyphs, members[hypothesis], read, skip) for hypothesis in sorted(members)]
    least = [float(min((best * digit)[path], default=0.0)) for path in paths]
    # What takes ink away can also make a sure 1 of a 7: it is asked only where all the ink leaves a doubt.
    clear = (number for number, sure in enumerate(least) if sure >= CLEAR)
    return paths[next(clear, int(np.argmax(least)))]


def _path(
    glyphs: Sequence[Glyph], members: list[int], read: NDArray[np.float64], skip: NDArray[np.float64]
) -> list[int]:
    """The best way through all rows of one hypothesis."""
    if len(members) == 1:
        return members
    rows: dict[int, list[int]] = defaultdict(list)
    for index in members:
        rows[glyphs[index].row].append(index)
    return [index for row in sorted(rows) for index in _row_path(glyphs, rows[row], read, skip)]


def _row_path(
    glyphs: Sequence[Glyph], members: list[int], read: NDArray[np.float64], skip: NDArray[np.float64]
) -> list[int]:
    """The best way from the row's first atom to its last, by dynamic programming over the atoms' boundaries."""
    atoms = max(glyphs[index].end for index in members)
    starting: dict[int, list[int]] = defaultdict(list)
    for index in members:
        starting[glyphs[index].start].append(index)
    scores = np.full(atoms + 1, -np.inf)
    scores[0] = 0.0
    steps: list[tuple[int, int | None]] = [(0, None)] * (atoms + 1)

    def step(start: int, end: int, score: float, index: int | None) -> None:
        if scores[start] + score > scores[end]:
            scores[end] = scores[start] + score
            steps[end] = (start, index)

    for start in range(atoms):
        step(start, start + 1, _NOTHING_THERE, None)
        for index in starting[start]:
            end = glyphs[index].end
            step(start, end, (end - start) * float(read[index]), index)
            step(start, end, (end - start) * float(skip[index]), None)
    path: list[int] = []
    place = atoms
    while place > 0:
        place, chosen = steps[place]
        if chosen is not None:
            path.append(chosen)
    return path[::-1]
