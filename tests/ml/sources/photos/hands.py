"""Hands for tests, which need neither MNIST nor fonts."""

import numpy as np

from ml.sources.photos.handwriting import Hands, Rng, Shape, line

BARS = np.zeros((10, 28, 28), np.uint8)
BARS[:, 6:22, 12:16] = 255


def generated() -> Hands:
    """Digits of the stroke generator; in place of MNIST's pictures, bars."""
    return Hands(BARS, np.arange(10))


class Sticks(Hands):
    """Writes every digit as one upright stick."""

    def __init__(self) -> None:
        super().__init__(BARS, np.arange(10))

    def digit(self, digit: int, rng: Rng) -> Shape:
        return line((0, 0), (0, 1))
