"""Confidence that means something: one temperature and one threshold, both chosen on validation data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from ml.network.reader import readings

LEAST_THRESHOLD, MOST_THRESHOLD = 0.5, 0.995


@dataclass(frozen=True)
class Calibration:
    """`temperature` divides the logits; readings at or above `sure_threshold` confidence are sure."""

    temperature: float
    sure_threshold: float


def calibrate(logits: NDArray[np.float32], labels: NDArray[np.integer], *, precision: float = 0.999) -> Calibration:
    """From validation logits [N, 10 or 11] and labels 0 to 9, or 10 for "not a digit".

    The threshold is the lowest at which the share `precision` of what is sure is right; a non-digit is never right.
    """
    known = labels < logits.shape[1]
    temperature = fit_temperature(logits[known], labels[known])
    read = readings(logits, temperature, 0.0)
    return Calibration(temperature, choose_threshold(read.confidence, read.digits == labels, precision))


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.integer]) -> float:
    """The temperature of the least negative log-likelihood (Guo et al., 2017), between 0.1 and 10."""
    rows = np.arange(len(labels))
    wide = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = wide / np.exp(log_temperature)
        return float((np.logaddexp.reduce(scaled, axis=1) - scaled[rows, labels]).mean())

    found = optimize.minimize_scalar(loss, bounds=(np.log(0.1), np.log(10.0)), method="bounded")
    return float(np.exp(found.x))


def choose_threshold(confidence: NDArray[np.floating], right: NDArray[np.bool_], precision: float) -> float:
    """The lowest confidence above which the share `precision` is right, within LEAST_ and MOST_THRESHOLD."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= precision)
    threshold = float(confidence[order[enough[-1]]]) if len(enough) else MOST_THRESHOLD
    return min(max(threshold, LEAST_THRESHOLD), MOST_THRESHOLD)
