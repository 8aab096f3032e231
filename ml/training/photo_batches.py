"""Batches of composed photos with their true ink, made by processes beside the training."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.finder.shapes import SIDE
from ml.sources.fonts import FontsUnavailable, load
from ml.sources.mnist import load_mnist
from ml.sources.photos.scene import Photo, compose
from ml.sources.photos.writing import Hands

Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Pictures and true coverage, each uint8 [N, SIDE, SIDE, 3]."""

_AHEAD = 2
"""Batches that are made ahead for each process."""

_hands: Hands | None = None


class PhotoBatches:
    """Makes batches of composed photos, each the same for the same seed and number."""

    def __init__(self, cache: Path, size: int, *, seed: int = 0, workers: int | None = None) -> None:
        """`cache` holds MNIST and the fonts. `size`: photos in a batch."""
        self._size, self._seed = size, seed
        workers = workers or os.cpu_count() or 1
        self._shape = (2, size, SIDE, SIDE, 3)
        # One process loads first, so that not all of them download.
        hands_of(cache)
        self._slots = [SharedMemory(create=True, size=int(np.prod(self._shape))) for _ in range(_AHEAD * workers)]
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), _prepare, (cache,))

    def __enter__(self) -> "PhotoBatches":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for slot in self._slots:
            slot.close()
            slot.unlink()

    def batches(self, first: int, count: int) -> Iterator[Batch]:
        """Batches `first` to `first` + `count` - 1, in order."""
        waiting: deque[tuple[SharedMemory, Future[None]]] = deque()
        free = list(self._slots)
        for number in range(first, first + count + len(free)):
            if number < first + count and free:
                slot = free.pop()
                waiting.append((slot, self._pool.submit(_fill, slot.name, self._shape, self._seed, number)))
            if waiting and (not free or number >= first + count - 1):
                slot, done = waiting.popleft()
                done.result()
                both = np.ndarray(self._shape, np.uint8, slot.buf).copy()
                free.append(slot)
                yield both[0], both[1]


def hands_of(cache: Path, *, validation: bool = False) -> Hands:
    """Hands of MNIST's pictures to train on (or for validation) and the fonts, if they are available."""
    mnist = load_mnist(cache=cache / "mnist")
    rows = mnist.validation_indices if validation else mnist.fit_indices
    try:
        fonts = load(cache / "fonts")
    except FontsUnavailable:
        fonts = None
    return Hands(mnist.train_images[rows], mnist.train_labels[rows], fonts)


def example(photo: Photo) -> Batch:
    """The photo as the finder sees it, and its true coverage: each uint8 [SIDE, SIDE, 3]."""
    planes = np.stack((photo.writing, photo.digit, photo.signs), axis=2)
    return resized(photo.picture), resized(planes)


def resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [SIDE, SIDE, 3]."""
    way = cv2.INTER_AREA if picture.shape[0] > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=way), dtype=np.uint8)


def _prepare(cache: Path) -> None:
    global _hands
    cv2.setNumThreads(1)
    _hands = hands_of(cache)


def _fill(name: str, shape: tuple[int, ...], seed: int, number: int) -> None:
    assert _hands is not None
    slot = SharedMemory(name=name)
    both = np.ndarray(shape, np.uint8, slot.buf)
    for index in range(shape[1]):
        both[0, index], both[1, index] = example(compose(_hands, np.random.default_rng([seed, number, index])))
    del both
    slot.close()
