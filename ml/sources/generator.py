"""Synthetic handwritten digits made from skeletons: bent, jittered, slanted, with a pen's speed and pressure."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ml.pictures.strokes import resample
from ml.sources.skeletons import COMMON, DIGITS, LETTERS, SHAPES, Skeleton, control_points

VERSION = 6
"""Part of the names of cached files. Increase it when the same seed gives different strokes than before."""

FORMS: dict[int, tuple[str, ...]] = {digit: tuple(forms) for digit, forms in DIGITS.items()}
"""The names of each digit's forms."""

RARE_WEIGHT = 0.5
"""How often a rare form is drawn, compared with a common one."""

Points = NDArray[np.float64]
Strokes = list[list[list[float]]]

_STEP = 0.025
_UNIT_PER_S = 4.0
"""Speed of a brisk hand, in letter heights per second."""


def digit_strokes(digit: int, rng: np.random.Generator, form: str | None = None) -> Strokes:
    """Strokes of [x, y, t_ms, pressure] in a unit box (longer side 1, y down). None picks a random form.

    Raises KeyError for an unknown digit or form.
    """
    return _written(_deformed(DIGITS[digit][form], rng) if form else _some_form(digit, rng), rng)


def non_digit_strokes(rng: np.random.Generator) -> Strokes:
    """Strokes, in the form of `digit_strokes`, that no one would read as a digit: letters, joined writing, shapes,
    scribbles, half and doubled digits.
    """
    kinds: list[Callable[[np.random.Generator], list[Points]]]
    kinds = [_letter, _letters, _joined, _shape, _scribble, _pair, _overlap, _half]
    kind = kinds[int(rng.choice(len(kinds), p=[0.23, 0.07, 0.07, 0.25, 0.17, 0.1, 0.06, 0.05]))]
    return _written(kind(rng), rng)


def spline(points: Points) -> Points:
    """A centripetal Catmull-Rom curve through the points, sampled about every _STEP. A doubled point is a corner."""
    doubled = np.flatnonzero(np.all(np.diff(points, axis=0) == 0, axis=1))
    parts = np.split(points, doubled + 1)
    curves = [_smooth(part) for part in parts if len(part)]
    return np.concatenate(curves)


def _smooth(points: Points) -> Points:
    if len(points) < 3:
        return resample(points, _STEP)
    # Mirrored points give the curve a direction at its ends.
    knots = np.concatenate(([2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]))
    pieces = [_segment(knots[index : index + 4]) for index in range(len(points) - 1)]
    return np.concatenate([*pieces, points[-1:]])


def _segment(knots: Points) -> Points:
    """One centripetal segment without its last point, by Barry and Goldman's pyramid."""
    gaps = np.maximum(np.hypot(*np.diff(knots, axis=0).T) ** 0.5, 1e-3)
    t = np.concatenate(([0.0], np.cumsum(gaps)))
    count = max(2, round(float(np.hypot(*(knots[2] - knots[1]))) / _STEP))
    at = np.linspace(t[1], t[2], count, endpoint=False)[:, None]

    def mix(one: Points, other: Points, low: float, high: float) -> Points:
        return (one * (high - at) + other * (at - low)) / (high - low)

    a = [mix(knots[i], knots[i + 1], t[i], t[i + 1]) for i in range(3)]
    b = [mix(a[i], a[i + 1], t[i], t[i + 2]) for i in range(2)]
    return mix(b[0], b[1], t[1], t[2])


def _deformed(skeleton: Skeleton, rng: np.random.Generator, wildness: float = 1.0) -> list[Points]:
    """The skeleton with the variation of handwriting."""
    jitter = wildness * float(rng.uniform(0.01, 0.045))
    curves = []
    for index, stroke in enumerate(skeleton):
        points = control_points(stroke)
        moved = points + _same_at_corners(points, rng.normal(0, jitter, points.shape))
        curve = spline(moved)
        if index:
            curve = curve + rng.normal(0, 0.025 * wildness, 2)
        curves.append(_retouched_ends(curve, rng, wildness))
    if len(curves) == 2 and rng.random() < 0.04:
        curves = [np.concatenate((curves[0], resample(np.stack((curves[0][-1], curves[1][0])), _STEP), curves[1]))]
    return _bent(curves, rng, wildness)


