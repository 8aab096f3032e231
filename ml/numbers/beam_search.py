"""Beam search for the most probable text of a number's candidate glyphs."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.glyph import Glyph

GEOMETRY = 0.75
"""Weight of the geometry's log-odds against the network's log-probability. Below 1, as both depend on the shape."""

MARK_LIKE_ONE = 0.3
"""Share of a 1's probability that counts for a mark, because a comma can look like a 1: size and place then decide."""

TEMPERATURE = 1.5
"""Divisor of a path's score. Above 1, because candidates share ink, which correlates their errors."""

BEAM = 12
"""Beam width: texts kept at each bound between atoms, and per binarisation."""

DIGITS_PER_CANDIDATE = 2
"""The search follows this many of a candidate's most probable digits..."""

LEAST = 1e-4
"""...if they have at least this probability. The most probable one is always followed."""

_FLOOR = 1e-6
"""Least probability, to keep logarithms finite."""

_UNCOVERED = -14.0
"""Log-score of skipping an atom that no candidate covers: lower than that of any reading."""


@dataclass(frozen=True)
class Choice:
    """The chosen text, its probability, and its `path`: the glyphs' indices in reading order, one per digit."""

    text: str
    confidence: float
    path: list[int]


_NOTHING = Choice("", 0.0, [])


@dataclass(frozen=True)
class _Text:
    """A text's log-scores. `weight`: over all its paths (forward algorithm). `score`: of the best one, `path`."""

    weight: float
    score: float
    path: tuple[int, ...]


_Texts = dict[str, _Text]


def choose(glyphs: Sequence[Glyph], probabilities: NDArray[np.floating], digitness: NDArray[np.floating]) -> Choice:
    """The most probable text of a picture's candidates.

    `probabilities` [N, 10] and `digitness` [N] are the network's output, one row per glyph. A path covers each row of
    writing with adjacent candidates. Each candidate adds the logarithm of its probability and its geometry's log-odds
    once per atom that it covers, so that neither merging nor splitting is favoured. A candidate that is more probably a
    stray mark is skipped and left out of the path, unless it is the only candidate.

    The probabilities of all segmentations that give the same text are summed: first within each binarisation of the
    ink, then over all binarisations, each weighted by the confidence of the least certain digit of its best path. A
    single candidate keeps the network's confidence.
    """
    if len(glyphs) == 0:
        return _NOTHING
    shares = np.asarray(probabilities, dtype=np.float64).reshape(len(glyphs), 10)
    digit = np.asarray(digitness, dtype=np.float64)
    if len(glyphs) == 1:
        return Choice(str(shares[0].argmax()), float(shares[0].max() * digit[0]), [0])
    lattice = _Lattice(glyphs, shares, digit)
    confidence = shares.max(axis=1) * digit
    weights: dict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, tuple[int, ...]]] = {}
    for binarisation in sorted({glyph.binarisation for glyph in glyphs}):
        texts = lattice.texts(binarisation)
        total = _log_sum_exp(text.weight for text in texts.values())
        best_path = max(texts.values(), key=lambda text: text.score)
        trust = max(float(min(confidence[list(best_path.path)], default=0.0)), _FLOOR)
        for name, text in texts.items():
            share = trust * math.exp(text.weight - total)
            weights[name] += share
            if name not in best or share > best[name][0]:
                best[name] = (share, text.path)
    name = max(weights, key=lambda name: weights[name])
    return Choice(name, weights[name] / sum(weights.values()), list(best[name][1]))


class _Lattice:
    """The candidates' scores, and the search for texts along their paths."""

    def __init__(self, glyphs: Sequence[Glyph], shares: NDArray[np.float64], digit: NDArray[np.float64]) -> None:
        self._glyphs = glyphs
        self._members: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, glyph in enumerate(glyphs):
            self._members[glyph.binarisation][glyph.row].append(index)
        no_digit = np.maximum(1.0 - digit, MARK_LIKE_ONE * shares[:, 1] * digit)
        self._skip = [
            None if glyph.stray is None else (math.log(max(share, _FLOOR)) + glyph.stray) / TEMPERATURE
            for glyph, share in zip(glyphs, no_digit.tolist(), strict=True)
        ]
        likely = np.argsort(-shares, axis=1)[:, :DIGITS_PER_CANDIDATE]
        joint = np.take_along_axis(shares, likely, axis=1) * digit[:, None]
        self._digits = [
            [
                (str(value), (math.log(max(share, _FLOOR)) + GEOMETRY * glyph.prior) / TEMPERATURE)
                for rank, (value, share) in enumerate(zip(values, shared, strict=True))
                if rank == 0 or share > LEAST
            ]
            for glyph, values, shared in zip(glyphs, likely.tolist(), joint.tolist(), strict=True)
        ]

    def texts(self, binarisation: int) -> _Texts:
        """The most probable texts of one binarisation; at least one, which may be empty."""
        rows = self._members[binarisation]
        if sum(len(members) for members in rows.values()) == 1:
            [[only]] = rows.values()
            return {name: _Text(score, score, (only,)) for name, score in self._digits[only]}
        texts: _Texts = {"": _Text(0.0, 0.0, ())}
        for row in sorted(rows):
            texts = self._through(rows[row], texts)
        return texts

    def _through(self, members: list[int], before: _Texts) -> _Texts:
        """The texts before the row, extended by the row: dynamic programming over the bounds between atoms."""
        starting: dict[int, list[int]] = defaultdict(list)
        for index in members:
            starting[self._glyphs[index].start].append(index)
        atoms = max(self._glyphs[index].end for index in members)
        reached: list[_Texts] = [{} for _ in range(atoms + 1)]
        reached[0] = before
        for place in range(atoms):
            for name, text in _pruned(reached[place]).items():
                _add(reached[place + 1], name, text, _UNCOVERED / TEMPERATURE)
                for index in starting[place]:
                    end = self._glyphs[index].end
                    for digit, score in self._digits[index]:
                        _add(reached[end], name + digit, text, (end - place) * score, index)
                    skip = self._skip[index]
                    if skip is not None:
                        _add(reached[end], name, text, (end - place) * skip)
        return _pruned(reached[atoms])


def _add(texts: _Texts, name: str, before: _Text, step: float, index: int | None = None) -> None:
    """Adds a path to the text `name`: `before`, then a step of this log-score, which reads glyph `index` if given."""
    weight, score = before.weight + step, before.score + step
    path = before.path if index is None else (*before.path, index)
    known = texts.get(name)
    if known is None:
        texts[name] = _Text(weight, score, path)
    else:
        best = (score, path) if score > known.score else (known.score, known.path)
        texts[name] = _Text(_log_sum_exp((weight, known.weight)), *best)


def _pruned(texts: _Texts) -> _Texts:
    return dict(sorted(texts.items(), key=lambda item: -item[1].weight)[:BEAM])


def _log_sum_exp(logarithms: Iterator[float] | Sequence[float]) -> float:
    """log(Σ exp(x)), without overflow."""
    values = list(logarithms)
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values))
