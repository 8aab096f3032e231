"""Training data: MNIST raw and as served, generated strokes, fonts, and non-digits.

"As served" means enlarged or drawn as a picture, and then isolated by the code that isolates the site's pictures.

Isolated and generated glyphs take minutes to make, so they are cached. A cache file's name contains all parameters that
determine its content.
"""

import hashlib
from collections.abc import Callable
from functools import cache as memoised
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from ml import glyphs
from ml.atomic_files import made_once
from ml.isolation import isolate
from ml.pictures.picture import Picture
from ml.pictures.strokes import fit_strokes, render
from ml.progress import ReportProgress
from ml.sources import fonts, generator
from ml.sources.mnist import Mnist
from ml.sources.mnist_as_served import enlarge
from ml.training.augmentation import Strength, augment
from ml.training.config import TrainingSet
from ml.training.processes import spread

Glyphs = NDArray[np.uint8]
Labels = NDArray[np.uint8]

BEFORE_SERVING = Strength(
    rotation=10, shear=0.2, zoom=0.15, shift=0.0, elastic=0.6, pen=0.2, pen_share=0.5, sharpen=0.0, plain_share=0.0
)
"""Distortion of MNIST's pictures before they are isolated."""

_SHARE = 2_000
"""Glyphs that a process makes: in seconds, several times as long as it takes to start."""

_SIDE = 120
_COLOURS = (("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#1a3a8f", "#fffbe6"), ("#3a3a3a", "#8c8c8c"))


def hard_set(pixels: Glyphs, labels: NDArray[np.integer], outputs: int) -> TrainingSet:
    """A training set with one-hot targets, all of weight 1."""
    targets = np.eye(outputs, dtype=np.float32)[labels]
    return TrainingSet(pixels, targets, np.ones(len(pixels), dtype=np.float32), np.zeros(len(pixels), dtype=bool))


def join(*parts: TrainingSet) -> TrainingSet:
    """All parts as one set."""
    return TrainingSet(
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.doubted for part in parts]),
    )


def isolated_mnist(mnist: Mnist, cache: Path, report: ReportProgress | None = None) -> Glyphs:
    """All 60,000 MNIST training pictures as served, in their order."""
    file = cache / f"isolated-v{glyphs.VERSION}.npz"

    def make() -> dict[str, NDArray[Any]]:
        return {"pixels": served(mnist.train_images, report)}

    return cached(file, make)["pixels"]


def distorted_mnist(mnist: Mnist, seed: int, cache: Path, report: ReportProgress | None = None) -> Glyphs:
    """MNIST's pictures of `fit_indices`, distorted and then isolated as served."""
    file = cache / f"distorted-v{glyphs.VERSION}-s{seed}.npz"

    def make() -> dict[str, NDArray[Any]]:
        rng = np.random.default_rng([seed, 3])
        images = augment(mnist.train_images[mnist.fit_indices], rng, BEFORE_SERVING)[..., 0]
        return {"pixels": served(np.rint(images * 255).astype(np.uint8), report)}

    return cached(file, make)["pixels"]


def served(images: Glyphs, report: ReportProgress | None = None) -> Glyphs:
    """MNIST pictures as served, but enlarged to half the size of `mnist_as_served.as_served`, in half the time."""
    return _many(_served, images, "isolating MNIST", report)


def _served(image: Glyphs) -> Glyphs:
    return _only_glyph(enlarge(image, 140))


def served_once(images: Glyphs, cache: Path, report: ReportProgress | None = None) -> Glyphs:
    """`served`, cached under a hash of the pictures."""
    digest = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()[:16]
    file = cache / f"served-v{glyphs.VERSION}-{digest}.npz"

    def make() -> dict[str, NDArray[Any]]:
        return {"pixels": served(images, report)}

    return cached(file, make)["pixels"]


def _in_turn(count: int) -> Labels:
    """0 to 9 in turn, restarting at every 256th, as for the bundled network."""
    return (np.arange(count) % 256 % 10).astype(np.uint8)


def generated_digits(count: int, seed: int, cache: Path, report: ReportProgress | None = None) -> tuple[Glyphs, Labels]:
    """Generated digits as served, and their labels. The digits' counts differ by at most 1%."""
    labels = _in_turn(count)
    file = cache / f"digits-v{glyphs.VERSION}-g{generator.VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        return {"pixels": draw_digits(labels, seed, report)}

    return cached(file, make)["pixels"], labels


def generated_non_digits(count: int, seed: int, cache: Path, report: ReportProgress | None = None) -> Glyphs:
    """Generated scribbles, shapes and letters as served."""
    file = cache / f"others-v{glyphs.VERSION}-g{generator.VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        return {"pixels": draw_non_digits(count, seed, report)}

    return cached(file, make)["pixels"]


