"""The glyphs that judge a network: MNIST by the way that serves, never trained on by anything."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import glyphs
from ml.base_data import Mnist
from ml.evaluation import as_served

CHUNK = 250


@dataclass(frozen=True)
class HeldOut:
    """uint8 [N, 28, 28] glyphs and their labels: 5,000 training pictures kept aside, which decide, and
    MNIST's 10,000 test pictures, which are only reported."""

    holdout: NDArray[np.uint8]
    holdout_labels: NDArray[np.uint8]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]


def held_out(mnist: Mnist, cache: Path, *, say: Callable[[str, int, int], None] | None = None) -> HeldOut:
    """Isolated once for each version of the isolation, then read from `cache`."""
    rows = mnist.holdout_indices
    file = cache / f"held-out-v{glyphs.VERSION}.npz"
    if not file.is_file():
        pictures = np.concatenate([mnist.train_images[rows], mnist.test_images])
        _write(file, _isolate(pictures, say))
    with np.load(file, allow_pickle=False) as kept:
        pixels = kept["pixels"]
    return HeldOut(pixels[: len(rows)], mnist.train_labels[rows], pixels[len(rows) :], mnist.test_labels)


def _isolate(pictures: NDArray[np.uint8], say: Callable[[str, int, int], None] | None) -> NDArray[np.uint8]:
    chunks = [pictures[start : start + CHUNK] for start in range(0, len(pictures), CHUNK)]
    done: list[NDArray[np.uint8]] = []
    # Most of the work is in NumPy, SciPy and Pillow, which let other threads run meanwhile.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for pixels in pool.map(as_served, chunks):
            done.append(pixels)
            if say:
                say("isolating the held-out digits", len(done) * CHUNK, len(chunks) * CHUNK)
    return np.concatenate(done)


def _write(file: Path, pixels: NDArray[np.uint8]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.npz")
    np.savez_compressed(part, pixels=pixels)
    part.replace(file)
