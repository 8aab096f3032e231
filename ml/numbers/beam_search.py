"""Choosing among the candidate glyphs of a number with the network's own confidence."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.glyph import Glyph

GEOMETRY = 0.75
"""Weight of a candidate's geometry beside the network's confidence: both know of its shape, so less than 1."""

MARK_LIKE_ONE = 0.3
"""How often a mark looks like a one: then size and place alone tell a comma from it."""

TEMPERATURE = 1.5
"""Divides a path's score: its candidates share ink, so that their doubts come together more often than by chance."""

BEAM = 12
"""Texts that are followed at each place of a row, and kept of each hypothesis."""

GUESSES = 2
"""Digits that a candidate may be, the likeliest first..."""

LEAST = 1e-4
"""...if they are as likely as this."""

_FLOOR = 1e-6
_NOTHING_THERE = -14.0
"""Passing over an atom that no candidate of its own covers: below all that can be read."""


@dataclass(frozen=True)
class Choice:
    """What was read: `text`, how probable it is, and its glyphs' indices `path`, in reading order, one a digit."""

    text: str
    confidence: float
    path: list[int]


NOTHING = Choice("", 0.0, [])


@dataclass(frozen=True)
class _Text:
    """Logarithms of a text's weight over all ways to read it, and of the best of them, `path`."""

    weight: float
    score: float
    path: tuple[int, ...]


_Texts = dict[str, _Text]


def choose(glyphs: Sequence[Glyph], probabilities: NDArray[np.floating], digitness: NDArray[np.floating]) -> Choice:
    """The most probable text of a picture's candidates.

    `probabilities` [N, 10] and `digitness` [N] are the network's, one row a glyph. Each row of writing is covered by
    candidates that meet end to end; each counts the logarithm of its probability, and the log-odds of its geometry,
    once for every atom that it covers, so that a path's score is a mean over its atoms and neither merging nor
    splitting is favoured. A piece that is rather a stray mark is passed over, and isn't among the indices, but for a
    lone one. What different segmentations read alike is added up: first in each hypothesis of the ink, then over all of
    them, each counting as much as the least sure digit of its best path. Of a single candidate the confidence is the
    network's.
    """
    if len(glyphs) == 0:
        return NOTHING
    shares = np.asarray(probabilities, dtype=np.float64).reshape(len(glyphs), 10)
    digit = np.asarray(digitness, dtype=np.float64)
    if len(glyphs) == 1:
        return Choice(str(shares[0].argmax()), float(shares[0].max() * digit[0]), [0])
    lattice = _Lattice(glyphs, shares, digit)
    sure = shares.max(axis=1) * digit
    weights: dict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, tuple[int, ...]]] = {}
    for hypothesis in sorted({glyph.hypothesis for glyph in glyphs}):
        texts = lattice.texts(hypothesis)
        whole = _sum(text.weight for text in texts.values())
        likeliest = max(texts.values(), key=lambda text: text.score)
        trust = max(float(min(sure[list(likeliest.path)], default=0.0)), _FLOOR)
        for name, text in texts.items():
            share = trust * math.exp(text.weight - whole)
            weights[name] += share
            if name not in best or share > best[name][0]:
                best[name] = (share, text.path)
    name = max(weights, key=lambda name: weights[name])
    return Choice(name, weights[name] / sum(weights.values()), list(best[name][1]))


class _Lattice:
    """The candidates' scores, and the texts that lead through them."""

    def __init__(self, glyphs: Sequence[Glyph], shares: NDArray[np.float64], digit: NDArray[np.float64]) -> None:
        self._glyphs = glyphs
        self._members: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, glyph in enumerate(glyphs):
            self._members[glyph.hypothesis][glyph.row].append(index)
        passed = np.maximum(1.0 - digit, MARK_LIKE_ONE * shares[:, 1] * digit)
        self._skip = [
            None if glyph.stray is None else (math.log(max(share, _FLOOR)) + glyph.stray) / TEMPERATURE
            for glyph, share in zip(glyphs, passed.tolist(), strict=True)
        ]
        likely = np.argsort(-shares, axis=1)[:, :GUESSES]
        joint = np.take_along_axis(shares, likely, axis=1) * digit[:, None]
        self._guesses = [
            [
                (str(guess), (math.log(max(share, _FLOOR)) + GEOMETRY * glyph.prior) / TEMPERATURE)
                for rank, (guess, share) in enumerate(zip(guesses, shared, strict=True))
                if rank == 0 or share > LEAST
            ]
            for glyph, guesses, shared in zip(glyphs, likely.tolist(), joint.tolist(), strict=True)
        ]

    def texts(self, hypothesis: int) -> _Texts:
        """The likeliest texts of one hypothesis; never none."""
        rows = self._members[hypothesis]
        if sum(len(members) for members in rows.values()) == 1:
            [[only]] = rows.values()
            return {name: _Text(score, score, (only,)) for name, score in self._guesses[only]}
        texts: _Texts = {"": _Text(0.0, 0.0, ())}
        for row in sorted(rows):
            texts = self._through(rows[row], texts)
        return texts

    def _through(self, members: list[int], before: _Texts) -> _Texts:
        """The texts before the row, each with what the row may add, by dynamic programming over the atoms' bounds."""
        starting: dict[int, list[int]] = defaultdict(list)
        for index in members:
            starting[self._glyphs[index].start].append(index)
        atoms = max(self._glyphs[index].end for index in members)
        reached: list[_Texts] = [{} for _ in range(atoms + 1)]
        reached[0] = before
        for place in range(atoms):
            for name, text in _likeliest(reached[place]).items():
                _add(reached[place + 1], name, text, _NOTHING_THERE / TEMPERATURE)
                for index in starting[place]:
                    end = self._glyphs[index].end
                    for digit, score in self._guesses[index]:
                        _add(reached[end], name + digit, text, (end - place) * score, index)
                    skip = self._skip[index]
                    if skip is not None:
                        _add(reached[end], name, text, (end - place) * skip)
        return _likeliest(reached[atoms])


def _add(texts: _Texts, name: str, before: _Text, step: float, index: int | None = None) -> None:
    """One more way to read this text: another one, and a step on from it."""
    weight, score = before.weight + step, before.score + step
    path = before.path if index is None else (*before.path, index)
    known = texts.get(name)
    if known is None:
        texts[name] = _Text(weight, score, path)
    else:
        best = (score, path) if score > known.score else (known.score, known.path)
        texts[name] = _Text(_sum((weight, known.weight)), *best)


def _likeliest(texts: _Texts) -> _Texts:
    return dict(sorted(texts.items(), key=lambda item: -item[1].weight)[:BEAM])


def _sum(logarithms: Iterator[float] | Sequence[float]) -> float:
    """The logarithm of the sum of what these are the logarithms of."""
    values = list(logarithms)
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values))
