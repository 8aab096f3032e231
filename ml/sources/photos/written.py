"""What is written on a sheet: one digit, a number with signs between its digits, neighbours at the edges."""

from dataclasses import dataclass

import numpy as np

from ml.sources.photos.handwriting import Box, Canvas, Hands, Rng, Shape, line, log_uniform, pick, printed_digit, write
from ml.sources.photos.pens import PENS, Colour, Sheet

SIGNS = {
    "slash": (line((0.5, 0), (0, 1)), 1.15, 0.0),
    "minus": (line((0, 0), (0.5, 0)), 0.45, 0.0),
    "comma": (line((0.1, 0), (0.12, 0.1), (0, 0.25)), 0.22, 0.5),
    "point": (line((0, 0), (0.01, 0.01)), 0.03, 0.47),
    "plus": (line((0, 0.25), (0.5, 0.25), (0.25, 0.25), (0.25, 0), (0.25, 0.5)), 0.5, 0.0),
    "equals": (
        Shape(strokes=[np.array([(0, 0, 0, 0.5), (0.5, 0, 0, 0.5)]), np.array([(0, 0.2, 0, 0.5), (0.5, 0.2, 0, 0.5)])]),
        0.45,
        0.0,
    ),
    "colon": (line((0, 0), (0, 0.02)), 0.04, 0.3),
}
"""Signs between digits: the shape, its longer side and how far its middle lies below the digits', in digit heights."""

SIGNED_SHARE = 0.5
"""Share of the numbers that have signs, and of the gaps in them that hold one."""

SIGN_ROOM = 0.6
"""A sign has this share of a digit's room."""

MAYBE_PRINTED = {"plain", "table", "form box", "screen", "row of boxes"}
"""Kinds of ground where a single digit may be a printed one: that is read, too."""

PRINTED_SHARE = 0.1

THICKEST = 0.2
"""A pen in a number is at most this share of a digit's height wide."""

CUT_SHARE, NEIGHBOUR_DIGITS = 0.75, 0.75
"""Shares of the neighbours that an edge of the sheet cuts, and that are digits."""

CLEARANCE = 3
"""Pixels between a neighbour and what is meant."""


@dataclass
class Leaf:
    """A sheet as it is being made.

    `paper`: what a camera would see of it. `canvas`: where ink is. `taken`: the box of what is meant, written or to be
    written. `height`: of the digits, in pixels. `several`: whether other whole digits stand beside the one that is
    meant. `text`: the digits. `meant`: the one that is meant, or "".
    """

    paper: Sheet
    canvas: Canvas
    pen: str
    colour: Colour
    taken: Box
    height: float
    several: bool = False
    text: str = ""
    meant: str = ""


def write_text(leaf: Leaf, hands: Hands, kind: str, rng: Rng) -> None:
    """Writes the leaf's text where it is to stand: one digit, or a number, now and then with signs."""
    breadth = max(1.0, leaf.height * _breadth(leaf, rng))
    if len(leaf.text) == 1:
        _write_digit(leaf, hands, breadth, rng, maybe_printed=kind in MAYBE_PRINTED)
    else:
        _write_number(leaf, hands, breadth, rng, maybe_signed=kind != "row of boxes")


def write_other(leaf: Leaf, hands: Hands, rng: Rng) -> None:
    """Writes a letter, a word or a scribble where a digit would stand."""
    shape = hands.other(rng)
    breadth = leaf.height * _breadth(leaf, rng)
    write(
        leaf.canvas, shape, ["writing", "digit"], _middle(leaf.taken), leaf.height, breadth, rng, PENS[leaf.pen].swing
    )


def write_neighbours(leaf: Leaf, hands: Hands, rng: Rng) -> None:
    """Writes one to three digits or letters beside what is meant, most of them reaching in from the edges."""
    for _ in range(int(rng.integers(1, 4))):
        side = leaf.height * float(rng.uniform(0.7, 1.25))
        x, y = _place_beside(leaf, side, rng)
        left, top, right, bottom = leaf.taken
        near = (
            left - CLEARANCE - side / 2 < x < right + CLEARANCE + side / 2
            and top - CLEARANCE - side / 2 < y < bottom + CLEARANCE + side / 2
        )
        if near:
            continue
        shape = hands.digit(int(rng.integers(10)), rng) if rng.random() < NEIGHBOUR_DIGITS else hands.other(rng)
        breadth = max(1.0, side * _breadth(leaf, rng))
        write(leaf.canvas, shape, ["writing"], (x, y), side, breadth, rng, PENS[leaf.pen].swing)
        leaf.several = True


