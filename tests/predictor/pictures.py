"""Pictures to send: digits drawn with a pen, and the same saved in many ways."""

import base64
import io
import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.strokes import render

Line = list[tuple[float, float]]


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> Line:
    """Points of an ellipse's arc, in turns from the right, clockwise on the screen."""
    turns = [start + (end - start) * step / 40 for step in range(41)]
    return [(x + across * math.cos(2 * math.pi * t), y + down * math.sin(2 * math.pi * t)) for t in turns]


LINES: dict[str, list[Line]] = {
    "0": [_arc(0.5, 0.5, 0.25, 0.36, -0.25, 0.75)],
    "1": [[(0.5, 0.14), (0.5, 0.86)]],
    "2": [[*_arc(0.5, 0.34, 0.22, 0.2, -0.45, 0.1), (0.28, 0.84), (0.76, 0.84)]],
    "3": [[*_arc(0.48, 0.33, 0.21, 0.18, -0.4, 0.22), *_arc(0.48, 0.67, 0.24, 0.19, -0.22, 0.4)]],
    "4": [[(0.36, 0.14), (0.26, 0.54), (0.76, 0.54)], [(0.64, 0.2), (0.6, 0.88)]],
    "7": [[(0.24, 0.18), (0.76, 0.18), (0.42, 0.86)]],
}
"""Each digit's pen lines in a square of side 1."""


def strokes(text: str, *, side: int = 300, pen: float = 20.0, colour: str = "#000000") -> dict[str, Any]:
    """The digits side by side, as the drawing page sends its strokes."""
    lines = [
        {
            "colour": colour,
            "width": pen,
            "points": [[(x + place) * side, y * side, 10 * n, 0.5] for n, (x, y) in enumerate(line)],
        }
        for place, digit in enumerate(text)
        for line in LINES[digit]
    ]
    return {"width": side * max(1, len(text)), "height": side, "background": "#ffffff", "strokes": lines}


@lru_cache
def pixels(text: str, *, side: int = 300, ink: str = "#000000", paper: str = "#ffffff") -> NDArray[np.uint8]:
    """uint8 [side, side × digits, 3]."""
    said = strokes(text, side=side, pen=side / 15, colour=ink)
    return render(said["strokes"], width=said["width"], height=side, background=paper)


@lru_cache
def drawn(text: str, *, side: int = 300, ink: str = "#000000", paper: str = "#ffffff") -> bytes:
    """A PNG of the digits; "" is a blank sheet."""
    return saved(Image.fromarray(pixels(text, side=side, ink=ink, paper=paper)), "PNG")


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def data_url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def transparent(text: str, *, ink: tuple[int, int, int]) -> bytes:
    """A PNG whose paper is see-through: only alpha tells ink from paper."""
    coverage = 255 - pixels(text)[..., 0]
    coloured = np.broadcast_to(np.array(ink, np.uint8), (*coverage.shape, 3))
    return saved(Image.fromarray(np.dstack([coloured, coverage])), "PNG")
