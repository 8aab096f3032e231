"""What handwriting stands on: papers and boards, and what is printed on them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sources.photos.handwriting import SHIFT, Box, Rng, log_uniform, pick
from ml.sources.photos.pens import Colour, Sheet, blotches, grain

Layer = NDArray[np.float32]
"""float32 [H, W]: how much of each point is covered, 0 to 1."""

Line = tuple[float, float, float, float, float]
"""From x and y to x and y, and the thickness: pixels."""

BOARDS = ((0.1, 0.25, 0.18), (0.12, 0.13, 0.14), (0.16, 0.3, 0.25), (0.08, 0.1, 0.2))
"""Colours of blackboards, RGB from 0 to 1."""

NOTES = ((0.99, 0.9, 0.4), (0.99, 0.65, 0.75), (0.65, 0.9, 0.6), (0.6, 0.8, 0.97), (0.99, 0.75, 0.45))
"""Colours of sticky notes."""

TONES = ((0.55, 0.6, 0.75), (0.6, 0.6, 0.6), (0.2, 0.2, 0.22), (0.85, 0.35, 0.3), (0.4, 0.65, 0.85), (0.45, 0.7, 0.5),
         (0.6, 0.5, 0.7), (0.05, 0.05, 0.05), (0.9, 0.6, 0.35))  # fmt: skip
"""Colours of printing ink."""

TEXTURED = 0.75
"""Share of the papers that aren't one exact colour."""

DOTTED, MILLIMETRE = 0.08, 0.12
"""Shares of the squared papers with dots, and with heavier lines among the others, as millimetre paper has."""

LEAST_PERIOD = 2.5
"""Pixels from one line of a pattern to the next."""


def paper(size: tuple[int, int], rng: Rng, colour: Colour | None = None) -> Sheet:
    """Paper, a sticky note or cardboard, of a random colour if none is given."""
    if colour is None:
        colour = _paper_colour(rng)
    sheet = np.empty((*size, 3), dtype=np.float32)
    sheet[:] = colour
    if rng.random() < TEXTURED:
        light = 1 + float(rng.uniform(0, 0.03)) * grain(size, float(rng.uniform(0, 2)), rng)
        light += float(rng.uniform(0, 0.03)) * blotches(size, int(rng.integers(3, 40)), rng)
        sheet *= light[..., None]
    return sheet


def blackboard(size: tuple[int, int], rng: Rng) -> Sheet:
    """A green or black board with chalk dust."""
    base = np.array(pick(BOARDS, rng))
    sheet = np.empty((*size, 3), dtype=np.float32)
    sheet[:] = base * rng.uniform(0.7, 1.4)
    dust = np.clip(blotches(size, int(rng.integers(3, 12)), rng), 0, 2) + np.clip(blotches(size, 30, rng), 0, 2) * 0.5
    sheet += (float(rng.uniform(0, 0.09)) * dust + float(rng.uniform(0, 0.02)) * grain(size, 0.6, rng))[..., None]
    return sheet


def screen(size: tuple[int, int], rng: Rng) -> Sheet:
    """One exact colour, light or dark, as on a screen or in a drawing program."""
    dark = bool(rng.random() < 0.5)
    level = rng.uniform(0, 0.2) if dark else rng.uniform(0.85, 1)
    sheet = np.empty((*size, 3), dtype=np.float32)
    sheet[:] = np.clip(level + rng.normal(0, 0.02, 3), 0, 1) if rng.random() < 0.6 else np.full(3, 0.0 if dark else 1.0)
    return sheet


def _paper_colour(rng: Rng) -> Colour:
    kind = rng.random()
    if kind < 0.7:
        base = np.full(3, rng.uniform(0.72, 1.0)) + rng.normal(0, 0.015, 3)
    elif kind < 0.8:
        base = np.array((0.97, 0.93, 0.82)) * rng.uniform(0.8, 1)
    elif kind < 0.92:
        base = np.array(pick(NOTES, rng)) * rng.uniform(0.85, 1)
    else:
        base = np.array((0.75, 0.6, 0.42)) * rng.uniform(0.8, 1.1)
    return np.asarray(np.clip(base, 0, 1), dtype=np.float32)


def print_colour(rng: Rng) -> Colour:
    """A printing ink: grey, blue, red, green or black."""
    return np.asarray(np.clip(np.array(pick(TONES, rng)) + rng.normal(0, 0.06, 3), 0, 1), dtype=np.float32)


