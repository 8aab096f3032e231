"""The robustness grid: the same digits drawn in many ways, one thing changed at a time.

The digits are held-out MNIST digits, never of the test set. The pen's path is traced and redrawn by the project's
renderer. Every cell has the same digits, so that two cells can be compared digit by digit.
"""

import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.picture import Picture
from ml.pictures.strokes import Points, render, resample
from ml.sources.mnist import Mnist
from ml.sources.paper import RULINGS, SHADINGS, crumpled, ruled, shaded

SEED = 7
"""Seed for the choice of digits, and for everything random in a cell."""

CANVAS = 300
PEN = 15.0
HEIGHT = 0.7
THICKEST = 0.125
"""In the cells of other digit heights, the pen's width is at most this share of the height."""

BROADEST = 0.96
"""The largest share of the canvas that a digit may take, in width and in height."""

CLOSE, EXACT = 0.005, 0.001
"""How far a cell's accuracy may fall below the plain cell's, for two kinds of factor."""

OVERSAMPLED = 1000
"""Canvases of at most this many pixels a side get smooth edges. Larger ones need none: the reader downscales them."""


@dataclass(frozen=True)
class Look:
    """How a digit is drawn.

    `width`, `height`, `pen`: pixels. `share`: the digit's height with its ink, as a share of the canvas's shorter side.
    `place`: where in the free space the digit is, (0, 0) at the top left; None for a random place. `ink`, `paper`: RGB;
    None for random colours that differ by 60 levels in some channel. `turn`: degrees, clockwise. `dash`: a dash's
    length and the distance to the next one, in pen widths.
    Effects on the picture: `noise` and `grain` in levels, the names of a `shading` and a `ruling`, and `jpeg` quality,
    0 for none.
    """

    width: int = CANVAS
    height: int = CANVAS
    pen: float = PEN
    share: float = HEIGHT
    place: tuple[float, float] | None = (0.5, 0.5)
    ink: tuple[int, int, int] | None = (0, 0, 0)
    paper: tuple[int, int, int] | None = (255, 255, 255)
    turn: float = 0.0
    dash: tuple[float, float] | None = None
    noise: float = 0.0
    grain: float = 0.0
    shading: str = ""
    ruling: str = ""
    jpeg: int = 0


@dataclass(frozen=True)
class Cell:
    """One way of drawing. `tolerance`: how far its accuracy may fall below the plain cell's."""

    factor: str
    name: str
    look: Look
    tolerance: float = CLOSE


PLAIN = Cell("plain", "plain", Look(), 0.0)
_OFF_WHITE = Look(ink=(20, 20, 20), paper=(235, 235, 235))
"""With pure white and black, half of the noise would be clipped."""


def cells() -> list[Cell]:
    """The whole grid, the plain cell first."""
    made = [PLAIN]

    def add(factor: str, tolerance: float, looks: Iterable[tuple[str, Look]]) -> None:
        made.extend(Cell(factor, name, look, tolerance) for name, look in looks)

    plain = PLAIN.look
    add(
        "pen width",
        CLOSE,
        ((f"{pen} px", replace(plain, pen=float(pen))) for pen in (1, 2, 3, 4, 6, 10, 20, 25, 30, 40)),
    )
    add("digit height", CLOSE, ((f"{height}%", _tall(height / 100)) for height in (8, 12, 18, 25, 35, 50, 85, 95)))
    add("place", EXACT, ((name, replace(plain, place=place)) for name, place in _PLACES.items()))
    add("place", EXACT, (("anywhere, small", replace(_tall(0.3), place=None)),))
    add("colours", EXACT, ((name, replace(plain, ink=ink, paper=paper)) for name, (ink, paper) in _COLOURS.items()))
    add("aspect", EXACT, ((f"{a}:{b}", replace(plain, width=w, height=h)) for (a, b), (w, h) in _ASPECTS.items()))
    add("strokes", CLOSE, ((name, replace(plain, pen=pen, dash=dash)) for name, (pen, dash) in _DASHES.items()))
    add("turn", CLOSE, ((f"{turn:+d}°", replace(plain, turn=float(turn))) for turn in (-15, -10, -5, 5, 10, 15)))
    add("noise", CLOSE, ((f"σ {noise}", replace(_OFF_WHITE, noise=float(noise))) for noise in (4, 8, 16, 24, 32)))
    add("paper", CLOSE, (("grain", replace(_OFF_WHITE, grain=8.0)), ("coarse", replace(_OFF_WHITE, grain=16.0))))
    add("shading", CLOSE, ((name, replace(plain, shading=name)) for name in SHADINGS))
    add("ruling", CLOSE, ((name, replace(plain, ruling=name)) for name in RULINGS))
    add("JPEG", CLOSE, ((f"quality {quality}", replace(plain, jpeg=quality)) for quality in (90, 50, 25, 10)))
    add("resolution", CLOSE, ((f"{side} px", _scaled(side)) for side in (28, 40, 64, 128, 600, 1200, 2400, 4000)))
    return made


def factors() -> list[str]:
    """The factors' names in the grid's order, without the plain cell's."""
    return list(dict.fromkeys(cell.factor for cell in cells()[1:]))


def choose_digits(mnist: Mnist, count: int) -> NDArray[np.intp]:
    """Indices of `count` held-out digits among the training pictures. A larger count only appends indices."""
    order = np.random.default_rng(SEED).permutation(mnist.holdout_indices)
    return order[:count]


