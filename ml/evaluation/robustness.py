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

from ml import reading
from ml.evaluation import composed, grid
from ml.evaluation.results import NOTHING, SetResult
from ml.glyphs.looks import FindWriting
from ml.isolation import Isolated, Mode, isolate
from ml.pictures import decoding
from ml.pictures.picture import Picture
from ml.pictures.strokes import Points
from ml.progress import ReportProgress
from ml.sources import non_digits
from ml.sources.mnist import Mnist
from ml.sources.photos.handwriting import Hands
from ml.sources.tracing import trace

if TYPE_CHECKING:
    from ml.network.reader import Reader

CHUNK = 20
EMPTY_SHARE = 2
"""Each kind of picture without a digit gets one picture per this many digits of a cell."""


T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Part:
    """One cell's pictures, isolated.

    `cell`: None for pictures without a digit. `name`: of the cell, or of the kind of picture. `draw(i)` draws the i-th
    picture again.
    """

    name: str
    cell: grid.Cell | composed.Ground | None
    labels: list[str]
    names: list[str]
    isolated: list[Isolated]
    draw: Callable[[int], Picture]

    def read(self, reader: "Reader") -> SetResult:
        """The network's readings of the part."""
        found = reading.read(reader, self.isolated)
        texts, sure = [each.text for each in found], np.array([each.sure for each in found], dtype=bool)
        confidence = np.array([np.nan if each.confidence is None else each.confidence for each in found])
        doubt_is_right = self.cell is None and self.name not in non_digits.ALWAYS_NOTHING
        return SetResult(self.names, self.labels, texts, sure, confidence, doubt_is_right)


def total(count: int, factors: Sequence[str] | None = None) -> int:
    """Number of pictures that `parts` makes for `count` digits per cell."""
    empty = 0 if factors else len(_KINDS) * _empty_count(count)
    photos = sum(composed.size(ground, count) for ground in _grounds(factors))
    return count * len(_chosen(factors)) + photos + empty


def parts(
    mnist: Mnist,
    count: int,
    *,
    factors: Sequence[str] | None = None,
    find: FindWriting | None = None,
    jobs: int | None = None,
    report: ReportProgress | None = None,
) -> Iterator[Part]:
    """The grid with `count` digits per cell, the plain cell first, then composed photos, pictures without a digit last.

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
            isolated = pool.isolate(partial(_isolate_cell, cell, find=find), known, progress.add)
            draw = partial(_draw_known, cell, known)
            yield Part(f"{cell.factor}: {cell.name}", cell, labels, names, isolated, draw)
        hands = composed.hands(mnist)
        for ground in _grounds(factors):
            seeds = list(range(composed.size(ground, count)))
            isolated = pool.isolate(partial(_isolate_ground, ground, hands, find=find), seeds, progress.add)
            texts = [composed.label(ground, seed) for seed in seeds]
            named, draw = [f"{ground.name} {seed}" for seed in seeds], partial(_draw_ground, ground, hands)
            yield Part(ground.name, ground if ground.mode else None, texts, named, isolated, draw)
        for kind in {} if factors else _KINDS:
            seeds = list(range(_empty_count(count)))
            isolated = pool.isolate(partial(_isolate_kind, kind, find=find), seeds, progress.add)
            named = [f"{kind} {seed}" for seed in seeds]
            yield Part(kind, None, [NOTHING] * len(seeds), named, isolated, partial(_draw_kind, kind))


def drawn_glyphs(mnist: Mnist, digits: NDArray[np.intp], cells: Sequence[grid.Cell]) -> Iterator[NDArray[np.uint8]]:
    """Draws these training pictures in this process: each cell's glyphs, uint8 [N, 28, 28], blank if none is found."""
    known = list(zip(digits.tolist(), _trace(list(mnist.train_images[digits])), strict=True))
    for cell in cells:
        yield _pixels(_isolate_cell(cell, known))


def glyphs_without_digit(kind: str, count: int) -> NDArray[np.uint8]:
    """The glyphs found in pictures of this kind, which hold no digit; blank if none is found."""
    return _pixels(_isolate_kind(kind, list(range(count))))


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

    def isolate(
        self, make: Callable[[list[T]], list[Isolated]], items: list[T], add: Callable[[int], None]
    ) -> list[Isolated]:
        made = []
        for chunk in self.map(make, _chunks(items)):
            made += chunk
            add(len(chunk))
        return made


def _chosen(factors: Sequence[str] | None) -> list[grid.Cell]:
    return [cell for cell in grid.cells() if cell is grid.PLAIN or not factors or cell.factor in factors]


def _grounds(factors: Sequence[str] | None) -> list[composed.Ground]:
    return composed.grounds() if not factors or composed.FACTOR in factors else []


def _empty_count(count: int) -> int:
    return max(1, count // EMPTY_SHARE)


def _chunks(items: list[T]) -> list[list[T]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]


def _trace(glyphs: list[NDArray[np.uint8]]) -> list[list[Points]]:
    return [trace(glyph) for glyph in glyphs]


def _draw_known(cell: grid.Cell, known: list[tuple[int, list[Points]]], index: int) -> Picture:
    digit, paths = known[index]
    return grid.draw(paths, cell.look, grid.seed_of(cell, digit))


def _draw_ground(ground: composed.Ground, hands: Hands, seed: int) -> Picture:
    return composed.photo(ground, seed, hands).picture


def _draw_kind(kind: str, seed: int) -> Picture:
    return _KINDS[kind](np.random.default_rng([grid.SEED, list(_KINDS).index(kind), seed]))


def _isolate_cell(
    cell: grid.Cell, known: list[tuple[int, list[Points]]], *, find: FindWriting | None = None
) -> list[Isolated]:
    return [_isolated(_draw_known(cell, known, index), "digit", find) for index in range(len(known))]


def _isolate_ground(
    ground: composed.Ground, hands: Hands, seeds: list[int], *, find: FindWriting | None = None
) -> list[Isolated]:
    return [_isolated(_draw_ground(ground, hands, seed), ground.mode or "digit", find) for seed in seeds]


def _isolate_kind(kind: str, seeds: list[int], *, find: FindWriting | None = None) -> list[Isolated]:
    return [_isolated(_draw_kind(kind, seed), "digit", find) for seed in seeds]


def _isolated(picture: Picture, mode: Mode, find: FindWriting | None) -> Isolated:
    """Re-encodes and isolates the picture, as the site does with an upload."""
    return isolate(decoding.decode(decoding.keep(picture).data), mode, find=find)


def _pixels(isolated: Sequence[Isolated]) -> NDArray[np.uint8]:
    """Each picture's most plausible glyph: uint8 [N, 28, 28], blank if there is none."""
    blank = np.zeros((28, 28), dtype=np.uint8)
    return np.stack([each.glyphs[0].pixels if each.glyphs else blank for each in isolated])
