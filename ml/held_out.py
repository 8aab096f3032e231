"""The glyphs that judge a network: MNIST pictures that nothing was trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import glyphs
from ml.base_data import Mnist
from ml.evaluation import as_served

CHUNK = 250
SIDE = 140
"""Pixels that a digit is enlarged to before it is isolated: half of what `evaluate` takes, in less time."""


@dataclass(frozen=True)
class HeldOut:
    """uint8 [N, 28, 28] and their labels: 5,000 training pictures kept aside, by the way that serves, which
    decide; and MNIST's 10,000 test pictures, as they are, which are only reported."""

    holdout: NDArray[np.uint8]
    holdout_labels: NDArray[np.uint8]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def held_out(mnist: Mnist, cache: Path, *, say: Callable[[str, int, int], None] | None = None) -> HeldOut:
    """The kept-aside pictures are isolated once for each version of the isolation, then read from `cache`."""
    rows = mnist.holdout_indices
    file = cache / f"held-out-v{glyphs.VERSION}.npz"
    if not file.is_file():
        _write(file, _isolate(mnist.train_images[rows], say))
    with np.load(file, allow_pickle=False) as kept:
        return HeldOut(kept["pixels"], mnist.train_labels[rows], mnist.test_images, mnist.test_labels)


def _isolate(pictures: NDArray[np.uint8], say: Callable[[str, int, int], None] | None) -> NDArray[np.uint8]:
    pixels = np.zeros_like(pictures)
    for start in range(0, len(pictures), CHUNK):
        pixels[start : start + CHUNK] = as_served(pictures[start : start + CHUNK], SIDE)
        if say:
            say("isolating the held-out digits", min(start + CHUNK, len(pictures)), len(pictures))
    return pixels


def _write(file: Path, pixels: NDArray[np.uint8]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.npz")
    np.savez_compressed(part, pixels=pixels)
    part.replace(file)
