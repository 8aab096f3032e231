"""Marks on paper that are no handwriting to read: boxes, circles, print, creases, stains, a teacher's red pen."""

import cv2
import numpy as np

from ml.sources.photos.grounds import Layer, box_lines, over, print_colour, segments
from ml.sources.photos.handwriting import PRINT, Box, Canvas, Rng, Shape, log_uniform, pick, write
from ml.sources.photos.pens import Colour, Sheet, blotches

_PRINTED = ("Name", "Nr.", "Date", "PLZ", "Score", "Total", "Q1", "a)", "cm", "kg", "Tel.", "Sum", "No", "ID", "EUR",
            "x =", "A", "B", "C")  # fmt: skip
"""Words on forms."""

CORRECTORS = ((0.9, 0.1, 0.15), (0.95, 0.2, 0.4), (0.1, 0.6, 0.2))
"""Colours of a teacher's pen, RGB from 0 to 1."""


def form_box(sheet: Sheet, around: Box, rng: Rng, *, count: int = 1, colour: Colour | None = None) -> None:
    """A printed box round `around`, or a row of `count` cells with dividers."""
    left, top, right, bottom = around
    high = bottom - top
    colour = print_colour(rng) * np.float32(rng.uniform(0.3, 1)) if colour is None else colour
    thick = float(np.clip(high * log_uniform(0.006, 0.085, rng), 0.5, 20))
    overshoot = high * float(rng.uniform(0, 0.3)) if rng.random() < 0.25 else 0.0
    chosen = "tblr" if rng.random() < 0.7 else "".join(side for side in "tblr" if rng.random() < 0.6) or "b"
    size = sheet.shape[0], sheet.shape[1]
    lines = box_lines(around, thick, rng, sides=chosen, overshoot=overshoot)
    if count == 1 and rng.random() < 0.15:
        apart = thick + high * float(rng.uniform(0.02, 0.08))
        lines += box_lines((left - apart, top - apart, right + apart, bottom + apart), thick, rng, sides=chosen)
    for index in range(1, count):
        x = left + (right - left) * index / count
        start = top if rng.random() < 0.75 else bottom - high * float(rng.uniform(0.15, 0.5))
        lines.append((x, start, x, bottom, thick * float(rng.uniform(0.5, 1.1))))
    layer = segments(size, lines)
    if rng.random() < 0.12:
        layer = layer * _dashes(size, high * float(rng.uniform(0.04, 0.15)))
    if rng.random() < 0.15:
        inside = np.zeros(size, dtype=np.float32)
        inside[max(0, round(top)) : max(0, round(bottom)), max(0, round(left)) : max(0, round(right))] = float(
            rng.uniform(0.1, 0.5)
        )
        over(sheet, inside, np.asarray(rng.uniform(0.7, 1, 3), dtype=np.float32))
    over(sheet, layer * float(rng.uniform(0.35, 1)), colour)