def rule(
    sheet: Sheet, spacing: float, rng: Rng, *, squared: bool, angle: float = 0.0, colour: Colour | None = None
) -> None:
    """Prints lines, squares or dots with this spacing in pixels, in place."""
    height, width = sheet.shape[:2]
    colour = print_colour(rng) if colour is None else colour
    strength = float(rng.uniform(0.2, 1))
    thick = float(np.clip(spacing * log_uniform(0.015, 0.09, rng), 0.5, 6))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) + np.float32(rng.uniform(0, spacing))
    across = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle)) + np.float32(rng.uniform(0, spacing))
    layer = _squares(along, across, spacing, thick, rng) if squared else _comb(across, spacing, thick)
    if rng.random() < 0.4:
        layer = layer * np.clip(1 - 0.4 * np.clip(blotches((height, width), 8, rng), 0, 2), 0, 1)
    over(sheet, np.clip(layer, 0, 1) * strength, colour)


def pattern(sheet: Sheet, height: float, rng: Rng) -> None:
    """Fine parallel lines, straight or wavy, as printed against copying, in place. `height`: of a digit, in pixels."""
    y, x = np.mgrid[: sheet.shape[0], : sheet.shape[1]].astype(np.float32)
    for _ in range(int(rng.integers(1, 4))):
        angle, bend = float(rng.uniform(0, np.pi)), float(rng.uniform(0, np.pi))
        period = max(LEAST_PERIOD, height * log_uniform(0.06, 0.3, rng))
        along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
        waves = (x * np.float32(np.cos(bend)) + y * np.float32(np.sin(bend))) / np.float32(
            height * rng.uniform(0.1, 0.9)
        )
        along += np.float32(height * rng.uniform(0, 0.15)) * np.sin(waves)
        lines = np.clip((np.cos(along * np.float32(2 * np.pi / period)) + float(rng.uniform(-0.5, 0.7))) / 0.8, 0, 1)
        over(sheet, lines * float(rng.uniform(0.05, 0.4)), print_colour(rng))


def _squares(along: Layer, across: Layer, spacing: float, thick: float, rng: Rng) -> Layer:
    """Squares, now and then with some lines heavier than the others; seldom only their corners, as dots."""
    rows, columns = _comb(across, spacing, thick), _comb(along, spacing, thick)
    layer = np.minimum(rows, columns) * 1.6 if rng.random() < DOTTED else np.maximum(rows, columns)
    if rng.random() < MILLIMETRE:
        heavy = spacing * int(rng.choice([2, 4, 5, 10]))
        heavier = np.maximum(_comb(across, heavy, thick * 1.6), _comb(along, heavy, thick * 1.6))
        layer = np.maximum(0.6 * layer, heavier)
    return np.asarray(layer, dtype=np.float32)


def _comb(position: Layer, spacing: float, thick: float) -> Layer:
    away = np.abs((position / np.float32(spacing)) % 1 - np.float32(0.5)) * np.float32(spacing)
    return np.asarray(np.clip(np.float32(thick / 2 + 0.5) - away, 0, min(1.0, thick)), dtype=np.float32)


def over(sheet: Sheet, layer: Layer, colour: Colour) -> None:
    """Paints a colour on the sheet where the layer says, in place."""
    sheet += layer[..., None] * (colour - sheet)


def segments(size: tuple[int, int], lines: Sequence[Line]) -> Layer:
    """Straight lines from (x, y) to (x, y), each with its thickness in pixels: a layer."""
    plane = np.zeros((2 * size[0], 2 * size[1]), dtype=np.uint8)
    for x0, y0, x1, y1, thick in lines:
        ends = [tuple(int(v * 2 * (1 << SHIFT)) for v in end) for end in ((x0, y0), (x1, y1))]
        cv2.line(plane, ends[0], ends[1], min(255, round(510 * thick)), max(1, round(2 * thick)), cv2.LINE_AA, SHIFT)
    small = cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small.astype(np.float32) / np.float32(255))


def box_lines(box: Box, thick: float, rng: Rng, *, sides: str = "tblr", overshoot: float = 0.0) -> list[Line]:
    """The named sides of a box (top, bottom, left, right), each running on by up to `overshoot` pixels."""
    left, top, right, bottom = box
    lines = []
    for side in sides:
        before, after = rng.uniform(0, 1, 2) * overshoot
        if side in "tb":
            y = top if side == "t" else bottom
            lines.append((left - before, y, right + after, y, thick))
        else:
            x = left if side == "l" else right
            lines.append((x, top - before, x, bottom + after, thick))
    return lines
