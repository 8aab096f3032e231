"""Fits the coefficients of `ml.numbers.plausibility`.

    python -m ml.tools.fit_plausibility --cache var/cache

Composes numbers, takes all candidates of their over-segmentation, and fits two logistic models by maximum likelihood:
digits against parts and pairs, and marks against digits. Prints the coefficients to copy to `ml.numbers.plausibility`,
and the area under the ROC curve on held-out candidates. Takes about a minute.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from tqdm import tqdm

from ml.glyphs.components import find_components
from ml.glyphs.ink import find_ink
from ml.network.classes import NOT_A_DIGIT
from ml.numbers.lattice import Candidate, candidates
from ml.numbers.plausibility import Geometry
from ml.sources.composition import Number, compose
from ml.sources.mnist import load_mnist
from ml.training.missegmented import judge

NUMBERS = 4_000
RIDGE = 1e-5
MARKED = 0.8
"""A candidate with at least this share of its ink in the marks is a mark."""

Matrix = NDArray[np.float64]


def main() -> None:
    """Parses the command line, fits and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.tools.fit_plausibility", description="Fits the model of a number's geometry."
    )
    parser.add_argument("--cache", type=Path, required=True, help="cache folder for MNIST")
    parser.add_argument("--seed", type=int, default=3_000_000)
    options = parser.parse_args()
    mnist = load_mnist(cache=options.cache / "mnist")
    images, labels = mnist.train_images[mnist.fit_indices], mnist.train_labels[mnist.fit_indices]
    digits: list[tuple[Geometry, bool]] = []
    marks: list[tuple[Geometry, bool]] = []
    for index in tqdm(range(NUMBERS), desc="composing numbers", disable=None):
        number = compose(np.random.default_rng([options.seed, index]), images, labels)
        ink = find_ink(np.repeat(255 - number.ink[..., None], 3, axis=2))
        if ink is None:
            continue
        for candidate in candidates(find_components(ink)):
            target = judge(candidate, number, round(ink.left), round(ink.top))
            marked = is_mark(candidate, number, round(ink.left), round(ink.top))
            if target is not None and not marked:
                digits.append((candidate.geometry, target != NOT_A_DIGIT))
            if candidate.whole and (marked or target not in {None, NOT_A_DIGIT}):
                marks.append((candidate.geometry, marked))
    for name, rows, features in (
        ("DIGIT", digits, Geometry.digit_features),
        ("STRAY", marks, Geometry.stray_features),
    ):
        print(report(name, rows, features))


def is_mark(candidate: Candidate, number: Number, left: int, top: int) -> bool:
    """Whether a candidate's ink belongs to the number's marks."""
    piece = candidate.region
    rows = slice(piece.top + top, piece.top + top + piece.height)
    columns = slice(piece.left + left, piece.left + left + piece.width)
    mask = piece.ink > 127
    return bool((mask & (number.marks[rows, columns] > 127)).sum() >= MARKED * max(1, mask.sum()))


def report(name: str, rows: list[tuple[Geometry, bool]], features: Callable[[Geometry], Matrix]) -> str:
    """Fits on four fifths, and measures the area under the ROC curve on the rest."""
    x = np.stack([features(geometry) for geometry, _ in rows])
    y = np.array([truth for _, truth in rows])
    held = np.arange(len(y)) >= 0.8 * len(y)
    found = fit(x[~held], y[~held])
    area = roc_area(x[held] @ found, y[held])
    coefficients = ", ".join(f"{value:.1f}" for value in found)
    return f"{name} = ({coefficients})  # of {len(y)}, {y.mean():.0%} true; area under the curve {area:.3f}"


def fit(x: Matrix, y: NDArray[np.bool_]) -> Matrix:
    """Maximum-likelihood coefficients, with a small ridge penalty."""
    signs = np.where(y, 1.0, -1.0)

    def loss(c: Matrix) -> tuple[float, Matrix]:
        margin = signs * (x @ c)
        slope = -signs / (1 + np.exp(margin))
        return float(np.logaddexp(0, -margin).mean() + RIDGE * c @ c), x.T @ slope / len(y) + 2 * RIDGE * c

    return np.asarray(optimize.minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x)


def roc_area(scores: Matrix, truth: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the probability that a true example scores above a false one."""
    ranks = stats.rankdata(scores)
    positives = int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


if __name__ == "__main__":
    main()
