"""Drawings for the tests of ml/, the same on every run."""

import numpy as np

from ml.pictures.picture import Picture
from ml.pictures.strokes import fit_strokes, positions, render
from ml.sources.generator import digit_strokes, spline
from ml.sources.skeletons import DIGITS, control_points


def plain_strokes(digit: int, form: str | None = None) -> list[list[list[float]]]:
    """The digit's skeleton, narrowed to a usual width."""
    chosen = form or next(iter(DIGITS[digit]))
    return [(spline(control_points(stroke)) * (0.7, 1.0)).tolist() for stroke in DIGITS[digit][chosen]]


def draw(
    strokes: list[list[list[float]]],
    *,
    side: int = 300,
    pen: float = 12,
    ink: str = "#000000",
    paper: str = "#ffffff",
    margin: float = 0.2,
) -> Picture:
    """Strokes centred on a square canvas."""
    fitted = fit_strokes(strokes, width=side, height=side, pen=pen, margin=margin, colour=ink)
    return render(fitted, width=side, height=side, background=paper)


def place(picture: Picture, x: int, y: int, *, width: int, height: int) -> Picture:
    """The picture on a larger one that has the colour of its top left pixel."""
    larger = np.empty((height, width, 3), dtype=np.uint8)
    larger[:] = picture[0, 0]
    larger[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return larger


def side_by_side(*digits: int, gap: int = 0, pen: float = 5) -> Picture:
    """Digits on canvases of 100 pixels each; a negative gap makes them touch."""
    width = 100 * len(digits) + gap * (len(digits) - 1)
    picture = np.full((100, width, 3), 255, np.uint8)
    for index, digit in enumerate(digits):
        x = index * (100 + gap)
        part = picture[:, x : x + 100]
        np.minimum(part, draw(plain_strokes(digit), side=100, pen=pen), out=part)
    return picture


def by_hand(seed: int, *, pen: float) -> tuple[str, Picture]:
    """Four generated digits of equal size, close together, on 800×200 pixels; and their text."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(0, 10, 4)
    lines = []
    for place, digit in enumerate(digits):
        strokes = [positions(stroke) for stroke in digit_strokes(int(digit), rng)]
        low, high = np.concatenate(strokes).min(axis=0), np.concatenate(strokes).max(axis=0)
        lines += [((stroke - low) / (high - low).max() + (0.9 * place, 0)).tolist() for stroke in strokes]
    fitted = fit_strokes(lines, width=800, height=200, pen=pen)
    return "".join(map(str, digits)), render(fitted, width=800, height=200)


def printed(number: Picture, *, period: int, line: int, rise: float, seed: int = 0) -> Picture:
    """The number in grey ink on noisy paper with printed lines `period` pixels apart, of level `line`, slope `rise`."""
    noise = np.random.default_rng(seed).normal(0, 8, number.shape[:2])
    y, x = np.indices(number.shape[:2])
    waves = y + rise * x + 2 * np.sin(x / 17)
    paper = np.where(waves % period < 2, line, 205) + noise
    inked = np.minimum(paper, 70 + (number[..., 0] / 255) * 185)
    return np.repeat(np.clip(inked, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
