"""Why a glyph was read so: what the reading loses when parts of the glyph are covered."""

import numpy as np
from numpy.typing import NDArray

from ml.network.reader import Reader

PATCH = 4
STRIDE = 2


def explain(reader: Reader, pixels: NDArray[np.uint8], digit: int) -> NDArray[np.float32]:
    """Occlusion sensitivity (Zeiler and Fergus, 2014) of uint8 [28, 28] pixels: float32 [28, 28] in [-1, 1].

    Above 0: what is there speaks for the digit; below 0: against it. Each patch of PATCH pixels is covered with
    paper, and with ink, in one batch; a pixel's value is the mean change of the digit's log-odds under the patches
    over it, for each pixel of ink that they take or add, scaled so that the strongest is 1.
    """
    corners = [(y, x) for y in range(0, 28 - PATCH + 1, STRIDE) for x in range(0, 28 - PATCH + 1, STRIDE)]
    batch = np.repeat(pixels[None], 2 * len(corners) + 1, axis=0)
    for index, (y, x) in enumerate(corners):
        batch[1 + 2 * index, y : y + PATCH, x : x + PATCH] = 0
        batch[2 + 2 * index, y : y + PATCH, x : x + PATCH] = 255
    odds = _log_odds(reader.logits(batch), digit)
    change = odds[0] - odds[1:].reshape(-1, 2)
    total = np.zeros((28, 28))
    seen = np.zeros((28, 28))
    for (y, x), (paper, ink) in zip(corners, change, strict=True):
        window = np.s_[y : y + PATCH, x : x + PATCH]
        share = pixels[window] / 255.0
        removed, added = max(float(share.sum()), 1.0), max(float((1 - share).sum()), 1.0)
        total[window] += share * paper / removed + (1 - share) * ink / added
        seen[window] += 1
    mean = total / np.maximum(seen, 1)
    return (mean / max(float(np.abs(mean).max()), 1e-9)).astype(np.float32)


def _log_odds(logits: NDArray[np.float32], digit: int) -> NDArray[np.float64]:
    """Logarithm of the digit's odds against the other digits: float64 [N].

    Not against "not a digit" too: any blot on blank paper speaks for that, whichever the digit is.
    """
    others = np.delete(logits[:, :10].astype(np.float64), digit, axis=1)
    return np.asarray(logits[:, digit] - np.logaddexp.reduce(others, axis=1))
