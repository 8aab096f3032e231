"""Random distortions of glyphs, outside the network: affine, elastic, and changes of the pen's width.

NumPy distorts a whole batch at once. 256 glyphs take a few milliseconds, a few hundredths of a training step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.float32]


@dataclass(frozen=True)
class Strength:
    """How far to distort. Each amount is drawn uniformly between minus and plus this value.

    `rotation`: degrees. `shear`: horizontal share. `zoom`: share, per axis. `shift`: pixels. `elastic`: pixels,
    standard deviation at the knots of a coarse grid. `pen`: change of the threshold at the stroke's edge, for the share
    `pen_share` of the glyphs. `sharpen`: largest gain in contrast, against blur from resampling. `plain_share`: share
    of undistorted glyphs. Without those, a network would read distorted glyphs better than the crisper served ones.
    """

    rotation: float = 16.0
    shear: float = 0.2
    zoom: float = 0.12
    shift: float = 1.5
    elastic: float = 0.7
    pen: float = 0.25
    pen_share: float = 0.3
    sharpen: float = 0.8
    plain_share: float = 0.2


KNOTS = 5


def augment(pixels: NDArray[np.uint8], rng: np.random.Generator, strength: Strength = Strength()) -> Batch:
    """float32 [N, 28, 28, 1] in [0, 1] from uint8 [N, 28, 28], each glyph distorted in its own way."""
    plain = pixels.astype(np.float32) / np.float32(255)
    x, y = _sources(len(plain), rng, strength)
    distorted = _sample(_change_pen(plain, rng, strength), x, y)
    gain = 1 + rng.uniform(0, strength.sharpen, (len(plain), 1, 1)).astype(np.float32)
    distorted = np.clip((distorted - 0.5) * gain + 0.5, 0, 1)
    stays = rng.random((len(plain), 1, 1)) < strength.plain_share
    return np.asarray(np.where(stays, plain, distorted), dtype=np.float32)[..., None]


def _sources(count: int, rng: np.random.Generator, strength: Strength) -> tuple[Batch, Batch]:
    """The source x and y of each pixel of the distorted glyphs, each float32 [N, 28, 28]."""

    def draw(reach: float) -> Batch:
        return rng.uniform(-reach, reach, (count, 1, 1)).astype(np.float32)

    angle = draw(np.deg2rad(strength.rotation))
    shear = draw(strength.shear)
    zoom_x, zoom_y = 1 + draw(strength.zoom), 1 + draw(strength.zoom)
    steps = np.arange(28, dtype=np.float32) - 13.5
    across, down = steps[None, None, :], steps[None, :, None]
    cos, sin = np.cos(angle), np.sin(angle)
    x = (cos * across + sin * down) * zoom_x
    y = (cos * down - sin * across) * zoom_y
    x = x + shear * y + 13.5 + draw(strength.shift) + _elastic(count, rng, strength.elastic)
    y = y + 13.5 + draw(strength.shift) + _elastic(count, rng, strength.elastic)
    return x.astype(np.float32), y.astype(np.float32)


def _elastic(count: int, rng: np.random.Generator, deviation: float) -> Batch:
    """Smooth displacements in pixels, float32 [N, 28, 28], interpolated between KNOTS × KNOTS random ones."""
    knots = rng.normal(0, deviation, (count, KNOTS, KNOTS)).astype(np.float32)
    places = np.linspace(0, KNOTS - 1, 28, dtype=np.float32)[:, None]
    weights = np.maximum(0, 1 - np.abs(places - np.arange(KNOTS, dtype=np.float32)))
    # Smoothstep, because linear interpolation would bend sharply at the knots.
    weights = weights * weights * (3 - 2 * weights)
    return np.asarray(weights @ knots @ weights.T, dtype=np.float32)


def _sample(batch: Batch, x: Batch, y: Batch) -> Batch:
    """Bilinear samples of the batch at x, y; outside is paper."""
    padded = np.pad(batch, ((0, 0), (1, 1), (1, 1)))
    x, y = np.clip(x + 1, 0, 28.999), np.clip(y + 1, 0, 28.999)
    left, top = x.astype(np.int32), y.astype(np.int32)
    x, y = x - left, y - top
    index = np.arange(len(batch), dtype=np.int32)[:, None, None] * 900 + top * 30 + left
    flat = padded.ravel()
    upper = flat[index] * (1 - x) + flat[index + 1] * x
    lower = flat[index + 30] * (1 - x) + flat[index + 31] * x
    return np.asarray(upper * (1 - y) + lower * y, dtype=np.float32)


def _change_pen(batch: Batch, rng: np.random.Generator, strength: Strength) -> Batch:
    """Thins or thickens the strokes of some glyphs by moving the threshold of the blurred glyph's edge."""
    chosen = np.flatnonzero(rng.random(len(batch)) < strength.pen_share)
    offset = rng.uniform(-strength.pen, strength.pen, (len(chosen), 1, 1)).astype(np.float32)
    padded = np.pad(batch[chosen], ((0, 0), (1, 1), (1, 1)))
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    blurred = (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 16
    changed = batch.copy()
    changed[chosen] = np.clip((blurred - 0.5 + offset) * 2.5 + 0.5, 0, 1)
    return changed
