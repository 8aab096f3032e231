"""From an RGB picture to its ink: how far each pixel stands out from the paper around it.

Polarity needs no rule of its own: ink is whatever differs from the background, dark on bright or bright on dark.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Picture = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""

Plane = NDArray[np.uint8]
"""uint8 [H, W]: 0 is paper, 255 the strongest ink."""

WORKING_SIDE = 1024
"""Longer pictures are averaged down below this many pixels before anything else."""

EVEN_TOLERANCE = 16
EVEN_SHARE = 0.7
LEAST_CONTRAST = 18.0
NOISE_MULTIPLE = 4.0
WEAK_SHARE = 0.22
EDGE_SHARE = 0.4
THUMBNAIL = 48


@dataclass(frozen=True)
class Ink:
    """The ink of a picture, cropped to what stands out.

    `contrast`: uint8 [h, w], colour distance to the background. `strong` and `weak`: the two hysteresis
    thresholds on it. `paper`: its mean on the paper, above 0 where there is noise. `left`, `top`: the crop's corner
    in the working picture. `factor`: picture pixels per working pixel.
    """

    contrast: Plane
    strong: int
    weak: int
    paper: float
    left: int
    top: int
    factor: int


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
        paper = 0.0
    weak = round(paper + WEAK_SHARE * (ink - paper))
    rows, columns = _extent(contrast > weak)
    return Ink(contrast[rows, columns], strong, weak, paper, left + columns.start, top + rows.start, factor)


def shrink(picture: Picture, limit: int = WORKING_SIDE) -> tuple[Picture, int]:
    """The picture averaged over squares of `factor` pixels so that no side passes `limit`, and that factor."""
    factor = -(-max(picture.shape[:2]) // limit)
    if factor <= 1:
        return picture, 1
    return np.asarray(Image.fromarray(picture).reduce(factor)), factor


def contrast_to_background(picture: Picture) -> tuple[Plane, int, int]:
    """Largest channel difference of each pixel to the background, uint8 [h, w]; left and top of the part it is of.

    The background is the border's median colour, and the part what isn't exactly that; or, where the border isn't
    even, a median-filtered thumbnail, and the part everything.
    """
    border = _border(picture)
    colour = np.median(border, axis=0).astype(np.uint8)
    if (_distance(border, colour) <= EVEN_TOLERANCE).mean() < EVEN_SHARE:
        return _distance(picture, local_background(picture)), 0, 0
    height, width = picture.shape[:2]
    other = picture.reshape(height, width * 3) != np.tile(colour, width)
    rows, columns = _extent(other)
    part = slice(columns.start // 3, -(-columns.stop // 3))
    return _distance(picture[rows, part], colour), part.start, rows.start


def local_background(picture: Picture) -> Picture:
    """The paper's colour at each pixel: the picture's thumbnail, median-filtered and brought back to full size."""
    height, width = picture.shape[:2]
    scale = THUMBNAIL / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))
    reach = min(THUMBNAIL // 4, *(side - 1 for side in small.shape[:2]))
    # Mirrored through the edge's value, so that a slope continues past the border instead of folding back.
    margins = ((reach, reach), (reach, reach), (0, 0))
    padded = np.pad(small.astype(np.int16), margins, mode="reflect", reflect_type="odd")
    filtered = ndimage.median_filter(padded, size=(2 * reach + 1, 2 * reach + 1, 1))
    inner = np.clip(filtered[reach:-reach, reach:-reach], 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(inner).resize((width, height), Image.Resampling.BICUBIC))


def noise_level(contrast: Plane) -> float:
    """Standard deviation of the pixel noise, from the median step between neighbours (0 on a clean drawing)."""
    lines = contrast[:: max(1, contrast.shape[0] // 64)].astype(np.int16)
    if lines.shape[1] < 2:
        return 0.0
    return float(np.median(np.abs(np.diff(lines, axis=1)))) / 0.954


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


def _has_edges(contrast: Plane, separation: float) -> bool:
    """Whether the contrast rises within a 64th of the picture as only a stroke's does, not a shade's."""
    step = max(2, max(contrast.shape) // 64)
    values = contrast.astype(np.int16)
    steepest = max(
        int(np.abs(values[step:] - values[:-step]).max(initial=0)),
        int(np.abs(values[:, step:] - values[:, :-step]).max(initial=0)),
    )
    return steepest >= EDGE_SHARE * separation


def _extent(flags: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and the columns between which all true values lie; empty slices where there are none."""
    rows, columns = np.flatnonzero(flags.any(axis=1)), np.flatnonzero(flags.any(axis=0))
    if len(rows) == 0:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _border(picture: Picture) -> Picture:
    return np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))


def _distance(picture: Picture, colour: Picture) -> Plane:
    largest: Plane | None = None
    for channel in range(3):
        # Contiguous planes: NumPy is several times slower along an axis of three.
        plane = np.ascontiguousarray(picture[..., channel])
        ground = colour[..., channel]
        apart: Plane = np.maximum(plane, ground) - np.minimum(plane, ground)
        largest = apart if largest is None else np.maximum(largest, apart)
    assert largest is not None
    return largest


def _smooth(contrast: Plane) -> Plane:
    sigma = min(1.5, max(contrast.shape) / 200)
    smoothed: Plane = ndimage.gaussian_filter(contrast, sigma)
    return smoothed
