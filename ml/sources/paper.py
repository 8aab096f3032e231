"""Effects of paper and light: adds ruling, grain and shading to a picture."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.picture import Picture

RULINGS: dict[str, tuple[float, float, bool, tuple[int, int, int]]] = {
    "lined": (0.11, 1.5, False, (150, 180, 225)),
    "squared": (0.0667, 1.0, True, (175, 200, 230)),
    "grey squares": (0.0667, 1.0, True, (190, 190, 190)),
    "fine": (0.0333, 1.0, True, (200, 215, 230)),
}
"""(distance as a share of the shorter side, width in pixels on a side of 300, whether squared, colour) of the lines."""

SHADINGS = ("slope", "steep slope", "corner", "hand")


def ruled(picture: Picture, ruling: str) -> Picture:
    """The picture on ruled paper: the darker of picture and line in each channel, so that ink stays on top."""
    apart, width, crossing, colour = RULINGS[ruling]
    height, breadth = picture.shape[:2]
    short = min(height, breadth)
    thick = max(1.0, width * short / 300)
    across = _lines(height, apart * short, thick)[:, None]
    down = _lines(breadth, apart * short, thick)[None, :] if crossing else np.zeros((1, breadth), dtype=np.float32)
    shares = np.maximum(across, down)[..., None]
    tinted = 255 - shares * (255 - np.array(colour, dtype=np.float32))
    return np.minimum(picture, np.rint(tinted).astype(np.uint8))


def crumpled(picture: Picture, level: float, rng: np.random.Generator) -> Picture:
    """Adds paper grain: fine noise and soft blotches. `level`: their standard deviation in levels."""
    height, width = picture.shape[:2]
    grain = rng.normal(0, 0.5 * level, (height, width)).astype(np.float32)
    for cells in (12, 40):
        grain += 0.6 * level * _blotches(height, width, cells, rng)
    return _lit(picture, 1 + grain / np.float32(255))


def shaded(picture: Picture, shading: str, rng: np.random.Generator) -> Picture:
    """The picture in uneven light.

    "slope" and "steep slope" darken it from one side to the other, to 70% and 45%. "corner" (a vignette) darkens the
    corners to 55%. "hand" casts the soft shadow of a hand, 60% as bright. Sides and places are random.
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = float(rng.uniform(0, 2 * np.pi))
    along = (np.cos(angle) * x + np.sin(angle) * y) / (abs(np.cos(angle)) + abs(np.sin(angle)))
    if shading in {"slope", "steep slope"}:
        darkest = 0.7 if shading == "slope" else 0.45
        light = 1 - (1 - darkest) * (along + 1) / 2
    elif shading == "corner":
        light = 1 - 0.45 * (x * x + y * y) / 2
    elif shading == "hand":
        edge = float(rng.uniform(-0.4, 0.4)) + 0.25 * np.sin(3 * (np.cos(angle) * y - np.sin(angle) * x))
        light = 1 - 0.4 / (1 + np.exp((edge - along) / 0.08))
    else:
        raise ValueError(f"unknown shading {shading!r}")
    return _lit(picture, light)


def _lines(size: int, apart: float, thick: float) -> NDArray[np.float32]:
    """The share of each pixel that lines cover, float32 [size]."""
    edges = np.arange(size + 1, dtype=np.float64)
    whole, rest = np.divmod(edges - apart / 2, apart)
    covered = whole * thick + np.minimum(rest, thick)
    return np.diff(covered).astype(np.float32)


def _blotches(height: int, width: int, cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    side = max(height, width)
    size = (max(2, round(cells * height / side)), max(2, round(cells * width / side)))
    small = Image.fromarray(rng.normal(0, 1, size).astype(np.float32))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def _lit(picture: Picture, light: NDArray[np.floating]) -> Picture:
    return np.asarray(np.clip(np.rint(picture * light[..., None]), 0, 255), dtype=np.uint8)
