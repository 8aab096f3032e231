"""Yields a training set's batches, with one prefetched. Each depends only on seed, epoch and position."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.training.augmentation import augment
from ml.training.config import TrainingConfig, TrainingSet


@dataclass(frozen=True)
class Batch:
    """`pixels` float32 [B, 28, 28, 1] in [0, 1], `targets` float32 [B, outputs], `weights` float32 [B], `doubted`
    bool [B].
    """

    pixels: NDArray[np.float32]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    doubted: NDArray[np.bool_]


def batches(dataset: TrainingSet, config: TrainingConfig, epoch: int) -> Iterator[Batch]:
    """Yields the epoch's glyphs, each once, in an order that differs between epochs.

    All batches have the same size, so that the step is compiled only once. The last batch is padded with glyphs of
    weight 0.
    """
    size = config.batch_size
    order = np.random.default_rng([config.seed, epoch]).permutation(len(dataset))[: config.epoch_size]
    starts = range(0, len(order), size)
    strength = config.strength if epoch < config.epochs - config.plain_epochs else None

    def make(start: int) -> Batch:
        rows = order[start : start + size]
        filled = np.concatenate((rows, np.resize(order, size - len(rows))))
        weights = dataset.weights[filled].astype(np.float32)
        weights[len(rows) :] = 0
        rng = np.random.default_rng([config.seed, epoch, start])
        pixels = dataset.pixels[filled]
        distorted = augment(pixels, rng, strength) if strength else _plain(pixels)
        return Batch(distorted, dataset.targets[filled], weights, dataset.doubted[filled])

    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(make, 0)
        for start in starts:
            batch = coming.result()
            if start + size < len(order):
                coming = ahead.submit(make, start + size)
            yield batch


def _plain(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels[..., None].astype(np.float32) / np.float32(255)
