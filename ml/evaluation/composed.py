"""The grid's composed photographs: a digit on each kind of ground, numbers on some, and grounds with nothing on them.

The digits are of MNIST's held-out pictures and of the stroke generator, by seeds that no training uses.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.evaluation import grid
from ml.isolation import Mode
from ml.sources.mnist import Mnist
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.legibility import is_legible
from ml.sources.photos.scene import KINDS, Photo, compose

FACTOR = "ground"

NUMBERS = ("row of boxes", "pattern", "squares")
"""Kinds of ground with numbers, too."""

EMPTY = "empty grounds"
"""The name of the grounds with nothing on them."""

SHARE = 10
"""A ground gets one photo per this many digits of a cell."""

MNIST_DIGITS = 1000
"""Number of MNIST's held-out pictures that are copied to the photos."""

CROSSED = 127
"""Coverage, of 255, of a point by a digit and a sign at once."""


@dataclass(frozen=True)
class Ground:
    """Photos of one kind of ground. `mode`: what is written on it; None: nothing, and `kind` is "" for all kinds."""

    kind: str
    mode: Mode | None

    @property
    def name(self) -> str:
        """The name for display."""
        return EMPTY if self.mode is None else f"{FACTOR}: {self.kind}" + (", number" if self.mode == "number" else "")


def grounds() -> list[Ground]:
    """All of them, those with nothing on them last."""
    return [
        *(Ground(kind, "digit") for kind in KINDS),
        *(Ground(kind, "number") for kind in NUMBERS),
        Ground("", None),
    ]


def size(ground: Ground, count: int) -> int:
    """Number of photos beside cells of `count` digits."""
    each = max(1, count // SHARE)
    return each if ground.mode else len(KINDS) * max(1, each // SHARE)


def hands(mnist: Mnist) -> Hands:
    """Hands of held-out pictures and of generated strokes; no fonts, because networks are trained on all of them."""
    rows = grid.choose_digits(mnist, MNIST_DIGITS)
    return Hands(mnist.train_images[rows], mnist.train_labels[rows])


def label(ground: Ground, index: int) -> str:
    """What is written on the photo of this index: a digit, two to seven, or nothing."""
    if ground.mode is None:
        return ""
    if ground.mode == "digit":
        return str(index % 10)
    rng = _seeded(ground, index)
    return "".join(map(str, rng.integers(0, 10, int(rng.integers(2, 8)))))


def photo(ground: Ground, index: int, of: Hands) -> Photo:
    """The photo of this index, one whose ink can be read, or that has none."""
    rng = _seeded(ground, index)
    kinds = [kind for kind in KINDS if kind != "neighbours"]
    kind = ground.kind or kinds[index % len(kinds)]
    return next(made for made in _composed(of, rng, kind, label(ground, index)) if _suits(made, ground.mode))


def _composed(of: Hands, rng: np.random.Generator, kind: str, text: str) -> Iterator[Photo]:
    while True:
        yield compose(of, rng, kind=kind, text=text, whole=len(text) > 1)


def _suits(made: Photo, mode: Mode | None) -> bool:
    """Whether a person would read the label: all of it is on the photo, no sign crosses it, and it stands out."""
    if mode is None:
        return not made.writing.any()
    meant = made.writing if mode == "number" else made.digit
    cut = meant[[0, -1]].any() or meant[:, [0, -1]].any()
    crossed = (np.minimum(made.signs, made.writing) > CROSSED).any()
    return not cut and not crossed and is_legible(made.picture, meant, len(made.text))


def _seeded(ground: Ground, index: int) -> np.random.Generator:
    return np.random.default_rng([grid.SEED, zlib.crc32(ground.name.encode()), index])
