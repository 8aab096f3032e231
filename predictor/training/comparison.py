"""Compares champion and candidate on the same labelled glyphs. It needs SciPy, so only workers can use it.

`classify` is imported in functions, because its module loads Keras, which takes seconds, and commands import
this module.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import metrics, paired
from ml.network.classes import NOT_A_DIGIT

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SetReadings:
    """A network's readings of N glyphs: `digits` int64 [N], 0 to 9 or NOT_A_DIGIT, `confidence` float64 [N], `sure`."""

    digits: NDArray[np.int64]
    confidence: NDArray[np.float64]
    sure: Flags


@dataclass(frozen=True)
class Comparison:
    """Both networks' readings of the same N glyphs.

    `labels` int64 [N]: the true classes. `groups`: the group of each glyph, None for a set without groups.
    """

    labels: NDArray[np.int64]
    champion: SetReadings
    candidate: SetReadings
    groups: list[str] | None = None

    def __len__(self) -> int:
        """Number of glyphs."""
        return len(self.labels)

    @property
    def champion_right(self) -> Flags:
        return np.asarray(self.champion.digits == self.labels)

    @property
    def candidate_right(self) -> Flags:
        return np.asarray(self.candidate.digits == self.labels)

    def fall(self) -> float:
        """How much lower the candidate's accuracy is; negative if it is higher."""
        return _fall(self.champion_right, self.candidate_right)

    def falls(self, by: NDArray[Any] | list[str], *, least: int = 1) -> dict[Any, float]:
        """The `fall` within each group of at least `least` glyphs."""
        return _falls(self.champion_right, self.candidate_right, by, least)

    def unsure(self, by: NDArray[Any] | list[str], *, least: int = 1) -> dict[Any, float]:
        """How much lower the share of sure readings is, within each group of at least `least` glyphs.

        A digit that is taken for a non-digit is read but never sure, and a number leaves it out.
        """
        return _falls(self.champion.sure, self.candidate.sure, by, least)

    def negative_flips(self) -> NDArray[np.intp]:
        """Indices of the glyphs that only the champion reads correctly."""
        return paired.negative_flips(self.champion_right, self.candidate_right)

    def positive_flips(self) -> NDArray[np.intp]:
        return paired.negative_flips(self.candidate_right, self.champion_right)

    def certainty(self) -> float:
        """How certain it is that the candidate is worse: 1 minus the p-value of McNemar's exact test."""
        return 1.0 - paired.mcnemar(self.champion_right, self.candidate_right).p_worse

    def calibration(self) -> tuple[float, float]:
        """Both networks' expected calibration errors."""
        return (
            metrics.calibration_error(self.champion.confidence, self.champion_right),
            metrics.calibration_error(self.candidate.confidence, self.candidate_right),
        )

    def as_evidence(self) -> dict[str, Any]:
        """JSON-ready: both accuracies with their intervals, the paired test, the changed readings."""
        if len(self) == 0:
            return {"count": 0}
        changed = np.flatnonzero(self.champion.digits != self.candidate.digits)
        changes = Counter(
            (int(self.labels[row]), int(self.champion.digits[row]), int(self.candidate.digits[row])) for row in changed
        )
        return {
            "count": len(self),
            "champion": asdict(metrics.accuracy(self.champion_right)),
            "candidate": asdict(metrics.accuracy(self.candidate_right)),
            "paired": asdict(paired.mcnemar(self.champion_right, self.candidate_right)),
            "negative_flips": len(self.negative_flips()),
            "calibration": [round(error, 5) for error in self.calibration()],
            "classes": self._by_group(self.labels),
            "groups": self._by_group(self.groups) if self.groups else {},
            "changes": [[*change, count] for change, count in sorted(changes.items())],
        }

    def _by_group(self, by: NDArray[Any] | list[str]) -> dict[str, list[int]]:
        """By group: the number of glyphs, and how many of them the champion and the candidate read correctly."""
        groups = np.asarray(by)
        return {
            str(group): [
                int(np.sum(groups == group)),
                int(self.champion_right[groups == group].sum()),
                int(self.candidate_right[groups == group].sum()),
            ]
            for group in np.unique(groups).tolist()
        }


def read(logits: NDArray[np.float32], labels: NDArray[np.int64], temperature: float, threshold: float) -> SetReadings:
    """Reads as the site does: the best of the ten digits. NOT_A_DIGIT only where label and network both say so."""
    from ml.network.reader import classify

    found = classify(logits, temperature, threshold)
    digits = found.digits.astype(np.int64)
    none = (labels == NOT_A_DIGIT) & (logits.argmax(axis=1) == NOT_A_DIGIT)
    return SetReadings(np.where(none, NOT_A_DIGIT, digits), found.confidence.astype(np.float64), found.sure)


def read_when_sure(logits: NDArray[np.float32], temperature: float, threshold: float) -> SetReadings:
    """Readings of glyphs on which no network may be sure: NOT_A_DIGIT where the network isn't sure."""
    from ml.network.reader import classify

    found = classify(logits, temperature, threshold)
    digits = np.where(found.sure, found.digits, NOT_A_DIGIT).astype(np.int64)
    return SetReadings(digits, found.confidence.astype(np.float64), found.sure)


def _fall(champion: Flags, candidate: Flags) -> float:
    return float(champion.mean() - candidate.mean())


def _falls(champion: Flags, candidate: Flags, by: NDArray[Any] | list[str], least: int) -> dict[Any, float]:
    groups = np.asarray(by)
    inside = {group: groups == group for group in np.unique(groups).tolist()}
    return {group: _fall(champion[rows], candidate[rows]) for group, rows in inside.items() if rows.sum() >= least}
