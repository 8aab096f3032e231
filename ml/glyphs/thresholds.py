"""Thresholds that separate ink from the paper's noise, texture and printed lines by their contrast."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.picture import Picture, Plane

LEAST_CONTRAST = 18.0
"""Levels by which ink must stand out from the paper."""

LEAST_LINES = 3
"""Paper is ruled if at least this many lines leave the picture on two opposite sides."""

LINE_PERCENTILE = 80
"""The ruling's contrast is this percentile of its lines' contrasts."""

WEAK_SHARE = 0.22
TEXTURE_MULTIPLE = 2.5
"""The faint parts of a stroke have at least WEAK_SHARE of its contrast, and exceed the paper's mean by at least
TEXTURE_MULTIPLE standard deviations of the paper's texture.
"""


def otsu_threshold(plane: Plane, zeros: int = 0) -> tuple[int, float, float]:
    """Otsu's threshold (values above it are ink) and the means of both classes; equal means if there is only one.

    `zeros`: number of additional pixels with value 0.
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
    # A clean drawing has a plateau of maxima between paper and ink: take its middle.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    threshold = int(best.mean())
    if above[threshold] == 0 or below[threshold] == 0:
        return threshold, 0.0, 0.0
    return threshold, float(low_mean[threshold]), float(high_mean[threshold])


def weak_threshold(contrast: Plane, strong: int, paper: float, ink: float) -> int:
    """The lower hysteresis threshold: above the paper's texture, below a stroke's faint parts."""
    return min(strong, round(paper + max(WEAK_SHARE * (ink - paper), TEXTURE_MULTIPLE * texture(contrast, strong))))


def noise_level(contrast: Plane) -> float:
    """Standard deviation of the pixel noise, from the median difference of neighbours; 0 on a clean drawing."""
    lines = contrast[:: max(1, contrast.shape[0] // 64)].astype(np.int16)
    if lines.shape[1] < 2:
        return 0.0
    return float(np.median(np.abs(np.diff(lines, axis=1)))) / 0.954


def find_ruling(contrast: Plane, picture: Picture) -> float:
    """The contrast of the printed lines of lined or squared paper; 0 if the paper is not ruled.

    Printed lines leave the picture on two opposite sides. The fainter side counts, because writing rarely runs off the
    picture on both.
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
    """The maximum of each run of pixels that stand out along one side; none if most pixels do."""
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
