"""Reads the robustness grid: each cell's pictures are drawn and isolated once for an ink finder, as on the site, then
read by any number of networks.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import grid
from ml.evaluation.results import NOTHING, SetResult
from ml.isolation import FindWriting, isolate
from ml.pictures import decoding
from ml.pictures.picture import Picture
from ml.pictures.strokes import Points
from ml.progress import ReportProgress
from ml.sources import non_digits
from ml.sources.mnist import Mnist
from ml.sources.tracing import trace

if TYPE_CHECKING:
    from ml.network.reader import Reader

CHUNK = 20
EMPTY_SHARE = 2
"""Each kind of picture without a digit gets one picture per this many digits of a cell."""


T = TypeVar("T")
R = TypeVar("R")
_Isolated = tuple[NDArray[np.uint8], NDArray[np.bool_]]


@dataclass(frozen=True)
class Part:
    """One cell's pictures, isolated.

    `cell`: None for pictures without a digit. `name`: of the cell, or of the kind of picture. `pixels`: uint8
    [N, 28, 28], blank where not `found`. `draw(i)` draws the i-th picture again.
    """

    name: str
    cell: grid.Cell | None
    labels: list[str]
    names: list[str]
    pixels: NDArray[np.uint8]
    found: NDArray[np.bool_]
    draw: Callable[[int], Picture]

    def read(self, reader: "Reader") -> SetResult:
        """The network's readings of the part."""
        texts = [NOTHING] * len(self.labels)
        sure, confidence = np.ones(len(texts), dtype=bool), np.full(len(texts), np.nan)
        readings = reader.read(self.pixels[self.found])
        for place, digit in zip(np.flatnonzero(self.found), readings.digits, strict=True):
            texts[place] = str(digit)
        sure[self.found], confidence[self.found] = readings.sure, readings.confidence
        return SetResult(self.names, self.labels, texts, sure, confidence, self.name in non_digits.NEVER_SURE)


def total(count: int, factors: Sequence[str] | None = None) -> int:
    """Number of pictures that `parts` makes for `count` digits per cell."""
    empty = 0 if factors else len(_KINDS) * _empty_count(count)
    return count * len(_chosen(factors)) + empty


def parts(
    mnist: Mnist,
    count: int,
    *,
    factors: Sequence[str] | None = None,
    find: FindWriting | None = None,
    jobs: int | None = None,
    report: ReportProgress | None = None,
) -> Iterator[Part]:
    """The grid with `count` digits per cell, the plain cell first, pictures without a digit last.

    `factors` limits it to their cells and the plain one. `find`: the ink finder, which is sent to these processes.
    `jobs`: number of processes that draw and isolate (None: one per core); 0 does so in this process.
    """
    digits = grid.choose_digits(mnist, count)
    labels = [str(label) for label in mnist.train_labels[digits]]
    names = [f"MNIST train {digit}" for digit in digits]
    progress = _Progress(total(count, factors), report)
    with _Pool(os.cpu_count() if jobs is None else jobs) as pool:
        traced = [path for chunk in pool.map(_trace, _chunks(list(mnist.train_images[digits]))) for path in chunk]
        known = list(zip(digits.tolist(), traced, strict=True))
        for cell in _chosen(factors):
            pixels, found = pool.isolate(partial(_isolate_cell, cell, find=find), known, progress.add)
            draw = partial(_draw_known, cell, known)
            yield Part(f"{cell.factor}: {cell.name}", cell, labels, names, pixels, found, draw)
        for kind in {} if factors else _KINDS:
            seeds = list(range(_empty_count(count)))
            pixels, found = pool.isolate(partial(_isolate_kind, kind, find=find), seeds, progress.add)
            named = [f"{kind} {seed}" for seed in seeds]
            yield Part(kind, None, [NOTHING] * len(seeds), named, pixels, found, partial(_draw_kind, kind))


