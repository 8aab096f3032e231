"""Pictures without a digit: empty paper, noise and gradients; letters, shapes and scribbles."""

from collections.abc import Callable

import numpy as np

from ml.pictures.picture import Picture
from ml.pictures.strokes import fit_strokes, render
from ml.sources import generator
from ml.sources.paper import RULINGS, SHADINGS, crumpled, ruled, shaded

SIDE = 300

Rng = np.random.Generator


def blank(rng: Rng) -> Picture:
    """One colour, of any size and shape."""
    size = tuple(int(side) for side in rng.integers(20, 640, 2))
    kind = rng.random()
    colour = np.full(3, 255) if kind < 0.2 else np.zeros(3) if kind < 0.4 else rng.integers(0, 256, 3)
    return np.broadcast_to(colour.astype(np.uint8), (*size, 3)).copy()


def noise(rng: Rng) -> Picture:
    """Noise around one level, grey or coloured, from barely visible to very strong; or salt-and-pepper noise."""
    level, channels = rng.uniform(30, 225), int(rng.choice([1, 3]))
    kind = rng.random()
    if kind < 0.7:
        plane = rng.normal(level, float(np.exp(rng.uniform(np.log(2), np.log(80)))), (SIDE, SIDE, channels))
    elif kind < 0.85:
        plane = rng.uniform(0, 256, (SIDE, SIDE, channels))
    else:
        grains = rng.random((SIDE, SIDE, channels))
        share = float(rng.uniform(0.01, 0.3))
        plane = np.where(grains < share / 2, 0.0, np.where(grains > 1 - share / 2, 255.0, level))
    return np.broadcast_to(np.clip(plane, 0, 255).astype(np.uint8), (SIDE, SIDE, 3)).copy()


def gradient(rng: Rng) -> Picture:
    """A linear or radial gradient between two colours, sometimes a little noisy."""
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * np.pi)
        along = np.cos(angle) * x + np.sin(angle) * y
    else:
        along = np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1))
    along = ((along - along.min()) / np.ptp(along))[..., None]
    one, other = rng.integers(0, 256, (2, 3))
    mixed = one * (1 - along) + other * along
    if rng.random() < 0.3:
        mixed = mixed + rng.normal(0, rng.uniform(1, 6), mixed.shape)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), dtype=np.uint8)


def empty_paper(rng: Rng) -> Picture:
    """White paper, grainy or unevenly lit."""
    sheet = np.full((SIDE, SIDE, 3), int(rng.integers(215, 250)), dtype=np.uint8)
    if rng.random() < 0.7:
        sheet = crumpled(sheet, float(rng.uniform(3, 12)), rng)
    if rng.random() < 0.6:
        sheet = shaded(sheet, str(rng.choice(SHADINGS)), rng)
    return sheet


def ruled_paper(rng: Rng) -> Picture:
    """White paper with lines or squares."""
    sheet = ruled(np.full((SIDE, SIDE, 3), 250, dtype=np.uint8), str(rng.choice(list(RULINGS))))
    return crumpled(sheet, float(rng.uniform(2, 6)), rng) if rng.random() < 0.5 else sheet


def specks(rng: Rng) -> Picture:
    """One to five dots of a few pixels."""
    picture = np.full((SIDE, SIDE, 3), 255, dtype=np.uint8)
    for _ in range(int(rng.integers(1, 6))):
        row, column, side = (int(value) for value in (*rng.integers(0, SIDE - 4, 2), rng.integers(1, 4)))
        picture[row : row + side, column : column + side] = int(rng.integers(0, 120))
    return picture


def scribble(rng: Rng) -> Picture:
    """A letter, a shape, a scribble, half a digit or two digits at once, with a pen of 2 to 24 pixels."""
    pen = float(np.exp(rng.uniform(np.log(2), np.log(24))))
    strokes = fit_strokes(generator.non_digit_strokes(rng), width=SIDE, height=SIDE, pen=pen)
    return render(strokes, width=SIDE, height=SIDE)


ALWAYS_NOTHING: dict[str, Callable[[Rng], Picture]] = {"blank": blank, "noise": noise, "gradient": gradient}
"""Pictures that must always be read as nothing."""

NEVER_SURE: dict[str, Callable[[Rng], Picture]] = {
    "paper": empty_paper,
    "ruled paper": ruled_paper,
    "specks": specks,
    "letters, shapes, scribbles": scribble,
}
"""Pictures that must be read as nothing, or with an unsure reading."""