def _dashes(size: tuple[int, int], period: float) -> Layer:
    """Gaps that turn lines into dashes."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    return np.asarray((np.floor((x + y) / np.float32(max(3.0, period))) % 2 == 0).astype(np.float32))


def table(sheet: Sheet, cell: Box, rng: Rng, colour: Colour | None = None) -> None:
    """The lines of a table or Sudoku, some thicker, round one cell and its neighbours."""
    left, top, right, bottom = cell
    wide, high = right - left, bottom - top
    size = sheet.shape[0], sheet.shape[1]
    thin = float(np.clip(high * log_uniform(0.008, 0.05, rng), 0.5, 9))
    colour = print_colour(rng) * np.float32(rng.uniform(0.1, 1)) if colour is None else colour
    heavy = int(rng.integers(0, 3)), int(rng.integers(0, 3))
    lines = []
    for step in range(-4, 6):
        thick = [
            thin * (float(rng.uniform(1.6, 3.5)) if step % 3 == each and rng.random() < 0.7 else 1) for each in heavy
        ]
        x, y = left + step * wide, top + step * high
        lines.append((x, top - 4 * high, x, bottom + 4 * high, thick[0]))
        lines.append((left - 4 * wide, y, right + 4 * wide, y, thick[1]))
    layer = segments(size, lines)
    over(sheet, layer * float(rng.uniform(0.4, 1)), colour)


def ring(sheet: Sheet, around: Box, rng: Rng, colour: Colour | None = None) -> None:
    """A circle or oval round the box, printed or drawn by hand, sometimes open."""
    left, top, right, bottom = around
    half = max(right - left, bottom - top) / 2
    phase = np.linspace(0, 2 * np.pi * float(rng.uniform(0.82, 1.1)), 60) + float(rng.uniform(0, 2 * np.pi))
    wobble = float(rng.uniform(0, 0.07)) if rng.random() < 0.6 else 0.0
    radius = (
        half * log_uniform(1.2, 3.0, rng) * (1 + wobble * np.sin(2 * phase + rng.uniform(0, 6)) + wobble * phase / 9)
    )
    x = (left + right) / 2 + radius * np.cos(phase) * float(rng.uniform(0.85, 1.15))
    y = (top + bottom) / 2 + radius * np.sin(phase)
    _stroke(sheet, np.stack((x, y), axis=1), half, rng, colour)


def underline(sheet: Sheet, below: Box, rng: Rng, colour: Colour | None = None) -> None:
    """One or two lines under the box, printed or drawn."""
    left, top, right, bottom = below
    high = bottom - top
    for index in range(int(rng.integers(1, 3))):
        y = bottom + high * (float(rng.uniform(0.08, 0.3)) + 0.1 * index)
        reach = high * float(rng.uniform(0, 0.5))
        ends = np.array(
            [
                (left - reach, y),
                ((left + right) / 2, y + rng.normal(0, 0.02) * high),
                (right + reach, y + rng.normal(0, 0.06) * high),
            ]
        )
        _stroke(sheet, ends, high / 2, rng, colour)


def red_pen(sheet: Sheet, beside: Box, rng: Rng) -> None:
    """A tick, cross, ring or wave in another colour beside or round the box."""
    left, top, right, bottom = beside
    high = bottom - top
    colour = np.asarray(pick(CORRECTORS, rng), dtype=np.float32)
    kind = int(rng.integers(4))
    if kind == 0:
        ring(sheet, beside, rng, colour)
        return
    side = -1 if rng.random() < 0.5 else 1
    x = (left if side < 0 else right) + side * high * float(rng.uniform(0.15, 0.7))
    y = (top + bottom) / 2 + high * float(rng.normal(0, 0.3))
    size = high * float(rng.uniform(0.25, 0.8))
    if kind == 1:
        points = [(x - 0.4 * size, y), (x - 0.1 * size, y + 0.4 * size), (x + 0.6 * size, y - 0.6 * size)]
    elif kind == 2:
        points = [
            (x, y - size / 2),
            (x + 0.2 * size, y),
            (x - 0.1 * size, y + 0.1 * size),
            (x + 0.1 * size, y + size / 2),
        ]
    else:
        y = bottom + high * float(rng.uniform(0.1, 0.3))
        steps = np.linspace(left - 0.3 * high, right + 0.3 * high, 12)
        points = [(float(at), y + 0.05 * high * (-1) ** index) for index, at in enumerate(steps)]
    _stroke(sheet, np.array(points), high / 2, rng, colour)


def _stroke(sheet: Sheet, points: np.ndarray, half: float, rng: Rng, colour: Colour | None = None) -> None:
    """A drawn line through the points that isn't writing."""
    canvas = Canvas(sheet.shape[0], sheet.shape[1])
    shape = Shape(strokes=[np.column_stack((points, np.zeros(len(points)), np.full(len(points), 0.5)))])
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    pen = float(np.clip(half * log_uniform(0.02, 0.2, rng), 0.8, 14))
    write(canvas, shape, ["mark"], tuple(low + extent / 2), float(extent.max()), pen, rng)
    share = canvas.coverage("mark").astype(np.float32) * np.float32(rng.uniform(0.4, 1) / 255)
    over(sheet, share, print_colour(rng) * np.float32(rng.uniform(0.2, 1)) if colour is None else colour)


def printing(sheet: Sheet, away_from: Box, rng: Rng, *, count: int = 3) -> None:
    """Small printed words, away from the box."""
    height, width = sheet.shape[:2]
    left, top, right, bottom = away_from
    plane = np.zeros((height, width), dtype=np.uint8)
    for _ in range(count):
        text = pick(_PRINTED, rng)
        scale = float(np.clip((bottom - top) / 22 * rng.uniform(0.1, 0.38), 0.25, 2.0))
        font = int(rng.choice(PRINT))
        thick = 1 if scale < 0.8 else int(rng.integers(1, 3))
        (w, h), _ = cv2.getTextSize(text, font, scale, thick)
        for _ in range(8):
            x, y = float(rng.uniform(-w / 3, width - w / 2)), float(rng.uniform(h / 2, height))
            if x > right + 4 or x + w < left - 4 or y - h > bottom + 4 or y < top - 4:
                cv2.putText(plane, text, (round(x), round(y)), font, scale, 255, thick, cv2.LINE_AA)
                break
    over(sheet, plane.astype(np.float32) * np.float32(rng.uniform(0.5, 1) / 255), print_colour(rng) * np.float32(0.6))


