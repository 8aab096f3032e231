"""Accuracy with its interval, and the calibration error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.intervals import wilson

Flags = NDArray[np.bool_]

BINS = 15
"""Number of confidence bins of the calibration error."""
_SIMULATIONS = 200


@dataclass(frozen=True)
class Accuracy:
    """`right` of `count`. `low` and `high`: bounds of the share with 95% confidence."""

    right: int
    count: int
    share: float
    low: float
    high: float


def accuracy(right: Flags) -> Accuracy:
    """Share of `right` with its Wilson score interval (Wilson, 1927). Raises ValueError for an empty array."""
    count, hits = len(right), int(np.sum(right))
    if count == 0:
        raise ValueError("no glyphs to measure on")
    low, high = wilson(hits, count)
    return Accuracy(hits, count, hits / count, low, high)


def calibration_error(confidence: NDArray[np.floating], right: Flags) -> float:
    """Expected calibration error (Naeini et al., 2015) over BINS confidence bins of equal width, in [0, 1]."""
    place = np.minimum((np.asarray(confidence, dtype=np.float64) * BINS).astype(int), BINS - 1)
    gaps = np.bincount(place, weights=np.asarray(right, dtype=np.float64) - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(right))


def calibration_error_by_chance(confidence: NDArray[np.floating]) -> float:
    """Mean calibration error of a perfectly calibrated reader with these confidences, by simulation.

    With few pictures it is far from 0 (Nixon et al., 2019). Deterministic: the same confidences give the same figure.
    """
    wide = np.asarray(confidence, dtype=np.float64)
    rng = np.random.default_rng(0)
    return float(np.mean([calibration_error(wide, rng.random(len(wide)) < wide) for _ in range(_SIMULATIONS)]))