def draw(paths: Sequence[Points], look: Look, rng: np.random.Generator) -> Picture:
    """Draws the digit's paths (from `ml.sources.tracing.trace`) in this look: uint8 [height, width, 3]."""
    placed = _placed(paths, look, rng)
    if look.dash:
        placed = [dash for path in placed for dash in dashes(path, look.dash[0] * look.pen, look.dash[1] * look.pen)]
    ink, paper = (look.ink, look.paper) if look.ink and look.paper else _any_colours(rng)
    strokes = [{"colour": _hex(ink), "width": look.pen, "points": path.tolist()} for path in placed]
    smooth = max(look.width, look.height) <= OVERSAMPLED or min(look.width, look.height) <= CANVAS
    oversampling = {} if smooth else {"oversampling": 1}
    picture = render(strokes, width=look.width, height=look.height, background=_hex(paper), **oversampling)
    return _worn(picture, look, rng)


def seed_of(cell: Cell, digit: int) -> np.random.Generator:
    """The random generator for this digit in this cell."""
    return np.random.default_rng([SEED, zlib.crc32(f"{cell.factor}: {cell.name}".encode()), digit])


def dashes(path: Points, drawn: float, apart: float) -> list[Points]:
    """Splits a path into dashes `drawn` long that start about `apart` from each other, in pixels.

    A length of 0 gives dots.
    """
    if len(path) < 2:
        return [path]
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))))
    total = float(along[-1])
    # A dash at each end, the others evenly spaced between.
    count = max(1, round((total - drawn) / apart))
    starts = np.linspace(0, max(total - drawn, 0), count + 1)
    made = []
    for start in starts:
        at = np.linspace(start, min(start + drawn, total), max(2, round(drawn / 2))) if drawn else np.array([start])
        made.append(np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], axis=1))
    return made


def _tall(share: float) -> Look:
    return Look(share=share, pen=min(PEN, THICKEST * share * CANVAS))


def _scaled(side: int) -> Look:
    return Look(width=side, height=side, pen=PEN * side / CANVAS)


def _placed(paths: Sequence[Points], look: Look, rng: np.random.Generator) -> list[Points]:
    """The paths turned, scaled and moved to their place on the canvas."""
    angle = np.deg2rad(look.turn)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = [path @ turn for path in paths]
    everything = np.concatenate(turned)
    low, extent = everything.min(axis=0), np.maximum(np.ptp(everything, axis=0), 1e-6)
    canvas = np.array([look.width, look.height], dtype=np.float64)
    room = np.array([BROADEST * look.width, look.share * min(look.width, look.height)]) - look.pen
    scale = float(np.min(np.maximum(room, 1.0) / extent))
    margin = (1 - BROADEST) / 2 * min(look.width, look.height)
    free = np.maximum(canvas - scale * extent - look.pen - 2 * margin, 0.0)
    place = np.array(look.place or rng.uniform(0, 1, 2))
    corner = (canvas - scale * extent - free) / 2 + free * (place - 0.5) + free / 2
    step = max(scale * 0.25, look.pen / 8)
    return [resample(scale * (path - low) + corner, step) for path in turned]


def _worn(picture: Picture, look: Look, rng: np.random.Generator) -> Picture:
    """Adds the effects of paper, light and camera to a drawing."""
    if look.ruling:
        picture = ruled(picture, look.ruling)
    if look.grain:
        picture = crumpled(picture, look.grain, rng)
    if look.shading:
        picture = shaded(picture, look.shading, rng)
    if look.noise:
        noisy = picture + rng.normal(0, look.noise, picture.shape[:2]).astype(np.float32)[..., None]
        picture = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    if look.jpeg:
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "JPEG", quality=look.jpeg)
        picture = np.asarray(Image.open(out).convert("RGB"))
    return picture


def _any_colours(rng: np.random.Generator) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    while True:
        ink, paper = rng.integers(0, 256, (2, 3)).tolist()
        if max(abs(one - other) for one, other in zip(ink, paper, strict=True)) >= 60:
            return tuple(ink), tuple(paper)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


_PLACES: dict[str, tuple[float, float] | None] = {
    "top left": (0, 0),
    "top": (0.5, 0),
    "top right": (1, 0),
    "left": (0, 0.5),
    "right": (1, 0.5),
    "bottom left": (0, 1),
    "bottom": (0.5, 1),
    "bottom right": (1, 1),
    "anywhere": None,
}
_COLOURS: dict[str, tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]] = {
    "white on black": ((255, 255, 255), (0, 0, 0)),
    "blue on cream": ((26, 58, 143), (255, 251, 230)),
    "red on white": ((220, 30, 30), (255, 255, 255)),
    "yellow on white": ((250, 220, 40), (255, 255, 255)),
    "yellow on blue": ((250, 220, 40), (30, 60, 160)),
    "red on green": ((200, 60, 60), (50, 125, 50)),
    "chalk on green": ((235, 240, 230), (40, 80, 60)),
    "pencil on white": ((120, 120, 120), (250, 250, 250)),
    "grey 90 on 30": ((90, 90, 90), (30, 30, 30)),
    "grey 30 on 90": ((30, 30, 30), (90, 90, 90)),
    "grey 160 on 200": ((160, 160, 160), (200, 200, 200)),
    "grey 150 on 120": ((150, 150, 150), (120, 120, 120)),
    "any two": (None, None),
}
_ASPECTS = {
    (1, 4): (300, 1200),
    (1, 3): (300, 900),
    (1, 2): (300, 600),
    (2, 1): (600, 300),
    (3, 1): (900, 300),
    (4, 1): (1200, 300),
}
_DASHES = {
    "dotted": (15.0, (0.0, 1.5)),
    "dotted, thin": (8.0, (0.0, 1.8)),
    "dashed": (15.0, (1.5, 3.0)),
    "dashed, thin": (8.0, (2.0, 4.0)),
}
