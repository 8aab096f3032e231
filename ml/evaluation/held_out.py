"""The held-out glyphs that networks are compared on, made from MNIST digits that no network was trained on."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml import glyphs
from ml.atomic_files import made_once
from ml.evaluation import grid, robustness
from ml.network.classes import NOT_A_DIGIT
from ml.progress import ReportProgress
from ml.sources import non_digits
from ml.sources.mnist import Mnist
from ml.sources.mnist_as_served import as_served

CHUNK = 250
SIDE = 140
"""Pixels a side to which a digit is enlarged before it is isolated: half of what `evaluate` uses, to save time."""

GRID_DIGITS = 300
"""Digits in each cell of the small grid."""

HANDS = 5
"""Number of groups of GRID_DIGITS digits. The cells use the groups in turn."""

GRID_CELLS = (
    "pen width: 3 px",
    "pen width: 30 px",
    "digit height: 18%",
    "place: anywhere, small",
    "colours: yellow on white",
    "colours: any two",
    "aspect: 2:1",
    "strokes: dashed",
    "turn: -10°",
    "turn: +10°",
    "noise: σ 8",
    "paper: grain",
    "ruling: lined",
    "JPEG: quality 10",
    "resolution: 64 px",
)
"""One or two cells of each factor of the full grid (`ml.evaluation.grid`), to save time."""

SCRIBBLES = 200
"""Number of letters, shapes and scribbles. A network must not be sure of any."""


@dataclass(frozen=True)
class LabelledGlyphs:
    """`pixels`: uint8 [N, 28, 28]. `labels`: int64 [N], 0 to 9, or 10 for "not a digit". `names`: each glyph's name."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: list[str]

    def __len__(self) -> int:
        """Number of glyphs."""
        return len(self.labels)


@dataclass(frozen=True)
class HeldOut:
    """The glyphs that a candidate network is judged on.

    Three sets decide: `holdout`, 5,000 pictures withheld from training, isolated as the site isolates an upload;
    `grid`, 1,500 of them redrawn, each in three of fifteen ways and named "cell #digit"; and `scribbles`. `test`,
    MNIST's 10,000 test pictures unchanged, is only reported. `calibration`, 3,000 more training pictures, fits a
    candidate's temperature.
    """

    holdout: LabelledGlyphs
    grid: LabelledGlyphs
    scribbles: LabelledGlyphs
    test: LabelledGlyphs
    calibration: LabelledGlyphs


def held_out(mnist: Mnist, cache: Path, *, report: ReportProgress | None = None) -> HeldOut:
    """Draws and isolates the glyphs once per version of the preprocessing, then reads them from `cache`."""
    kept = _Kept(cache, mnist, report or (lambda *_: None))
    rows, further = mnist.holdout_indices, mnist.validation_indices
    return HeldOut(
        holdout=_mnist(kept.served("held-out", rows), mnist.train_labels[rows], "MNIST train", rows),
        grid=kept.grid(),
        scribbles=kept.scribbles(),
        test=_mnist(mnist.test_images, mnist.test_labels, "MNIST test", np.arange(len(mnist.test_labels))),
        calibration=_mnist(kept.served("calibration", further), mnist.train_labels[further], "MNIST train", further),
    )


def cell_of(name: str) -> str:
    """The grid cell of a glyph with this name."""
    return name.rpartition(" #")[0]


def _mnist(
    pixels: NDArray[np.uint8], labels: NDArray[np.uint8], source: str, rows: NDArray[np.integer]
) -> LabelledGlyphs:
    return LabelledGlyphs(pixels, labels.astype(np.int64), [f"{source} {row}" for row in rows])


class _Kept:
    """Held-out glyphs from the cache; makes the missing ones."""

    def __init__(self, cache: Path, mnist: Mnist, report: ReportProgress) -> None:
        self._cache = cache
        self._mnist = mnist
        self._report = report

    def served(self, name: str, rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        """These training pictures as the site isolates them."""

        def make() -> Iterator[tuple[NDArray[np.uint8], int]]:
            for start in range(0, len(rows), CHUNK):
                yield as_served(self._mnist.train_images[rows[start : start + CHUNK]], SIDE), CHUNK

        return self._load(name, [len(rows), SIDE], len(rows), make)

    def grid(self) -> LabelledGlyphs:
        every = {f"{cell.factor}: {cell.name}": cell for cell in grid.cells()}
        # Cells take groups in turn: with the same digits in every cell, one misread digit would count fifteen times.
        hands = np.array_split(grid.choose_digits(self._mnist, HANDS * GRID_DIGITS), HANDS)
        drawn = [(name, digits) for hand, digits in enumerate(hands) for name in GRID_CELLS[hand::HANDS]]
        names = [f"{name} #{digit}" for name, digits in drawn for digit in digits]
        labels = self._mnist.train_labels[np.concatenate([digits for _, digits in drawn])]

        def make() -> Iterator[tuple[NDArray[np.uint8], int]]:
            for hand, digits in enumerate(hands):
                cells = [every[name] for name in GRID_CELLS[hand::HANDS]]
                for pixels in robustness.drawn_glyphs(self._mnist, digits, cells):
                    yield pixels, len(pixels)

        pixels = self._load("small-grid", [*GRID_CELLS, HANDS, len(names)], len(names), make)
        return LabelledGlyphs(pixels, labels.astype(np.int64), names)

    def scribbles(self) -> LabelledGlyphs:
        [kind] = [name for name, make in non_digits.NEVER_SURE.items() if make is non_digits.scribble]

        def make() -> Iterator[tuple[NDArray[np.uint8], int]]:
            yield robustness.glyphs_without_digit(kind, SCRIBBLES), SCRIBBLES

        pixels = self._load("scribbles", [SCRIBBLES], SCRIBBLES, make)
        found = pixels[pixels.any(axis=(1, 2))]
        return LabelledGlyphs(
            found, np.full(len(found), NOT_A_DIGIT), [f"scribble {index}" for index in range(len(found))]
        )

    def _load(
        self, name: str, key: list[str | int], count: int, make: Callable[[], Iterator[tuple[NDArray[np.uint8], int]]]
    ) -> NDArray[np.uint8]:
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]
        file = self._cache / f"{name}-v{glyphs.VERSION}-{digest}.npz"
        with made_once(file) as part:
            if part:
                parts, done = [], 0
                for pixels, more in make():
                    parts.append(pixels)
                    done = min(count, done + more)
                    self._report(f"drawing and isolating: {name.replace('-', ' ')}", done, count)
                np.savez_compressed(part, pixels=np.concatenate(parts))
        with np.load(file, allow_pickle=False) as kept:
            return np.asarray(kept["pixels"])
