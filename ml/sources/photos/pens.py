"""How pens look on paper: ballpoint, pencil, felt pen, brush, chalk, board marker and highlighter."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sources.photos.handwriting import Plane, Rng, pick

Sheet = NDArray[np.float32]
"""float32 [H, W, 3], RGB from 0 to 1."""

Colour = NDArray[np.float32]


@dataclass(frozen=True)
class Pen:
    """`width`: as a share of a digit's height, a range. `swing`: how much pressure changes it. `opacity`: a range.
    `grain`: how much of the ink the paper's tooth takes away. `skips`: how much the ink varies along a stroke.
    """

    width: tuple[float, float]
    opacity: tuple[float, float]
    swing: float = 0.0
    grain: float = 0.0
    skips: float = 0.0


PENS = {
    "ballpoint": Pen((0.015, 0.05), (0.6, 1.0), swing=0.15, grain=0.15, skips=0.3),
    "pencil": Pen((0.015, 0.07), (0.16, 0.75), swing=0.25, grain=0.5, skips=0.35),
    "felt pen": Pen((0.05, 0.17), (0.8, 1.0), swing=0.1, skips=0.1),
    "brush": Pen((0.06, 0.2), (0.7, 1.0), swing=0.7, skips=0.2),
    "chalk": Pen((0.03, 0.12), (0.35, 0.95), swing=0.2, grain=0.8, skips=0.4),
    "marker": Pen((0.03, 0.12), (0.5, 1.0), swing=0.05, skips=0.35),
    "highlighter": Pen((0.09, 0.2), (0.5, 0.9), skips=0.15),
    "rendered": Pen((0.01, 0.17), (0.85, 1.0)),
}


HIGHLIGHTERS = ((1, 0.95, 0.1), (1, 0.45, 0.7), (0.4, 1, 0.4), (1, 0.65, 0.1))
COLOURED_CHALKS = ((1, 0.95, 0.5), (1, 0.65, 0.7), (0.6, 0.85, 1))

SHARP = 0.3
"""The greatest softness of grain, in pixels, that isn't seen."""

LEAST_CONTRAST = 0.35
"""By how much ink and paper differ in some channel, of 1."""


def ink_colour(pen: str, paper: Colour, rng: Rng) -> Colour:
    """A colour of this pen's that stands out from the paper: float32 [3]."""
    makers: dict[str, Callable[[], NDArray[np.float64]]] = {
        "pencil": lambda: np.full(3, rng.uniform(0.05, 0.4)) + rng.normal(0, 0.015, 3),
        "chalk": lambda: _chalk(rng),
        "highlighter": lambda: np.array(pick(HIGHLIGHTERS, rng)),
    }
    for _ in range(20):
        colour = makers.get(pen, lambda: _pen_colour(rng))()
        if pen == "rendered" and paper.mean() < 0.45:
            colour = 1 - colour
        if float(np.abs(colour - paper).max()) > LEAST_CONTRAST:
            break
    else:
        colour = np.zeros(3) if paper.mean() > 0.5 else np.ones(3)
    return np.asarray(np.clip(colour, 0, 1), dtype=np.float32)


def _pen_colour(rng: Rng) -> NDArray[np.float64]:
    kind = rng.random()
    if kind < 0.42:
        return np.full(3, rng.uniform(0, 0.3)) + rng.normal(0, 0.03, 3)
    if kind < 0.72:
        return np.array((rng.uniform(0, 0.3), rng.uniform(0.05, 0.4), rng.uniform(0.35, 0.8)))
    if kind < 0.86:
        return np.array((rng.uniform(0.55, 0.95), rng.uniform(0, 0.3), rng.uniform(0, 0.3)))
    if kind < 0.94:
        return np.array((rng.uniform(0, 0.25), rng.uniform(0.35, 0.6), rng.uniform(0.05, 0.35)))
    return rng.uniform(0, 0.8, 3)


def _chalk(rng: Rng) -> NDArray[np.float64]:
    if rng.random() < 0.7:
        return np.full(3, rng.uniform(0.75, 1.0))
    return np.array(pick(COLOURED_CHALKS, rng))


def lay(sheet: Sheet, coverage: Plane, colour: Colour, pen: Pen, opacity: float, rng: Rng) -> None:
    """Lays ink of this coverage on the sheet, in place."""
    x, y, w, h = cv2.boundingRect(coverage)
    if not w:
        return
    part = sheet[y : y + h, x : x + w]
    share = coverage[y : y + h, x : x + w].astype(np.float32) * np.float32(opacity / 255)
    if pen.grain:
        tooth = grain(share.shape, float(rng.uniform(0.4, 1.1)), rng)
        share *= np.clip(1 - pen.grain * float(rng.uniform(0.3, 1)) * (0.5 + 0.6 * tooth), 0, 1)
    if pen.skips:
        dry = np.clip(blotches(share.shape, int(rng.integers(3, 16)), rng), 0, 1.5)
        share *= np.clip(1 - pen.skips * float(rng.uniform(0, 1)) * dry, 0, 1)
    part += share[..., None] * (colour - part)


def grain(size: tuple[int, ...], softness: float, rng: Rng) -> NDArray[np.float32]:
    """Fine noise of standard deviation 1: float32 [H, W]."""
    noise = np.empty(size, dtype=np.float32)
    # OpenCV's generator takes a third of NumPy's time. A spawned seed leaves what `rng` draws next as it is.
    cv2.setRNGSeed(int(rng.spawn(1)[0].integers(1 << 31)))
    cv2.randn(noise, np.zeros(1), np.ones(1))
    if softness > SHARP:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), softness), dtype=np.float32)
        noise /= max(1e-6, float(noise[::4, ::4].std()))
    return noise


def blotches(size: tuple[int, ...], cells: int, rng: Rng) -> NDArray[np.float32]:
    """Soft noise with about `cells` blotches along the longer side: float32 [H, W] of standard deviation near 1."""
    height, width = size
    longest = max(size)
    small = rng.standard_normal((max(2, cells * height // longest), max(2, cells * width // longest)), dtype=np.float32)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
