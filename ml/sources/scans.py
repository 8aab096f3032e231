"""Composed numbers as in a bank's scans: small, soft, on patterned paper, in a printed box, as JPEG."""

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ml.pictures.picture import Picture
from ml.sources.composition import HEIGHT, Number, Plane

Levels = NDArray[np.float32]


@dataclass(frozen=True)
class Scan:
    """`picture`: uint8 [H, W, 3]. `number`: its planes, uint8 [H, W], match the picture pixel by pixel."""

    picture: Picture
    number: Number


def scanned(number: Number, rng: np.random.Generator) -> Scan:
    """The number on printed paper, with digits 22 to 46 pixels high."""
    small = _placed(number, float(rng.uniform(22, 46)) / HEIGHT, rng)
    height, width = small.marks.shape
    paper = _paper(height, width, rng)
    ink = ndimage.gaussian_filter(small.ink.astype(np.float32) / np.float32(255), float(rng.uniform(0.4, 0.9)))
    darkest = float(rng.uniform(0.15, 0.6))
    # A dry pen leaves gaps in the ink.
    uneven = 1 - float(rng.uniform(0, 0.5)) * np.clip(_blotches(height, width, 9, rng), 0, 1)
    shares = np.clip(1.15 * ink, 0, 1) * uneven
    level = paper * (1 - shares) + darkest * paper.mean() * shares
    level = level + rng.normal(0, rng.uniform(1, 6), level.shape)
    grey = np.clip(np.rint(level), 0, 255).astype(np.uint8)
    return Scan(_compressed(grey, int(rng.integers(55, 95))), small)


def _placed(number: Number, scale: float, rng: np.random.Generator) -> Number:
    """The number's planes at this scale, with margins as tight as those of a cropped form field."""
    own = number.ink
    size = (max(1, round(own.shape[1] * scale)), max(1, round(own.shape[0] * scale)))
    above, below, before, after = (int(margin) for margin in rng.integers(0, 14, 4))

    def place(plane: Plane) -> Plane:
        small = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX), dtype=np.float32)
        # Keep strokes thinner than a pixel visible.
        full = np.clip(1.3 * small, 0, 255).astype(np.uint8)
        return np.pad(full, ((above, below), (before, after)))

    return replace(number, digits=[place(digit) for digit in number.digits], marks=place(number.marks))


def _paper(height: int, width: int, rng: np.random.Generator) -> Levels:
    """Grey levels of the paper with its pattern, its light and the printed lines of its box."""
    level = np.full((height, width), rng.uniform(165, 240), dtype=np.float32)
    for _ in range(int(rng.integers(0, 3))):
        level -= _pattern(height, width, rng)
    if rng.random() < 0.3:
        level += ndimage.gaussian_filter(rng.normal(0, rng.uniform(10, 45), level.shape), float(rng.uniform(0.6, 1.3)))
    level += float(rng.uniform(0, 10)) * _blotches(height, width, 4, rng)
    for share, side in ((0.5, "bottom"), (0.3, "top"), (0.2, "left"), (0.08, "right")):
        if rng.random() < share:
            _print_line(level, side, rng)
    return level


def _pattern(height: int, width: int, rng: np.random.Generator) -> Levels:
    """Fine parallel lines, straight or wavy, as printed against copying."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, bend = float(rng.uniform(0, np.pi)), float(rng.uniform(0, np.pi))
    along = x * np.cos(angle) + y * np.sin(angle)
    wave = float(rng.uniform(0, 5)) * np.sin((x * np.cos(bend) + y * np.sin(bend)) / float(rng.uniform(5, 30)))
    turns = (along + wave) * 2 * np.pi / float(rng.uniform(3, 9))
    lines = np.clip((np.cos(turns) + float(rng.uniform(-0.5, 0.7))) / 0.8, 0, 1)
    return np.asarray(float(rng.uniform(6, 45)) * lines, dtype=np.float32)


def _print_line(level: Levels, side: str, rng: np.random.Generator) -> None:
    """Draws a slightly oblique line along one side of the box."""
    plane = level if side in {"bottom", "top"} else level.T
    height, width = plane.shape
    near = float(rng.uniform(0, 0.22)) * height if side in {"bottom", "top"} else float(rng.uniform(0, 5))
    row = near if side in {"top", "left"} else height - 1 - near
    middle = row + float(rng.normal(0, 0.008)) * (np.arange(width) - width / 2)
    away = np.abs(np.arange(height)[:, None] - middle[None, :])
    share = np.clip(float(rng.uniform(0.8, 2.0)) / 2 + 0.5 - away, 0, 1) * float(rng.uniform(0.25, 0.7))
    plane *= 1 - share


def _blotches(height: int, width: int, across: int, rng: np.random.Generator) -> Levels:
    small = rng.normal(0, 1, (max(2, across * height // max(height, width)), across)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def _compressed(grey: Plane, quality: int) -> Picture:
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))
