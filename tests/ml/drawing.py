"""Drawings for the tests of ml/: a plain hand without chance."""

import numpy as np

from ml.generator import spline
from ml.pictures import Picture
from ml.skeletons import DIGITS, control_points
from ml.strokes import fit_strokes, render


def plain_strokes(digit: int, form: str | None = None) -> list[list[list[float]]]:
    """The skeleton itself, slim as digits are."""
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
    """Strokes in the middle of a square canvas."""
    fitted = fit_strokes(strokes, width=side, height=side, pen=pen, margin=margin, colour=ink)
    return render(fitted, width=side, height=side, background=paper)


def place(picture: Picture, x: int, y: int, *, width: int, height: int) -> Picture:
    """The picture on a larger one of its top left pixel's colour."""
    larger = np.empty((height, width, 3), dtype=np.uint8)
    larger[:] = picture[0, 0]
    larger[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return larger
