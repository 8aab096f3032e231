"""Computes what an evaluation's charts show, and where: the data for `templates/charts.html`.

Lengths are in pixels of the chart. Colours come from the page's custom properties, so the charts follow its theme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ml.evaluation.targets import outside

Figures = dict[str, Any]

WORST_FALL = 0.1
"""The fall below the plain cell's accuracy that gets the strongest colour."""


@dataclass(frozen=True)
class Scale:
    """A linear axis: the value `low` is at `start`, the value 1 at `end`."""

    start: float
    end: float
    low: float = 0.0

    def __call__(self, value: float) -> float:
        """The value's position on the axis, in pixels."""
        return self.start + (self.end - self.start) * (value - self.low) / (1 - self.low)


def confusion(table: Figures) -> Figures:
    """The confusion table without its empty columns, except for digits. `shade`: percent of the strongest colour."""
    read = table["read"]
    shown = [i for i, name in enumerate(read) if name.isdigit() or any(row[i] for row in table["table"])]
    rows = list(zip(table["labels"], table["table"], strict=True))
    most = max((count for label, row in rows for i, count in enumerate(row) if read[i] != label), default=0)

    def cell(label: str, row: Sequence[int], i: int) -> Figures:
        right = read[i] == label
        shade = round(20 + 80 * (row[i] / most) ** 0.5) if row[i] and not right else 0
        return {"count": row[i], "right": right, "shade": shade}

    return {
        "columns": [read[i] for i in shown],
        "rows": [{"label": label, "cells": [cell(label, row, i) for i in shown]} for label, row in rows],
    }


def per_class(rows: Sequence[Figures]) -> Figures:
    """Each class's accuracy as a dot at `x`, `y`, its interval as a whisker from `low_x` to `high_x`."""
    lowest = min(float(row["low"]) for row in rows)
    # Start the axis at a round value, so that the ticks are round too.
    start = next(edge for edge in (0.98, 0.95, 0.9, 0.8, 0.5, 0.0) if edge <= lowest or edge == 0.0)
    x, step = Scale(66, 340, low=start), 22
    ticks = (start, (start + 1) / 2, 1.0)
    dots = [
        {**row, "y": 4 + step * (index + 0.5)} | {f"{name}_x": x(row[name]) for name in ("low", "high", "share")}
        for index, row in enumerate(rows)
    ]
    return {
        "height": step * len(rows) + 34,
        "ticks": [{"x": x(share), "share": share} for share in ticks],
        "tick_digits": 0 if start < 0.98 else 1,
        "rows": dots,
    }


def calibration(bins: Sequence[Figures]) -> Figures:
    """Each bin's accuracy against its confidence; on the diagonal they are equal. `size` grows with the bin's count."""
    x, y = Scale(46, 326), Scale(288, 8)
    most = max(row["count"] for row in bins)
    dots = [
        {**row, "x": x(row["confidence"]), "size": 3 + 6 * (row["count"] / most) ** 0.5}
        | {f"{name}_y": y(row[name]) for name in ("low", "high", "share")}
        for row in bins
    ]
    ticks = [{"share": share, "x": x(share), "y": y(share)} for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return {"bins": dots, "ticks": ticks}


def heat_map(cells: Sequence[Figures], version: int) -> list[Figures]:
    """The grid's cells, one row per factor, coloured by how far they fall below the plain cell."""
    return [
        {"factor": factor, "cells": [_heat(entry, version) for entry in members]}
        for factor, members in groupby(cells, key=lambda entry: str(entry["factor"]))
    ]


def _heat(entry: Figures, version: int) -> Figures:
    found = entry["versions"][version]
    fall = max(0.0, -found["difference"])
    shade = round(100 * min(1.0, (fall / WORST_FALL) ** 0.5))
    return {**found, "set": entry["set"], "cell": entry["cell"], "outside": outside(entry, version), "shade": shade}
