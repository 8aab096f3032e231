"""From an RGB picture to its ink: how far each pixel stands out from the paper around it.

Polarity needs no rule of its own: ink is whatever differs from the background, dark on bright or bright on dark.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ml.glyphs.background import contrast_to_background, extent
from ml.glyphs.thresholds import (
    LEAST_CONTRAST,
    WEAK_SHARE,
    find_ruling,
    noise_level,
    otsu_threshold,
    texture,
    weak_threshold,
)
from ml.pictures.arrays import Picture, Plane, shrink

NOISE_MULTIPLE = 4.0
EDGE_SHARE = 0.4
PAPER_MULTIPLE = 0.5
"""What stands out by fewer standard deviations of the paper's contrast is paper also at a stroke's edge."""

DRAWN_STRONG, DRAWN_WEAK = 127, round(255 * WEAK_SHARE)
"""The two thresholds on ink that isn't a picture's but drawn by us, from 0 to 255."""

RULING_MULTIPLE = 1.15
CLEAR_OF_RULING = 1.5
LEAST_INK = 0.001
"""Ink is so many times as strong as the paper's lines, and at least LEAST_INK of the picture clearly so."""


@dataclass(frozen=True)
class Ink:
    """The ink of a picture, cropped to what stands out.

    `contrast`: uint8 [h, w], colour distance to the background. `strong` and `weak`: the two hysteresis
    thresholds on it. `paper`: what is still paper, above 0 where it has a texture. `left`, `top`: the crop's corner
    in the working picture, `height` and `width` that one's size. `factor`: picture pixels per working pixel.
    `outset`: working pixels by which the writing reached further out on each side than this ink of it.
    """

    contrast: Plane
    strong: int
    weak: int
    paper: float
    left: int
    top: int
    height: int
    width: int
    factor: int
    outset: float = 0.0


def find_ink(picture: Picture) -> Ink | None:
    """The ink of a uint8 [H, W, 3] picture, or None where nothing stands out from the paper."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise ValueError(f"a picture is uint8 [H, W, 3], not {picture.dtype} {picture.shape}")
    working, factor = shrink(picture)
    contrast, left, top = contrast_to_background(working)
    outside = working.shape[0] * working.shape[1] - contrast.size
    # Where most of the picture is exactly the paper's colour, the median step between neighbours is 0.
    noise = noise_level(contrast) if outside < contrast.size else 0.0
    if noise > 2.0:
        contrast = _smooth(contrast)
    strong, paper, ink = otsu_threshold(contrast, outside)
    if ink - paper < max(LEAST_CONTRAST, NOISE_MULTIPLE * noise):
        return None
    if outside == 0 and not _has_edges(contrast, ink - paper):
        return None
    if outside and noise <= 2.0:
        # On clean paper what is below the threshold is the strokes' own soft edge.
        weak, paper = round(WEAK_SHARE * ink), 0.0
    else:
        weak = weak_threshold(contrast, strong, paper, ink)
        paper = min(paper + PAPER_MULTIPLE * texture(contrast, strong), weak)
    ruling = find_ruling(contrast, working)
    if ruling:
        if np.count_nonzero(contrast > CLEAR_OF_RULING * ruling) < LEAST_INK * contrast.size:
            return None
        level = RULING_MULTIPLE * ruling
        inky = np.where(contrast > level, contrast, np.uint8(0))
        strong = max(strong, round(level), otsu_threshold(inky)[0])
        weak, paper = max(weak, round(level)), max(paper, level)
    rows, columns = extent(contrast > weak)
    cropped = contrast[rows, columns]
    height, width = working.shape[:2]
    return Ink(cropped, strong, weak, paper, left + columns.start, top + rows.start, height, width, factor)


def _has_edges(contrast: Plane, separation: float) -> bool:
    """Whether the contrast rises within a 64th of the picture as only a stroke's does, not a shade's."""
    step = max(2, max(contrast.shape) // 64)
    values = contrast.astype(np.int16)
    steepest = max(
        int(np.abs(values[step:] - values[:-step]).max(initial=0)),
        int(np.abs(values[:, step:] - values[:, :-step]).max(initial=0)),
    )
    return steepest >= EDGE_SHARE * separation


def _smooth(contrast: Plane) -> Plane:
    side = max(contrast.shape)
    sigma = min(1.5, max(min(1.0, side / 100), side / 200))
    smoothed: Plane = ndimage.gaussian_filter(contrast, sigma)
    return smoothed
