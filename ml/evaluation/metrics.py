"""Accuracy with its interval, and the calibration error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.intervals import wilson

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Accuracy:
    """`right` of `count`. `low` and `high`: bounds of the share with 95% confidence."""

    right: int
    count: int
    share: float
    low: float
    high: float


def accuracy(right: Flags, level: float = 0.95) -> Accuracy:
    """Share of `right` with its Wilson score interval (Wilson, 1927). Raises ValueError for an empty array."""
    count, hits = len(right), int(np.sum(right))
    if count == 0:
        raise ValueError("no glyphs to measure on")
    low, high = wilson(hits, count, level)
    return Accuracy(hits, count, hits / count, low, high)


def calibration_error(confidence: NDArray[np.floating], right: Flags, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al., 2015) over bins of equal width, in [0, 1]."""
    place = np.minimum((np.asarray(confidence, dtype=np.float64) * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=np.asarray(right, dtype=np.float64) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(right))


def calibration_error_by_chance(confidence: NDArray[np.floating], bins: int = 15, tries: int = 200) -> float:
    """Mean calibration error of a perfectly calibrated reader with these confidences, by simulation.

    With few pictures it is far from 0 (Nixon et al., 2019). Deterministic: the same confidences give the same figure.
    """
    wide = np.asarray(confidence, dtype=np.float64)
    rng = np.random.default_rng(0)
    return float(np.mean([calibration_error(wide, rng.random(len(wide)) < wide, bins) for _ in range(tries)]))
