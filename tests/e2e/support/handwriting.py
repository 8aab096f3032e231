"""Handwriting to replay: strokes, and the time of each point."""

import io
import itertools
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.pictures.strokes import fit_strokes, length, positions, render
from ml.sources import generator

VARIABLE = "DIGITSITE_STROKES"
SHEET = 300
PEN = 16
"""The drawing page's default pen width."""
RATE_MS = 8
"""A mouse, a stylus or a good touch screen reports about 120 points per second."""
SPEED = 0.5
"""Sheet units per millisecond for strokes without times. An eight takes about a second and a half."""
BEGINNING_MS = 100
LIFTED_MS = 200

Place = tuple[float, float, float, float]
"""x and y on the sheet, milliseconds since the stroke began, pressure."""


@dataclass(frozen=True)
class Written:
    """A digit or number as someone wrote it, centred on the sheet."""

    label: str
    strokes: list[list[Place]]
    picture: bytes
    """The same strokes as a PNG, as a program would send them."""


def handwriting(count: int) -> list[Written]:
    """Samples from across the file of strokes that the environment names; generated samples if it names none."""
    path = os.environ.get(VARIABLE)
    if not path:
        return [_made(number) for number in range(count)]
    lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
    chosen = [lines[number * len(lines) // count] for number in range(min(count, len(lines)))]
    return [_fitted(row["label"], row["strokes"]) for row in map(json.loads, chosen)]


def _made(number: int) -> Written:
    rng = np.random.default_rng([7, number])
    return _fitted(number % 10, generator.digit_strokes(number % 10, rng))


def _fitted(label: Any, raw: Sequence[Sequence[Sequence[float]]]) -> Written:
    fitted = fit_strokes(raw, width=SHEET, height=SHEET, pen=PEN)
    out = io.BytesIO()
    Image.fromarray(render(fitted, width=SHEET, height=SHEET)).save(out, "PNG")
    return Written(str(label), [timed(stroke["points"]) for stroke in fitted], out.getvalue())


def timed(points: Sequence[Sequence[float]]) -> list[Place]:
    """The pen's positions every `RATE_MS`, from the points' own times if they have them.

    A stroke without times starts slowly, is fastest in the middle and ends slowly (minimum jerk: T. Flash and
    N. Hogan, The coordination of arm movements, 1985).
    """
    places = positions(points)
    if len(points[0]) > 2:
        times = np.maximum.accumulate([float(point[2] - points[0][2]) for point in points])
        now = np.arange(0, times[-1] + RATE_MS, RATE_MS)
        along = np.interp(now, times, np.arange(len(points)))
    else:
        reach = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))))
        lasts = BEGINNING_MS + length(places) / SPEED
        now = np.linspace(0, lasts, math.ceil(lasts / RATE_MS) + 1)
        part = now / lasts
        along = np.interp(reach[-1] * (10 * part**3 - 15 * part**4 + 6 * part**5), reach, np.arange(len(points)))
    pressures = [point[3] if len(point) > 3 else 0.5 for point in points]
    columns = [np.interp(along, np.arange(len(points)), column) for column in (*places.T, pressures)]
    return [(float(x), float(y), float(t), float(p)) for x, y, t, p in zip(*columns[:2], now, columns[2], strict=True)]


def lasts(written: Written) -> float:
    """Seconds that writing it takes."""
    return sum(stroke[-1][2] + LIFTED_MS for stroke in written.strokes) / 1000


def dealt(drawings: Sequence[Written], hands: int) -> list[list[Written]]:
    """The drawings, divided among this many hands."""
    return [list(itertools.islice(drawings, hand, None, hands)) for hand in range(hands)]