def margin(sheet: Sheet, keep_clear: Box, rng: Rng) -> None:
    """A margin line or punched holes beside the box."""
    height, width = sheet.shape[:2]
    left, _, right, _ = keep_clear
    on_left = left > width - right
    room = left if on_left else width - right
    x = float(rng.uniform(0.1, 0.85)) * room
    x = x if on_left else width - x
    size = (height, width)
    if rng.random() < 0.75:
        thick = float(rng.uniform(0.6, 3))
        lines = [(x, -5.0, x + float(rng.normal(0, 3)), height + 5.0, thick)]
        over(
            sheet,
            segments(size, lines) * float(rng.uniform(0.4, 1)),
            np.asarray((0.85, rng.uniform(0.2, 0.5), rng.uniform(0.25, 0.6)), dtype=np.float32),
        )
    if rng.random() < 0.5:
        radius = float(np.clip(rng.uniform(0.012, 0.035) * max(size), 3, max(3.5, 0.4 * room)))
        at = x * 0.5 if on_left else width - (width - x) * 0.5
        y = float(rng.uniform(0.2, 0.8)) * height
        y_grid, x_grid = np.mgrid[:height, :width].astype(np.float32)
        hole = np.clip(radius - np.hypot(x_grid - np.float32(at), y_grid - np.float32(y)) + 0.5, 0, 1)
        over(sheet, hole, np.asarray(np.full(3, rng.uniform(0, 0.45)), dtype=np.float32))


def show_through(sheet: Sheet, layer: Layer, rng: Rng) -> None:
    """Writing on the back: faint, blurred and mirrored."""
    faint = cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(0.5, 3)))
    over(
        sheet,
        faint * float(rng.uniform(0.05, 0.4)),
        np.asarray(sheet[::8, ::8].mean((0, 1)) * rng.uniform(0.3, 0.7), dtype=np.float32),
    )


def crease(sheet: Sheet, rng: Rng) -> None:
    """A fold: a step in brightness with a bright or dark line, in place."""
    height, width = sheet.shape[:2]
    angle = float(rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])) + float(rng.normal(0, 0.05))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = (x - np.float32(width * rng.uniform(0.2, 0.8))) * np.float32(np.cos(angle)) + (
        y - np.float32(height * rng.uniform(0.2, 0.8))
    ) * np.float32(np.sin(angle))
    soft = float(rng.uniform(0.6, 4))
    light = 1 - float(rng.uniform(0, 0.18)) / (1 + np.exp(np.clip(away / soft, -30, 30)))
    light *= 1 + float(rng.uniform(-0.25, 0.2)) * np.exp(-((away / float(rng.uniform(0.7, 3))) ** 2))
    sheet *= light[..., None].astype(np.float32)


def stains(sheet: Sheet, rng: Rng) -> None:
    """Specks, smears of an eraser, or a large soft stain, in place."""
    height, width = sheet.shape[:2]
    kind = rng.random()
    if kind < 0.5:
        for _ in range(int(rng.integers(1, 12))):
            centre = int(rng.integers(width)), int(rng.integers(height))
            dot = np.zeros((height, width), dtype=np.uint8)
            cv2.circle(dot, centre, int(rng.integers(1, 3)), 255, -1, cv2.LINE_AA)
            over(
                sheet,
                dot.astype(np.float32) * np.float32(rng.uniform(0.2, 0.9) / 255),
                np.asarray(np.full(3, rng.uniform(0, 0.5)), dtype=np.float32),
            )
    else:
        soft = np.clip(blotches((height, width), int(rng.integers(2, 6)), rng) - 0.4, 0, 1)
        over(sheet, soft * float(rng.uniform(0.05, 0.3)), np.asarray(rng.uniform(0.3, 0.8, 3), dtype=np.float32))


def window(sheet: Sheet, keep_clear: Box, rng: Rng) -> None:
    """Bars, buttons and lines of text of a program's window, away from the box, in place."""
    height, width = sheet.shape[:2]
    left, top, right, bottom = keep_clear
    for _ in range(int(rng.integers(1, 7))):
        w, h = float(rng.uniform(0.05, 1)) * width, float(rng.uniform(0.01, 0.12)) * height
        x, y = float(rng.uniform(-0.1, 1)) * width, float(rng.uniform(0, 1)) * height
        if rng.random() < 0.35:
            x, w = 0.0, float(width)
        if x > right + 3 or x + w < left - 3 or y > bottom + 3 or y + h < top - 3:
            part = sheet[max(0, round(y)) : round(y + h), max(0, round(x)) : max(0, round(x + w))]
            part += float(rng.uniform(0.3, 1)) * (rng.uniform(0, 1, 3).astype(np.float32) - part)
    printing(sheet, keep_clear, rng, count=int(rng.integers(0, 4)))
