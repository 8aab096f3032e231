"""Finds the ink of an RGB picture: each pixel's contrast to the background, and the thresholds for it.

Ink is whatever differs from the background, so dark on light and light on dark need no separate rules.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ml.glyphs.background import bounding_slices, contrast_to_background
from ml.glyphs.thresholds import (
    LEAST_CONTRAST,
    WEAK_SHARE,
    find_ruling,
    noise_level,
    otsu_threshold,
    weak_threshold,
)
from ml.pictures.picture import Picture, Plane, shrink

NOISE_MULTIPLE = 4.0
"""Ink stands out from the paper by at least this many standard deviations of the noise."""

DRAWN_STRONG, DRAWN_WEAK = 127, round(255 * WEAK_SHARE)
"""The strong and the weak threshold for ink that was rendered, with levels from 0 to 255."""

RULING_MULTIPLE = 1.15
CLEAR_OF_RULING = 1.5
LEAST_INK = 0.001
"""On ruled paper, ink has at least RULING_MULTIPLE times the contrast of the printed lines, and a share of at least
LEAST_INK of the pixels has CLEAR_OF_RULING times that contrast.
"""


@dataclass(frozen=True)
class Ink:
    """The ink of a picture, cropped to the pixels that stand out.

    `contrast`: uint8 [h, w], colour distance to the background. `strong` and `weak`: hysteresis thresholds of the
    contrast. `paper`: contrast that counts as paper; above 0 on textured paper. `left` and `top`: the crop's corner in
    the working picture; `height` and `width`: the working picture's size. `factor`: picture pixels per working pixel.
    `outset`: working pixels by which the writing extends beyond this ink on each side.
    """

    contrast: Plane
    strong: int
    weak: int
    paper: float
    left: float
    top: float
    height: int
    width: int
    factor: float
    outset: float = 0.0


def find_ink(picture: Picture) -> Ink | None:
    """The ink of a uint8 [H, W, 3] picture; None if nothing stands out. Raises ValueError for any other array."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise ValueError(f"a picture is uint8 [H, W, 3], not {picture.dtype} {picture.shape}")
    working, factor = shrink(picture)
    contrast, left, top = contrast_to_background(working)
    outside = working.shape[0] * working.shape[1] - contrast.size
    # If most of the picture has exactly the paper's colour, the crop's median step says nothing about noise.
    noise = noise_level(contrast) if outside < contrast.size else 0.0
    if noise > 2.0:
        contrast = _smooth(contrast)
    strong, paper, ink = otsu_threshold(contrast, outside)
    if ink - paper < max(LEAST_CONTRAST, NOISE_MULTIPLE * noise):
        return None
    if outside and noise <= 2.0:
        # On clean paper, contrast below the threshold is the strokes' own anti-aliased edge.
        weak, paper = round(WEAK_SHARE * ink), 0.0
    else:
        weak = weak_threshold(contrast, strong, paper, ink)
        paper = min(paper, weak)
    ruling = find_ruling(contrast, working)
    if ruling:
        if np.count_nonzero(contrast > CLEAR_OF_RULING * ruling) < LEAST_INK * contrast.size:
            return None
        level = RULING_MULTIPLE * ruling
        inky = np.where(contrast > level, contrast, np.uint8(0))
        strong = max(strong, round(level), otsu_threshold(inky)[0])
        weak, paper = max(weak, round(level)), max(paper, level)
    rows, columns = bounding_slices(contrast > weak)
    cropped = contrast[rows, columns]
    height, width = working.shape[:2]
    return Ink(cropped, strong, weak, paper, left + columns.start, top + rows.start, height, width, factor)


def _smooth(contrast: Plane) -> Plane:
    side = max(contrast.shape)
    sigma = min(1.5, max(min(1.0, side / 100), side / 200))
    smoothed: Plane = ndimage.gaussian_filter(contrast, sigma)
    return smoothed