def _same_at_corners(points: Points, noise: Points) -> Points:
    """The noise, changed so that both copies of a doubled point move alike."""
    for index in range(1, len(points)):
        if np.array_equal(points[index], points[index - 1]):
            noise[index] = noise[index - 1]
    return noise


def _retouched_ends(curve: Points, rng: np.random.Generator, wildness: float) -> Points:
    """The curve with ends that stop early or run on a little."""
    if len(curve) < 8:
        return curve
    cut_start, cut_end = (int(rng.integers(0, 1 + round(0.05 * wildness * len(curve)))) for _ in range(2))
    curve = curve[cut_start : len(curve) - cut_end]
    if rng.random() < 0.3:
        onward = (curve[-1] - curve[-3]) * float(rng.uniform(0.5, 2.5) * wildness)
        curve = np.concatenate((curve, curve[-1] + onward * np.linspace(0.3, 1, 3)[:, None]))
    return curve


def _bent(curves: list[Points], rng: np.random.Generator, wildness: float) -> list[Points]:
    """The curves bent smoothly together, then stretched, slanted and turned."""
    phase = rng.uniform(0, 2 * np.pi, 4)
    size = wildness * rng.normal(0, 0.022, 4)
    breadth = 0.68 * float(np.exp(rng.normal(0, 0.25)))
    slant, turn = float(rng.normal(0.08, 0.17)), float(np.deg2rad(rng.normal(0, 5)))
    cos, sin = np.cos(turn), np.sin(turn)
    affine = np.array([[cos, -sin], [sin, cos]]) @ np.array([[breadth, -slant], [0, 1]])
    tremor = float(rng.uniform(0, 0.006)) * wildness
    bent = []
    for curve in curves:
        x, y = curve.T
        wave_x = size[0] * np.sin(3 * y + phase[0]) + size[1] * np.sin(6 * y + 2 * x + phase[1])
        wave_y = size[2] * np.sin(3 * x + phase[2]) + size[3] * np.sin(6 * x + 2 * y + phase[3])
        waved = np.stack((x + wave_x, y + wave_y), axis=1) + _tremble(len(curve), tremor, rng)
        bent.append(waved @ affine.T)
    return bent


def _tremble(count: int, deviation: float, rng: np.random.Generator) -> Points:
    noise = rng.normal(0, deviation, (count + 4, 2))
    return (noise[:-4] + noise[1:-3] + noise[2:-2] + noise[3:-1] + noise[4:]) / 5**0.5


def _letter(rng: np.random.Generator) -> list[Points]:
    return _deformed(LETTERS[list(LETTERS)[int(rng.integers(len(LETTERS)))]], rng, 0.8)


def _letters(rng: np.random.Generator) -> list[Points]:
    """Two or three letters in a row."""
    written = _letter(rng)
    for _ in range(int(rng.integers(1, 3))):
        following = _letter(rng)
        shift = _reach(written, 1) - _reach(following, -1) + float(rng.uniform(0.05, 0.25))
        aside = np.array((shift, float(rng.normal(0, 0.06))))
        written += [curve + aside for curve in following]
    return written


def _joined(rng: np.random.Generator) -> list[Points]:
    """Joined writing without letters, like a signature: loops and humps along a line."""
    turns = int(rng.integers(3, 8))
    phase = np.linspace(0, 2 * np.pi * turns, 24 * turns)
    knots = np.arange(turns + 1) * 2 * np.pi
    tall = np.interp(phase, knots, rng.choice((0.3, 0.4, 1.0), turns + 1))
    loop = np.interp(phase, knots, rng.uniform(-0.05, 0.32, turns + 1))
    x = phase / (2 * np.pi) * float(rng.uniform(0.25, 0.5)) + loop * np.sin(phase)
    return _bent([np.stack((x, -tall * (1 - np.cos(phase)) / 2), axis=1)], rng, 1.0)


def _shape(rng: np.random.Generator) -> list[Points]:
    curves = _deformed(SHAPES[list(SHAPES)[int(rng.integers(len(SHAPES)))]], rng, 0.8)
    # Digits' breadth would make shapes too slim.
    return [curve * (float(rng.uniform(1.0, 1.8)), 1.0) for curve in curves]


