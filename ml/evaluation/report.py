"""An evaluation as one self-contained HTML file, without scripts, in light and dark themes."""

import base64
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from PIL import Image

from ml.evaluation import charts
from ml.evaluation.rendering import render
from ml.evaluation.tables import part_note, part_title
from ml.evaluation.targets import outside, targets, title

Entry = dict[str, Any]


def html(report: Sequence[Entry], *, command: str, measured_at: str) -> str:
    """The page for the figures of `manage.py evaluate`.

    `shown` of each version holds the steps of its readings, in a grid's cell `worst` holds pictures of its errors.
    """
    groups = {
        name: [entry for entry in report if entry.get("group", "") == name]
        for name in ("", "grid", "grounds", "nothing")
    }
    numbers = [found["version"] for found in report[0]["versions"]]
    return render(
        "report.html",
        headline=_headline(report),
        numbers=numbers,
        several=len(numbers) > 1,
        command=command,
        measured_at=measured_at,
        limit=report[0].get("limit"),
        grouped=any(entry.get("group") for entry in report),
        targets=_targets(report, numbers),
        sets=[
            {
                "title": title(entry),
                "unreadable": entry.get("unreadable", []),
                "versions": [_charted(found) for found in entry["versions"]],
            }
            for entry in groups[""]
        ],
        grids=[_grid(groups["grid"], index, number) for index, number in enumerate(numbers) if groups["grid"]],
        grounds=[
            {"worst": [], **entry["versions"][index], "cell": entry["cell"]}
            for index in range(len(numbers))
            for entry in groups["grounds"]
        ],
        nothing=_nothing(groups["nothing"]),
    )


def picture_url(picture: Image.Image) -> str:
    """A picture as the data URL of a PNG, with a palette if the picture has few colours."""
    out = io.BytesIO()
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _headline(report: Sequence[Entry]) -> str:
    if any(entry.get("group") for entry in report):
        return "How robustly Digitsite reads"
    return f"How Digitsite reads {report[0]['set'].partition(', ')[0]}"


def _targets(report: Sequence[Entry], numbers: Sequence[str]) -> list[Entry]:
    """The targets of each version; none if all figures are only reported."""
    every = [targets(list(report), index) for index in range(len(numbers))]
    if all(target.met is None for found in every for target in found):
        return []
    return [{"number": number, "targets": found} for number, found in zip(numbers, every, strict=True)]


def _charted(found: Entry) -> Entry:
    return {
        "left_out": 0,
        **found,
        "shown": _shown(found.get("shown", [])),
        "divisions": _divisions(found.get("parts", [])),
        "confusion_chart": charts.confusion(found["confusion"]) if "confusion" in found else None,
        "per_class_chart": charts.per_class(found["per_class"]),
        "calibration_chart": charts.calibration(found["reliability"]) if found["reliability"] else None,
    }


def _shown(readings: Sequence[Entry]) -> Entry:
    """The readings in groups, worst first, and what they can be filtered by: columns with several values."""
    filters = []
    tokens: dict[tuple[str, str], str] = {}
    for column in ("kind", "paper", "writer"):
        values = Counter(reading[column] for reading in readings)
        if len(values) > 1:
            tokens |= {(column, value): f"{column}-{place}" for place, value in enumerate(sorted(values))}
            options = [
                {"token": tokens[column, value], "name": value or f"no {column}", "count": values[value]}
                for value in sorted(values)
            ]
            filters.append({"name": column, "options": options})
    groups: dict[str, list[Entry]] = {}
    for reading in readings:
        origin = [reading[column] for column in ("name", "writer", "kind", "paper") if reading[column]]
        mine = " ".join(token for (column, value), token in tokens.items() if reading[column] == value)
        groups.setdefault(_group(reading), []).append({**reading, "origin": origin, "tokens": mine})
    return {
        "count": len(readings),
        "filters": filters,
        "groups": [{"title": title, "readings": members} for title, members in groups.items()],
    }


def _group(reading: Entry) -> str:
    if not reading["wrong"]:
        return "Right, but not sure"
    return "Wrong and sure" if reading["sure"] else "Wrong, not sure"


def _divisions(parts: Sequence[Entry]) -> list[Entry]:
    """The parts of a set in two tables: by kind and paper, and by writer."""
    titled = [{**part, "title": part_title(part), "note": part_note(part)} for part in parts]
    return [
        {"title": title, "rows": rows}
        for title, wanted in (("By kind and paper", False), ("By writer", True))
        if (rows := [part for part in titled if (part["by"] == ["writer"]) == wanted])
    ]


def _grid(cells: Sequence[Entry], index: int, number: str) -> Entry:
    lost = [
        {**entry, **entry["versions"][index], "outside": outside(entry, index)}
        for entry in cells
        if entry["versions"][index].get("worst")
    ]
    count = cells[0]["versions"][index]["count"]
    return {"number": number, "count": count, "factors": charts.heat_map(cells, index), "lost": lost}


def _nothing(entries: Sequence[Entry]) -> Entry:
    every = [(entry["kind"], found) for entry in entries for found in entry["versions"]]
    return {
        "rows": [{**found, "kind": kind, "unsure": found["count"] - found["sure_count"]} for kind, found in every],
        "wrong": [error for _, found in every for error in found.get("worst", [])],
    }
