"""Labelled strokes as JSON lines: {"label", "writer", "strokes": [[[x, y], …], …]}, in any unit."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ml.pictures.strokes import fit_strokes, render
from ml.sources.labelled.files import FileSet
from ml.sources.labelled.rows import BadRow, Labelled, Make, checked_label, checked_writer

CANVAS = 300
"""Pixels a side of the canvas that strokes are drawn on. A number's canvas is proportionally wider."""
FAR = 1e15
"""The largest absolute value of a coordinate, time or pressure."""


LINE_LIMIT = 4 * 2**20
"""Bytes of a line."""


def stroke_lines(files: FileSet, name: str, *, pen: float, blank: str) -> Iterator[Make]:
    """One drawing a line. `pen`: its width in pixels. `blank`: what an empty label stands for."""
    with files.path(name).open("rb") as lines:
        for number, line in enumerate(iter(partial(lines.readline, LINE_LIMIT), b""), start=1):
            if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
                raise ValueError(f"line {number} has over {LINE_LIMIT // 2**20} MB")
            if line.strip():
                yield partial(_strokes, line, f"{name}, line {number}", pen, blank)


def _strokes(line: bytes, name: str, pen: float, blank: str) -> Labelled:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRow(f"{name} is not in UTF-8 ({error}).") from error
    try:
        row = json.loads(text)
        said, raw = row["label"], row["strokes"]
        label = checked_label("" if said is None else str(said) or blank, name)
        _check_points(raw)
        width = _canvas_width(raw)
        strokes = fit_strokes(raw, width=width, height=CANVAS, pen=pen)
        picture = render(strokes, width=width, height=CANVAS)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise BadRow(f"{name}: not a drawing of strokes ({error!r}).") from error
    drawn: dict[str, Any] = {"width": width, "height": CANVAS, "background": "#ffffff", "strokes": strokes}
    return Labelled(picture, label, checked_writer(str(row.get("writer", "")), name), name, drawn)


def _check_points(strokes: list[list[list[float]]]) -> None:
    """Raises ValueError or TypeError unless all values are finite numbers; Python's JSON accepts NaN and Infinity."""
    if not all(abs(value) <= FAR for stroke in strokes for point in stroke for value in point):
        raise ValueError("its points are not finite numbers")


def _canvas_width(strokes: list[list[list[float]]]) -> int:
    """The canvas width at which a number's digits are as tall as a single digit would be."""
    points = np.concatenate([np.array(stroke, dtype=np.float64)[:, :2] for stroke in strokes if stroke])
    width, height = np.maximum(np.ptp(points, axis=0), 1e-6)
    return int(min(8 * CANVAS, max(CANVAS, CANVAS * width / height)))