def _scribble(rng: np.random.Generator) -> list[Points]:
    """Many turns, or many short lines."""
    if rng.random() < 0.3:
        starts = rng.uniform(0, 1, (int(rng.integers(5, 12)), 2))
        return [resample(np.stack((start, start + rng.normal(0, 0.35, 2))), _STEP) for start in starts]
    count = int(rng.integers(9, 22))
    points = rng.uniform(0, 1, (count, 2)) * (float(rng.uniform(0.5, 2.0)), 1.0)
    return [spline(points)]


def _any_digit(rng: np.random.Generator) -> list[Points]:
    return _some_form(int(rng.integers(10)), rng)


def _some_form(digit: int, rng: np.random.Generator) -> list[Points]:
    weights = np.array([1.0 if name in COMMON[digit] else RARE_WEIGHT for name in FORMS[digit]])
    name = FORMS[digit][int(rng.choice(len(weights), p=weights / weights.sum()))]
    return _deformed(DIGITS[digit][name], rng)


def _pair(rng: np.random.Generator) -> list[Points]:
    """Two digits side by side, as a bad segmentation would join them."""
    left, right = _any_digit(rng), _any_digit(rng)
    shift = _reach(left, 1) - _reach(right, -1) + float(rng.uniform(0.02, 0.2))
    aside = np.array((shift, float(rng.normal(0, 0.08))))
    return left + [curve + aside for curve in right]


def _overlap(rng: np.random.Generator) -> list[Points]:
    """Two round digits on top of each other. No stick, because across a zero it would make a slashed zero."""
    first, second = rng.choice((2, 3, 5, 6, 8, 9), 2, replace=False)
    angle = float(rng.uniform(0, 2 * np.pi))
    # A three too close to an eight would read as an eight.
    aside = float(rng.uniform(0.2, 0.5)) * np.array((np.cos(angle), np.sin(angle)))
    return _some_form(int(first), rng) + [curve + aside for curve in _some_form(int(second), rng)]


def _half(rng: np.random.Generator) -> list[Points]:
    """The left half of a digit, for digits with a left half that looks like no digit."""
    curves = _some_form(int(rng.choice((2, 3, 5, 8))), rng)
    middle = (_reach(curves, 1) + _reach(curves, -1)) / 2
    kept = []
    for curve in curves:
        edges = np.flatnonzero(np.diff((curve[:, 0] < middle).astype(int))) + 1
        kept += [part for part in np.split(curve, edges) if part[0, 0] < middle and len(part) > 2]
    return kept or curves


def _reach(curves: list[Points], side: int) -> float:
    """The rightmost (`side` 1) or leftmost (-1) x."""
    return side * max(float((side * curve[:, 0]).max()) for curve in curves)


def _written(curves: list[Points], rng: np.random.Generator) -> Strokes:
    """Curves scaled to the unit box, with times and pressures: slower in bends, lighter at the ends."""
    everything = np.concatenate(curves)
    low = everything.min(axis=0)
    scale = 1 / max(float((everything - low).max()), 1e-6)
    pace = _UNIT_PER_S * float(np.exp(rng.normal(0, 0.3)))
    base = float(rng.uniform(0.35, 0.75))
    clock = 0.0
    strokes: Strokes = []
    for curve in curves:
        placed = (curve - low) * scale
        times = clock + _times(placed, pace)
        ease = np.minimum(1, np.minimum(np.arange(len(placed)), np.arange(len(placed))[::-1]) / 4 + 0.5)
        columns = np.column_stack((placed, times, base * ease)).round(4)
        strokes.append([[float(value) for value in row] for row in columns])
        clock = float(times[-1]) + float(rng.uniform(80, 250))
    return strokes


def _times(points: Points, pace: float) -> NDArray[np.float64]:
    """Milliseconds from the stroke's start, by the two-thirds power law of drawing (Lacquaniti et al., 1983)."""
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    turns = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))))
    curvature = np.append(turns, turns[-1:] if len(turns) else 0.0)[: len(lengths)] / np.maximum(lengths, 1e-6)
    speed = pace * (1 + curvature / 8) ** (-1 / 3)
    return np.concatenate(([0.0], np.cumsum(1000 * lengths / speed)))