def font_digits(count: int, seed: int, cache: Path, report: ReportProgress | None = None) -> tuple[Glyphs, Labels]:
    """Digits of handwriting fonts as served, and their labels. The digits' counts differ by at most 1%.

    Raises FontsUnavailable if neither the cache nor the npm registry has the fonts.
    """
    labels = _in_turn(count)
    file = cache / f"font-digits-v{glyphs.VERSION}-f{fonts.VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        draw = partial(_font_digit, _fetched(cache, report), labels, seed)
        return {"pixels": _many(draw, range(count), "drawing fonts' digits", report)}

    return cached(file, make)["pixels"], labels


def _font_digit(folder: Path, labels: Labels, seed: int, index: int) -> Glyphs:
    rng = np.random.default_rng([seed, index, 2])
    return _only_glyph(paint(_hands(folder).digit(int(labels[index]), rng), rng))


def font_letters(count: int, seed: int, cache: Path, report: ReportProgress | None = None) -> Glyphs:
    """Letters of handwriting fonts that no one reads as digits, as served. Raises FontsUnavailable."""
    file = cache / f"font-letters-v{glyphs.VERSION}-f{fonts.VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        draw = partial(_font_letter, _fetched(cache, report), seed)
        return {"pixels": _many(draw, range(count), "drawing fonts' letters", report)}

    return cached(file, make)["pixels"]


def _font_letter(folder: Path, seed: int, index: int) -> Glyphs:
    rng = np.random.default_rng([seed, index, 3])
    return _only_glyph(paint(_hands(folder).other(rng), rng))


def _fetched(cache: Path, report: ReportProgress | None) -> Path:
    """The folder of the fonts, all of them there."""
    folder = (cache / "fonts").resolve()
    fonts.load(folder, report=report)
    return folder


_hands = memoised(fonts.load)


def paint(coverage: Glyphs, rng: np.random.Generator) -> Picture:
    """A picture, uint8 [H, W, 3], of ink with this coverage, uint8 [H, W], in a random pair of colours."""
    ink, paper = (
        np.array(ImageColor.getrgb(colour), dtype=np.float32) for colour in _COLOURS[int(rng.integers(len(_COLOURS)))]
    )
    share = coverage[..., None].astype(np.float32) / np.float32(255)
    return np.rint(paper + (ink - paper) * share).astype(np.uint8)


def draw_digits(labels: NDArray[np.integer], seed: int, report: ReportProgress | None = None) -> Glyphs:
    """Generates a glyph for each label, 0 to 9, without the cache."""
    return _many(partial(_drawn_digit, labels, seed), range(len(labels)), "drawing digits", report)


def _drawn_digit(labels: NDArray[np.integer], seed: int, index: int) -> Glyphs:
    rng = np.random.default_rng([seed, index])
    return _only_glyph(draw_picture(generator.digit_strokes(int(labels[index]), rng), rng))


def draw_non_digits(count: int, seed: int, report: ReportProgress | None = None) -> Glyphs:
    """Generates glyphs of non-digits, without the cache."""
    return _many(partial(_drawn_non_digit, seed), range(count), "drawing non-digits", report)


def _drawn_non_digit(seed: int, index: int) -> Glyphs:
    rng = np.random.default_rng([seed, index, 1])
    return _only_glyph(draw_picture(generator.non_digit_strokes(rng), rng))


def draw_picture(strokes: list[list[list[float]]], rng: np.random.Generator) -> Picture:
    """Strokes on a square canvas, with a random pen width and a random pair of colours."""
    pen = _SIDE * float(np.exp(rng.uniform(np.log(0.006), np.log(0.18))))
    ink, paper = _COLOURS[int(rng.integers(len(_COLOURS)))]
    fitted = fit_strokes(strokes, width=_SIDE, height=_SIDE, pen=pen, margin=0.06, colour=ink)
    return render(fitted, width=_SIDE, height=_SIDE, background=paper)


def _only_glyph(picture: Picture) -> Glyphs:
    """The glyph isolated in digit mode; blank if there is none."""
    found = isolate(picture, "digit").glyphs
    return found[0].pixels if found else np.zeros((28, 28), dtype=np.uint8)


def _many(make: Callable[[Any], Glyphs], items: Any, what: str, report: ReportProgress | None) -> Glyphs:
    """`make` of every item, uint8 [N, 28, 28], on all cores."""
    made: list[Glyphs] = []
    for share in spread(make, items, _SHARE):
        made += share
        if report:
            report(what, len(made), len(items))
    return np.array(made, dtype=np.uint8).reshape(-1, 28, 28)


def cached(file: Path, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    with made_once(file) as part:
        if part:
            np.savez_compressed(part, allow_pickle=False, **make())
    with np.load(file, allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}
