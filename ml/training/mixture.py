"""The data for training, validating and calibrating the bundled network: MNIST, and what MNIST lacks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml.network.classes import NOT_A_DIGIT
from ml.progress import ReportProgress
from ml.sources.fonts import FontsUnavailable
from ml.sources.mnist import Mnist
from ml.training import data
from ml.training.config import TrainingSet
from ml.training.data import Glyphs, Labels
from ml.training.missegmented import number_pieces, scanned_pieces
from ml.training.photographed import photo_pieces
from ml.training.recombination import recombined_digits

GENERATED = 30_000
FONT_DIGITS = 20_000
RECOMBINED = 10_000
NUMBER_PIECES = 24_000
SCANNED_PIECES = 60_000
NON_DIGITS = 12_000
FONT_LETTERS = 12_000
PHOTOS = 12_000
"""Numbers of glyphs of each kind (PHOTOS: of photos), beside MNIST's 52,000 three times: raw, as served, and distorted
before serving.
"""

_VALIDATION_SEED = 1_000_000

Part = tuple[Glyphs, Labels]


def assemble(
    mnist: Mnist, cache: Path, *, outputs: int = 11, seed: int = 0, report: ReportProgress | None = None
) -> TrainingSet:
    """All data for training a network from scratch, with one-hot targets. Without non-digits for 10 outputs.

    Marks labels as `doubted` in kinds with known label errors: MNIST (about one in seven hundred), and pieces of cut
    numbers, which may happen to look like a digit. If the handwriting fonts are unavailable, leaves them out and prints
    a warning.
    """
    rows = mnist.fit_indices
    labels = mnist.train_labels[rows]
    parts: list[Part] = [
        (mnist.train_images[rows], labels),
        (data.isolated_mnist(mnist, cache, report)[rows], labels),
        (data.distorted_mnist(mnist, seed, cache, report), labels),
        data.generated_digits(GENERATED, seed, cache, report),
        recombined_digits(mnist, RECOMBINED, seed, cache, report),
        _pieces(number_pieces(NUMBER_PIECES, seed, mnist, cache, report)),
        _others(data.generated_non_digits(NON_DIGITS, seed, cache, report)),
        *_fonts(FONT_DIGITS, FONT_LETTERS, seed, cache, report),
        _pieces(scanned_pieces(SCANNED_PIECES, seed, mnist, cache, report)),
        _pieces(photo_pieces(PHOTOS, seed, cache, report)),
    ]
    joined = _joined(parts, outputs)
    doubted = np.argmax(joined.targets, axis=1) == NOT_A_DIGIT
    doubted[: 3 * len(rows)] = True
    return replace(joined, doubted=doubted)


def validation_set(
    mnist: Mnist, cache: Path, *, outputs: int = 11, report: ReportProgress | None = None
) -> TrainingSet:
    """The validation set, with one-hot targets: MNIST's validation pictures as served, new glyphs of other kinds."""
    rows = mnist.validation_indices
    parts: list[Part] = [
        (data.isolated_mnist(mnist, cache, report)[rows], mnist.train_labels[rows]),
        data.generated_digits(1_000, _VALIDATION_SEED, cache, report),
        _others(data.generated_non_digits(500, _VALIDATION_SEED, cache, report)),
        *_fonts(1_000, 500, _VALIDATION_SEED, cache, report),
    ]
    return _joined(parts, outputs)


def _fonts(digits: int, letters: int, seed: int, cache: Path, report: ReportProgress | None) -> list[Part]:
    try:
        return [
            data.font_digits(digits, seed, cache, report),
            _others(data.font_letters(letters, seed, cache, report)),
        ]
    except FontsUnavailable as error:
        tqdm.write(f"Training continues without handwriting fonts. {error}")
        return []


def _pieces(gathered: tuple[Glyphs, NDArray[np.int64]]) -> Part:
    pixels, targets = gathered
    return pixels, targets.astype(np.uint8)


def _others(pixels: Glyphs) -> Part:
    return pixels, np.full(len(pixels), NOT_A_DIGIT, dtype=np.uint8)


def _joined(parts: list[Part], outputs: int) -> TrainingSet:
    pixels = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    known = labels < outputs
    return data.hard_set(pixels[known], labels[known], outputs)
