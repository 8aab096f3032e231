"""Calibrates confidence by temperature scaling, and chooses the threshold for "sure", both on validation data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from ml.network.reader import classify

LEAST_THRESHOLD, MOST_THRESHOLD = 0.5, 0.995
"""Range of the threshold for "sure"."""
PRECISION = 0.999
"""Share of the sure glyphs that must be right at the chosen threshold."""


@dataclass(frozen=True)
class Calibration:
    """`temperature` divides the logits. A glyph is sure if its confidence is at least `sure_threshold`."""

    temperature: float
    sure_threshold: float


def calibrate(logits: NDArray[np.float32], labels: NDArray[np.integer]) -> Calibration:
    """The calibration for validation logits [N, 10 or 11] and labels 0 to 9, or NOT_A_DIGIT.

    Non-digits never count as right.
    """
    known = labels < logits.shape[1]
    temperature = fit_temperature(logits[known], labels[known])
    found = classify(logits, temperature, 0.0)
    return Calibration(temperature, choose_threshold(found.confidence, found.digits == labels, PRECISION))


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.integer]) -> float:
    """The temperature between 0.1 and 10 with the least negative log-likelihood (Guo et al., 2017)."""
    rows = np.arange(len(labels))
    wide = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = wide / np.exp(log_temperature)
        return float((np.logaddexp.reduce(scaled, axis=1) - scaled[rows, labels]).mean())

    found = optimize.minimize_scalar(loss, bounds=(np.log(0.1), np.log(10.0)), method="bounded")
    return float(np.exp(found.x))


def choose_threshold(confidence: NDArray[np.floating], right: NDArray[np.bool_], precision: float) -> float:
    """The lowest threshold, within the range, at which at least `precision` of the sure glyphs are right."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= precision)
    threshold = float(confidence[order[enough[-1]]]) if len(enough) else MOST_THRESHOLD
    return min(max(threshold, LEAST_THRESHOLD), MOST_THRESHOLD)
