"""Explains a reading by occlusion: how the digit's odds change when parts of the glyph are covered."""

import numpy as np
from numpy.typing import NDArray

from ml.network.reader import Reader

PATCH = 4
STRIDE = 2
"""Pixels: side of the occluding patch, and distance between its positions."""


def occlusion_sensitivity(reader: Reader, pixels: NDArray[np.uint8], digit: int) -> NDArray[np.float32]:
    """Occlusion sensitivity (Zeiler and Fergus, 2014) of uint8 [28, 28] pixels: float32 [28, 28] in [-1, 1].

    Positive pixels support the digit; negative ones contradict it. Each patch is covered once with paper and once with
    ink, all in one batch. A pixel's value is the mean change of the digit's log-odds over the patches that contain the
    pixel, per pixel of ink removed or added, scaled to a maximum of 1.
    """
    corners = [(y, x) for y in range(0, 28 - PATCH + 1, STRIDE) for x in range(0, 28 - PATCH + 1, STRIDE)]
    batch = np.repeat(pixels[None], 2 * len(corners) + 1, axis=0)
    for index, (y, x) in enumerate(corners):
        batch[1 + 2 * index, y : y + PATCH, x : x + PATCH] = 0
        batch[2 + 2 * index, y : y + PATCH, x : x + PATCH] = 255
    odds = _log_odds(reader.logits(batch), digit)
    change = odds[0] - odds[1:].reshape(-1, 2)
    total = np.zeros((28, 28))
    count = np.zeros((28, 28))
    for (y, x), (paper, ink) in zip(corners, change, strict=True):
        window = np.s_[y : y + PATCH, x : x + PATCH]
        share = pixels[window] / 255.0
        removed, added = max(float(share.sum()), 1.0), max(float((1 - share).sum()), 1.0)
        total[window] += share * paper / removed + (1 - share) * ink / added
        count[window] += 1
    mean = total / np.maximum(count, 1)
    return (mean / max(float(np.abs(mean).max()), 1e-9)).astype(np.float32)


def _log_odds(logits: NDArray[np.float32], digit: int) -> NDArray[np.float64]:
    """Log-odds of the digit against the other digits: float64 [N].

    "Not a digit" is left out, because every patch of ink on blank paper supports it, whatever the digit.
    """
    others = np.delete(logits[:, :10].astype(np.float64), digit, axis=1)
    return np.asarray(logits[:, digit] - np.logaddexp.reduce(others, axis=1))
