"""Thresholds on the contrast to the background: what is ink, and what is the paper's noise, pattern and ruling."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.arrays import Picture, Plane

LEAST_CONTRAST = 18.0
"""Levels by which ink stands out from its paper, at least."""

LEAST_LINES = 3
LINE_PERCENTILE = 80

WEAK_SHARE = 0.22
TEXTURE_MULTIPLE = 2.5
"""A stroke's faint parts have at least this share of its contrast, and stand out by at least so many standard
deviations of the paper's own (its pattern, its noise).
"""


def otsu_threshold(plane: Plane, zeros: int = 0) -> tuple[int, float, float]:
    """Otsu's threshold (values above it are ink) and the means of the two classes, equal where there is but one.

    `zeros`: pixels of value 0 to count beside the plane's.
    """
    counts = np.array(Image.fromarray(plane).histogram(), dtype=np.float64) if plane.size else np.zeros(256)
    counts[0] += zeros
    levels = np.arange(256)
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        low_mean = sums / below
        high_mean = (sums[-1] - sums) / above
        between = below * above * (high_mean - low_mean) ** 2
    between = np.nan_to_num(between, nan=0.0)
    # A clean drawing has a plateau of equal maxima between paper and ink: its middle is the fair threshold.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    threshold = int(best.mean())
    if above[threshold] == 0 or below[threshold] == 0:
        return threshold, 0.0, 0.0
    return threshold, float(low_mean[threshold]), float(high_mean[threshold])


def weak_threshold(contrast: Plane, strong: int, paper: float, ink: float) -> int:
    """What a stroke's faint parts exceed and the paper's texture doesn't, from Otsu's threshold and means."""
    return min(strong, round(paper + max(WEAK_SHARE * (ink - paper), TEXTURE_MULTIPLE * texture(contrast, strong))))


def noise_level(contrast: Plane) -> float:
    """Standard deviation of the pixel noise, from the median step between neighbours (0 on a clean drawing)."""
    lines = contrast[:: max(1, contrast.shape[0] // 64)].astype(np.int16)
    if lines.shape[1] < 2:
        return 0.0
    return float(np.median(np.abs(np.diff(lines, axis=1)))) / 0.954


def find_ruling(contrast: Plane, picture: Picture) -> float:
    """The contrast that all but the strongest lines have which leave the picture on opposite sides, as those of lined
    and squared paper do; 0 for fewer than LEAST_LINES.

    Of two opposite sides the fainter one counts: writing that runs off the picture seldom does on both.
    """
    level = 0.0
    sides = ((contrast[0], contrast[-1]), (contrast[:, 0], contrast[:, -1]))
    for axis, pair in enumerate(sides):
        if contrast.shape[axis] < picture.shape[axis]:
            continue
        peaks = [_peaks(side) for side in pair]
        if min(len(side) for side in peaks) >= LEAST_LINES:
            level = max(level, min(float(np.percentile(side, LINE_PERCENTILE)) for side in peaks))
    return level


def _peaks(side: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The strongest contrast in each run of pixels that stand out, along one side; none where most of it does."""
    crossed = side > LEAST_CONTRAST
    if 2 * np.count_nonzero(crossed) > len(side):
        return side[:0]
    starts = np.flatnonzero(np.diff(crossed.astype(np.int8), prepend=0) > 0)
    return np.maximum.reduceat(np.where(crossed, side, np.uint8(0)), starts) if len(starts) else side[:0]


def texture(contrast: Plane, strong: int) -> float:
    """Standard deviation of the paper's contrast."""
    counts = np.array(Image.fromarray(contrast).histogram()[: strong + 1], dtype=np.float64)
    levels = np.arange(strong + 1)
    total = max(counts.sum(), 1.0)
    mean = counts @ levels / total
    return float(np.sqrt(counts @ (levels - mean) ** 2 / total))