def _write_digit(leaf: Leaf, hands: Hands, breadth: float, rng: Rng, *, maybe_printed: bool) -> None:
    printed = maybe_printed and rng.random() < PRINTED_SHARE
    shape = printed_digit(int(leaf.text), rng) if printed else hands.digit(int(leaf.text), rng)
    swing = PENS[leaf.pen].swing
    leaf.taken = write(leaf.canvas, shape, ["writing", "digit"], _middle(leaf.taken), leaf.height, breadth, rng, swing)
    leaf.meant = leaf.text


def _write_number(leaf: Leaf, hands: Hands, breadth: float, rng: Rng, *, maybe_signed: bool) -> None:
    """Writes digits side by side; the one nearest to the sheet's middle is the one that is meant."""
    left, _, right, _ = leaf.taken
    height, count = leaf.height, len(leaf.text)
    signed = np.zeros(count, dtype=bool)
    if maybe_signed and rng.random() < SIGNED_SHARE:
        signed[:-1] = rng.random(count - 1) < SIGNED_SHARE
    step = (right - left) / (count + SIGN_ROOM * signed.sum())
    starts = left + step * (np.arange(count) + SIGN_ROOM * np.concatenate(([0], np.cumsum(signed)[:-1])))
    xs = starts + step / 2 + rng.normal(0, 0.04, count) * step
    rise = float(rng.normal(0, 0.04))
    meant = int(np.argmin(np.abs(xs - leaf.canvas.width / 2)))
    y = _middle(leaf.taken)[1]
    for index, (digit, x) in enumerate(zip(leaf.text, xs.tolist(), strict=True)):
        shape = hands.digit(int(digit), rng)
        wide, high = shape.size
        side = min(
            height * float(np.exp(rng.normal(0, 0.07))) / max(high, 0.6),
            0.97 * step / max(wide, 0.3) * float(rng.uniform(0.85, 1.1)),
        )
        at = (x, y + float(rng.normal(0, 0.03)) * height + rise * (x - xs[0]))
        names = ["writing", "digit"] if index == meant else ["writing"]
        thin = min(breadth, THICKEST * side)
        write(leaf.canvas, shape, names, at, side, thin, rng, PENS[leaf.pen].swing)
        if signed[index]:
            sign, size, below = pick(list(SIGNS.values()), rng)
            room = SIGN_ROOM * step - thin
            longer = min(height * size * float(rng.uniform(0.8, 1.2)), room / max(sign.size[0], 1e-3))
            place = (starts[index] + step * (1 + SIGN_ROOM / 2), y + height * below)
            write(leaf.canvas, sign, ["signs"], place, max(1.0, longer), thin, rng)
    leaf.meant, leaf.several = leaf.text[meant], True


def _place_beside(leaf: Leaf, side: float, rng: Rng) -> tuple[float, float]:
    """A place at one side of what is meant, most often so far away that the sheet's edge cuts what stands there."""
    left, top, right, bottom = leaf.taken
    angle = float(rng.choice([0, np.pi, np.pi / 2, -np.pi / 2])) + float(rng.normal(0, 0.3))
    away = (0.62 + float(rng.uniform(0, 0.6))) * leaf.height
    cos, sin = np.cos(angle), np.sin(angle)
    x = (left + right) / 2 + cos * (away + (right - left) / 2)
    y = (top + bottom) / 2 + sin * (away + (bottom - top) / 2)
    if rng.random() < CUT_SHARE:
        x = _at_edge(x, cos, leaf.canvas.width, side, rng)
        y = _at_edge(y, sin, leaf.canvas.height, side, rng)
    return float(x), float(y)


def _at_edge(place: float, direction: float, length: int, side: float, rng: Rng) -> float:
    if abs(direction) < 0.5:
        return place
    return float((length if direction > 0 else 0) + rng.normal(0, 0.25) * side)


def _breadth(leaf: Leaf, rng: Rng) -> float:
    """The pen's width as a share of a digit's height."""
    return log_uniform(*PENS[leaf.pen].width, rng)


def _middle(box: Box) -> tuple[float, float]:
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2
