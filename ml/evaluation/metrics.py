"""Figures that mean something: intervals, calibration, paired comparison, and MNIST by the way that serves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import special

from ml.evaluation.intervals import wilson
from ml.isolation import isolate
from ml.pictures.arrays import Picture

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Accuracy:
    """`right` of `count`; `low` and `high` bound the share with 95% confidence."""

    right: int
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedTest:
    """Two readers on the same glyphs.

    `gained`: wrong by a, right by b. `lost` (negative flips): right by a, wrong by b. `p_worse`: chance of so many
    losses, or more, if b were as good as a; `p_better`: of so many gains; `p_two_sided`.
    """

    gained: int
    lost: int
    p_worse: float
    p_better: float
    p_two_sided: float


def accuracy(right: Flags, level: float = 0.95) -> Accuracy:
    """Share of `right` with its Wilson score interval (Wilson, 1927). Raises ValueError for none."""
    count, hits = len(right), int(np.sum(right))
    if count == 0:
        raise ValueError("no glyphs to measure on")
    low, high = wilson(hits, count, level)
    return Accuracy(hits, count, hits / count, low, high)


def confusion(labels: NDArray[np.integer], read: NDArray[np.integer], classes: int = 10) -> NDArray[np.int64]:
    """int64 [classes, classes]: how often row was read as column."""
    pairs = np.asarray(labels, dtype=np.int64) * classes + np.asarray(read, dtype=np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def calibration_error(confidence: NDArray[np.floating], right: Flags, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al., 2015) over equally wide bins of confidence, in [0, 1]."""
    place = np.minimum((np.asarray(confidence, dtype=np.float64) * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=np.asarray(right, dtype=np.float64) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(right))


def calibration_error_by_chance(confidence: NDArray[np.floating], bins: int = 15, tries: int = 200) -> float:
    """The calibration error that a perfectly calibrated reader of these confidences has in the mean: with few pictures
    it is far from 0 (Nixon et al., 2019). The same confidences give the same figure.
    """
    wide = np.asarray(confidence, dtype=np.float64)
    rng = np.random.default_rng(0)
    return float(np.mean([calibration_error(wide, rng.random(len(wide)) < wide, bins) for _ in range(tries)]))


def paired_test(a_right: Flags, b_right: Flags) -> PairedTest:
    """McNemar's exact test: the glyphs that only one of the two reads rightly are tosses of a fair coin."""
    gained = int(np.sum(~a_right & b_right))
    lost = int(np.sum(a_right & ~b_right))
    tosses = gained + lost
    return PairedTest(
        gained,
        lost,
        p_worse=float(special.bdtrc(lost - 1, tosses, 0.5)),
        p_better=float(special.bdtrc(gained - 1, tosses, 0.5)),
        p_two_sided=min(1.0, 2 * float(special.bdtr(min(gained, lost), tosses, 0.5))),
    )


def paired_difference(a_right: Flags, b_right: Flags, level: float = 0.95) -> tuple[float, float, float]:
    """How much more of the same glyphs b reads rightly than a, and the bounds of that difference.

    The bounds are Agresti and Min's (2005, Statistics in Medicine 24:729): Wald's after half a pair is added to each of
    the four outcomes.
    """
    gained, lost = int(np.sum(~a_right & b_right)), int(np.sum(a_right & ~b_right))
    count = len(a_right)
    z = float(special.ndtri(0.5 + level / 2))
    middle = (gained - lost) / (count + 2)
    half = z * float(np.sqrt(gained + lost + 1 - (gained - lost) ** 2 / (count + 2))) / (count + 2)
    return (gained - lost) / count, max(-1.0, middle - half), min(1.0, middle + half)


def negative_flips(a_right: Flags, b_right: Flags) -> NDArray[np.intp]:
    """Indices of what a read rightly and b no longer does."""
    return np.flatnonzero(a_right & ~b_right)


def enlarge(image: NDArray[np.uint8], size: int = 280) -> Picture:
    """A uint8 [28, 28] glyph, 255 ink, as a black-on-white RGB picture of `size` pixels a side."""
    big = Image.fromarray(255 - image).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(big.convert("RGB"))


def as_served(images: NDArray[np.uint8], size: int = 280) -> NDArray[np.uint8]:
    """uint8 [N, 28, 28] glyphs enlarged to pictures and isolated again; where nothing is found, paper."""
    glyphs = np.zeros((len(images), 28, 28), dtype=np.uint8)
    for index, image in enumerate(images):
        for glyph in isolate(enlarge(image, size), "digit"):
            glyphs[index] = glyph.pixels
    return glyphs
