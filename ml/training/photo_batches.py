"""Batches of composed photos with their true ink, made by processes beside the training."""

import functools
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from itertools import islice
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.glyphs.looks import SIDE
from ml.sources.fonts import FontsUnavailable, load
from ml.sources.mnist import load_mnist
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.scene import Photo, compose

Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Pictures and true coverage, each uint8 [N, SIDE, SIDE, 3]."""

_AHEAD = 2
"""Batches that are made ahead for each process."""


class PhotoBatches:
    """Makes batches of composed photos, each the same for the same seed and number.

    Processes write them to shared memory, which is freed at the end of the `with` block, however it ends.
    """

    def __init__(self, cache: Path, size: int, *, seed: int = 0, workers: int | None = None) -> None:
        """`cache` holds MNIST and the fonts. `size`: photos in a batch. `workers`: processes; None: one a core."""
        self._cache, self._seed = cache, seed
        self._shape = (2, size, SIDE, SIDE, 3)
        workers = workers or os.cpu_count() or 1
        # One process loads first, so that not all of them download.
        hands_of(cache)
        with ExitStack() as opened:
            self._slots = [_shared(self._shape, opened) for _ in range(_AHEAD * workers)]
            # Spawn, because a process that has loaded TensorFlow hangs after a fork.
            self._pool = ProcessPoolExecutor(workers, get_context("spawn"))
            opened.callback(self._pool.shutdown, cancel_futures=True)
            self._opened = opened.pop_all()

    def __enter__(self) -> "PhotoBatches":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def batches(self, first: int, count: int) -> Iterator[Batch]:
        """Batches `first` to `first` + `count` - 1, in order."""
        numbers = iter(range(first, first + count))
        free, made = list(self._slots), deque[tuple[SharedMemory, Future[None]]]()
        try:
            while True:
                for number in islice(numbers, len(free)):
                    slot = free.pop()
                    job = self._pool.submit(_fill, self._cache, slot.name, self._shape, self._seed, number)
                    made.append((slot, job))
                if not made:
                    return
                slot, done = made.popleft()
                done.result()
                both = np.ndarray(self._shape, np.uint8, slot.buf).copy()
                free.append(slot)
                yield both[0], both[1]
        finally:
            # A slot must not be written any more when the next batches use it.
            wait([done for _, done in made if not done.cancel()])


def hands_of(cache: Path, *, validation: bool = False) -> Hands:
    """Hands of MNIST's pictures to train on (or for validation), and of the fonts if they are available."""
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
    return _resized(photo.picture), _resized(planes)


def _resized(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [SIDE, SIDE, 3], its sides' ratio not kept."""
    way = cv2.INTER_AREA if picture.shape[0] > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=way), dtype=np.uint8)


def _shared(shape: tuple[int, ...], opened: ExitStack) -> SharedMemory:
    """Shared memory for an array of bytes, which is freed when `opened` is closed."""
    slot = SharedMemory(create=True, size=int(np.prod(shape)))
    opened.callback(slot.unlink)
    opened.callback(slot.close)
    return slot


@functools.cache
def _hands(cache: Path) -> Hands:
    """The hands of a process, which composes on one core."""
    cv2.setNumThreads(1)
    return hands_of(cache)


def _fill(cache: Path, name: str, shape: tuple[int, ...], seed: int, number: int) -> None:
    """Composes the batch of this number, then copies it to the shared memory of this name."""
    made = [example(compose(_hands(cache), np.random.default_rng([seed, number, index]))) for index in range(shape[1])]
    slot = SharedMemory(name=name)
    np.ndarray(shape, np.uint8, slot.buf)[:] = np.array(made).swapaxes(0, 1)
    slot.close()
