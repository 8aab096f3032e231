"""Test-time augmentation (Krizhevsky et al., 2012) for uncertain glyphs: the mean logits over several views.

Only uncertain glyphs are augmented: about one in twenty of the digits that people draw.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CERTAIN = 0.99
"""A glyph whose most probable class has at least this probability is not augmented."""

SHEAR = 0.12
"""Shear: pixels sideways per pixel of height."""

SHIFT = 0.7
"""Pixels."""

VIEWS = ((SHEAR, 0.0, 0.0), (-SHEAR, 0.0, 0.0), (0.0, SHIFT, 0.0), (0.0, 0.0, SHIFT))
"""(shear, shift to the left, shift up) of each view besides the original; shifts in pixels."""

Glyphs = NDArray[np.uint8]
Logits = NDArray[np.float32]


def augmented_logits(
    forward: Callable[[Glyphs], Logits], pixels: Glyphs, may: NDArray[np.bool_] | bool = True
) -> Logits:
    """Logits float32 [N, outputs] of uint8 [N, 28, 28] glyphs: the output of `forward`. For uncertain glyphs, the mean
    over the original and its views. `may`: bool [N], which glyphs may be augmented.
    """
    logits = forward(pixels)
    best = np.exp(logits.max(axis=1, initial=-np.inf) - np.logaddexp.reduce(logits, axis=1))
    uncertain = np.flatnonzero((best < CERTAIN) & may)
    if len(uncertain) == 0:
        return logits
    views = [transformed(pixels[uncertain], *view) for view in VIEWS]
    more = forward(np.concatenate(views)).reshape(len(VIEWS), len(uncertain), -1)
    averaged = logits.copy()
    averaged[uncertain] = (logits[uncertain] + more.sum(axis=0)) / (1 + len(VIEWS))
    return averaged


def transformed(pixels: Glyphs, shear: float, left: float, up: float) -> Glyphs:
    """The glyphs sheared about their middle row and shifted, with linear interpolation; outside is paper."""
    middle = (pixels.shape[1] - 1) / 2
    matrix = np.array([[1, 0, 0], [0, 1, 0], [0, shear, 1]])
    return np.asarray(ndimage.affine_transform(pixels, matrix, (0, up, left - shear * middle), order=1))
