"""Choosing among the candidate glyphs of a number with the network's own confidence."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.glyphs import Glyph

STRAY_SHARE = 0.02
"""How often a piece beside digits is none itself: the price of passing one over.

Without it, two digits taken together, or slivers of one, would be passed over as what they are: no digit.
"""

_FLOOR = 1e-6


def best_path(
    glyphs: Sequence[Glyph], probabilities: NDArray[np.floating], digitness: NDArray[np.floating]
) -> list[int]:
    """Indices of the glyphs that read the picture best, in reading order: rows top to bottom, each left to right.

    `probabilities` [N, 10] and `digitness` [N] are the network's, one row a glyph. Each row of writing is covered by
    candidates that meet end to end; each counts the logarithm of its probability once for every atom that it covers,
    so that a path's score is a mean over its atoms and neither merging nor splitting is favoured. A single atom that is
    no digit at all is passed over where that explains the row better, and isn't among the indices.
    """
    best = np.max(np.asarray(probabilities, dtype=np.float64), axis=1, initial=0.0)
    digit = np.asarray(digitness, dtype=np.float64)
    read = np.log(np.maximum(best * digit, _FLOOR))
    single = np.array([glyph.end - glyph.start == 1 for glyph in glyphs], dtype=bool)
    skip = np.where(single, np.log(np.maximum((1.0 - digit) * STRAY_SHARE, _FLOOR)), -np.inf)
    rows: dict[int, list[int]] = defaultdict(list)
    for index, glyph in enumerate(glyphs):
        rows[glyph.row].append(index)
    chosen: list[int] = []
    for row in sorted(rows):
        chosen += _row_path(glyphs, rows[row], read, skip)
    return chosen


def _row_path(
    glyphs: Sequence[Glyph], members: list[int], read: NDArray[np.float64], skip: NDArray[np.float64]
) -> list[int]:
    """The best way from the row's first atom to its last, by dynamic programming over the atoms' boundaries."""
    scores: dict[int, float] = {min(glyphs[index].start for index in members): 0.0}
    steps: dict[int, tuple[int, bool]] = {}
    for index in sorted(members, key=lambda index: (glyphs[index].start, glyphs[index].end)):
        start, end = glyphs[index].start, glyphs[index].end
        if start not in scores:
            continue
        is_digit = bool(read[index] >= skip[index])
        score = scores[start] + (end - start) * float(max(read[index], skip[index]))
        if score > scores.get(end, -np.inf):
            scores[end] = score
            steps[end] = (index, is_digit)
    path: list[int] = []
    place = max(scores)
    while place in steps:
        index, is_digit = steps[place]
        if is_digit:
            path.append(index)
        place = glyphs[index].start
    return path[::-1]
