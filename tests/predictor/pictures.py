"""Pictures to send: digits drawn with a pen, and the same saved in many ways."""

import base64
import io
import itertools
import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ml.pictures.strokes import render

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

HANDS = (
    *(2, 3, 4, 5, 6, 9, 11, 12, 17, 18, 20, 26, 30, 41, 42, 43, 54, 62, 69, 72, 76, 79, 86, 104, 106, 111, 114, 117),
    *(129, 132, 138, 145, 149, 152, 162, 169, 184, 187, 191, 211, 214, 218, 233, 269, 272, 274, 276, 292),
)
"""Seeds of hands whose digits are all read correctly, and no two of which are near-duplicates: their hashes differ in
more than 4 bits."""


def by_hand(lines: list[Line], hand: int) -> list[Line]:
    """The lines as another hand draws them: leaning, bent, wider or narrower. Hand 0 draws them as they are."""
    if hand == 0:
        return lines
    rng = np.random.default_rng(HANDS[(hand - 1) % len(HANDS)])
    lean, bend, sway, across, down = rng.uniform((-0.3, -0.13, -0.08, 0.7, 0.85), (0.3, 0.13, 0.08, 1.2, 1.1))
    waves, start = rng.uniform(0.5, 2.0), rng.uniform(0, 6)

    def moved(x: float, y: float) -> tuple[float, float]:
        wave = bend * math.sin(start + waves * 6 * y)
        rise = sway * math.sin(start + waves * 5 * x)
        return 0.5 + across * (x - 0.5) + lean * (y - 0.5) + wave, 0.5 + down * (y - 0.5) + rise

    return [[moved(x, y) for x, y in _densely(line)] for line in lines]


def _densely(line: Line) -> Line:
    """The same line with so many points that it can be bent."""
    steps = [step / 10 for step in range(10)]
    between = [(a + (c - a) * t, b + (d - b) * t) for (a, b), (c, d) in itertools.pairwise(line) for t in steps]
    return [*between, line[-1]]


def strokes(text: str, *, side: int = 300, pen: float = 20.0, colour: str = "#000000", hand: int = 0) -> dict[str, Any]:
    """The digits side by side, as the drawing page sends its strokes."""
    lines = [
        {
            "colour": colour,
            "width": pen,
            "points": [[(x + place) * side, y * side, 10 * n, 0.5] for n, (x, y) in enumerate(line)],
        }
        for place, digit in enumerate(text)
        for line in by_hand(LINES[digit], hand)
    ]
    return {"width": side * max(1, len(text)), "height": side, "background": "#ffffff", "strokes": lines}


@lru_cache
def pixels(
    text: str, *, side: int = 300, ink: str = "#000000", paper: str = "#ffffff", hand: int = 0
) -> NDArray[np.uint8]:
    """uint8 [side, side × digits, 3]."""
    said = strokes(text, side=side, pen=side / 15, colour=ink, hand=hand)
    return render(said["strokes"], width=said["width"], height=side, background=paper)


@lru_cache
def drawn(text: str, *, side: int = 300, ink: str = "#000000", paper: str = "#ffffff", hand: int = 0) -> bytes:
    """A PNG of the digits; "" is a blank sheet."""
    return saved(Image.fromarray(pixels(text, side=side, ink=ink, paper=paper, hand=hand)), "PNG")


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


def incomplete(alpha: Image.Image, *, ink: str = "#000000", paper: str = "#ffffff") -> bytes:
    """A sheet with a 7, of which `alpha` shows a part; what it hides is black."""
    sheet = Image.fromarray(pixels("7", ink=ink, paper=paper))
    shown = Image.composite(sheet, Image.new("RGB", sheet.size), alpha.point(lambda value: 255 * (value == 255)))
    shown.putalpha(alpha)
    return saved(shown, "PNG")


def round_corners() -> Image.Image:
    """The alpha of a sheet with round corners."""
    alpha = Image.new("L", (300, 300))
    ImageDraw.Draw(alpha).rounded_rectangle((0, 0, 299, 299), 40, fill=255)
    return alpha


def hole() -> Image.Image:
    """The alpha of a sheet with a hole."""
    alpha = Image.new("L", (300, 300), 255)
    alpha.paste(0, (225, 10, 290, 110))
    return alpha


def shadow() -> Image.Image:
    """The alpha of a window over its shadow."""
    alpha = Image.new("L", (300, 300))
    alpha.paste(150, (25, 30, 280, 290))
    alpha = alpha.filter(ImageFilter.GaussianBlur(8))
    alpha.paste(255, (20, 20, 275, 275))
    return alpha