def isolated(mnist: Mnist, digits: NDArray[np.intp], cells: Sequence[grid.Cell]) -> Iterator[NDArray[np.uint8]]:
    """Draws these training pictures in this process: each cell's glyphs, uint8 [N, 28, 28], blank if none is found."""
    known = list(zip(digits.tolist(), _trace(list(mnist.train_images[digits])), strict=True))
    for cell in cells:
        yield _isolate_cell(cell, known)[0]


def isolated_kind(kind: str, count: int) -> NDArray[np.uint8]:
    """The glyphs found in pictures of this kind, which hold no digit; blank if none is found."""
    return _isolate_kind(kind, list(range(count)))[0]


_KINDS = {**non_digits.ALWAYS_NOTHING, **non_digits.NEVER_SURE}


class _Progress:
    """Reports how many of the grid's pictures are isolated."""

    def __init__(self, count: int, report: ReportProgress | None) -> None:
        self._count = count
        self._report = report
        self._done = 0

    def add(self, more: int) -> None:
        self._done += more
        if self._report:
            self._report("drawing and isolating the grid", self._done, self._count)


class _Pool:
    """Worker processes without Django, and without TensorFlow unless they find ink with a network.

    With `jobs` 0, the work runs in this process.
    """

    def __init__(self, jobs: int | None) -> None:
        # Spawn, because a process that has loaded TensorFlow hangs after a fork.
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(jobs, mp_context=context) if jobs else None

    def __enter__(self) -> "_Pool":
        return self

    def __exit__(self, *_: object) -> None:
        if self._executor:
            self._executor.shutdown(cancel_futures=True)

    def map(self, make: Callable[[T], R], items: list[T]) -> Iterator[R]:
        return self._executor.map(make, items) if self._executor else map(make, items)

    def isolate(self, make: Callable[[list[T]], _Isolated], items: list[T], add: Callable[[int], None]) -> _Isolated:
        made = []
        for chunk in self.map(make, _chunks(items)):
            made.append(chunk)
            add(len(chunk[1]))
        return np.concatenate([pixels for pixels, _ in made]), np.concatenate([found for _, found in made])


def _chosen(factors: Sequence[str] | None) -> list[grid.Cell]:
    return [cell for cell in grid.cells() if cell is grid.PLAIN or not factors or cell.factor in factors]


def _empty_count(count: int) -> int:
    return max(1, count // EMPTY_SHARE)


def _chunks(items: list[T]) -> list[list[T]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]


def _trace(glyphs: list[NDArray[np.uint8]]) -> list[list[Points]]:
    return [trace(glyph) for glyph in glyphs]


def _draw_known(cell: grid.Cell, known: list[tuple[int, list[Points]]], index: int) -> Picture:
    digit, paths = known[index]
    return grid.draw(paths, cell.look, grid.seed_of(cell, digit))


def _draw_kind(kind: str, seed: int) -> Picture:
    return _KINDS[kind](np.random.default_rng([grid.SEED, list(_KINDS).index(kind), seed]))


def _isolate_cell(
    cell: grid.Cell, known: list[tuple[int, list[Points]]], *, find: FindWriting | None = None
) -> _Isolated:
    return _isolate([partial(_draw_known, cell, known, index) for index in range(len(known))], find)


def _isolate_kind(kind: str, seeds: list[int], *, find: FindWriting | None = None) -> _Isolated:
    return _isolate([partial(_draw_kind, kind, seed) for seed in seeds], find)


def _isolate(makers: Sequence[Callable[[], Picture]], find: FindWriting | None) -> _Isolated:
    """Re-encodes and isolates pictures, as the site does with an upload."""
    pixels, found = np.zeros((len(makers), 28, 28), dtype=np.uint8), np.zeros(len(makers), dtype=bool)
    for index, make in enumerate(makers):
        for glyph in isolate(decoding.decode(decoding.keep(make()).data), "digit", find=find).glyphs:
            pixels[index], found[index] = glyph.pixels, True
    return pixels, found
