"""Writes docs/model-card.md from measured figures; none is typed by hand.

    python -m ml.evaluation.model_card FIGURES.json … --real PHOTOS.json … --out docs/model-card.md

All JSON files are written by `manage.py evaluate … --json`, for the network that the manifest describes: FIGURES on
composed pictures (MNIST and the robustness grid), PHOTOS on people's photographs.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.atomic_files import replacing
from ml.evaluation.grid import CANVAS, HEIGHT, PEN
from ml.evaluation.rendering import render
from ml.evaluation.tables import part_note, part_title
from ml.evaluation.targets import outside, targets, title
from ml.network.manifest import BUNDLED, Manifest
from ml.sources.fonts import families
from ml.sources.generator import FORMS

Entry = dict[str, Any]

GROUPS = ("", "grid", "grounds", "nothing")
"""What a set of figures is about, by its `group`: labelled pictures if it has none."""

HARDEST_CLASSES = 3
MOST_CONFUSIONS = 8
COSTLIEST_CELLS = 5


class OtherNetwork(Exception):
    """The figures were measured with another network than the manifest describes."""


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line and writes the card."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.model_card", description="Writes the model card.")
    parser.add_argument("figures", nargs="+", type=Path, help="files written by `manage.py evaluate --json`")
    parser.add_argument("--real", nargs="+", action="extend", type=Path, default=[], help="such files on photographs")
    parser.add_argument("--artifact", type=Path, default=BUNDLED, help="folder of the network's manifest.json")
    parser.add_argument("--out", type=Path, required=True, help="Markdown file to write the card to")
    options = parser.parse_args(arguments)
    text = card(_entries(options.figures), Manifest.read(options.artifact), real=_entries(options.real))
    with replacing(options.out) as part:
        part.write_text(text, encoding="utf-8")


def _entries(files: Sequence[Path]) -> list[Entry]:
    return [entry for file in files for entry in json.loads(file.read_text(encoding="utf-8"))]


def card(report: Sequence[Entry], manifest: Manifest, *, real: Sequence[Entry] = ()) -> str:
    """The card as Markdown. `report`: figures on composed pictures, `real`: on photographs. Raises OtherNetwork."""
    own = [{**entry, "versions": [_of(entry, manifest)]} for entry in report]
    # Flatten: each set with its figures for this network.
    found = [{**entry, **entry["versions"][0], "title": title(entry)} for entry in own]
    groups = {name: [entry for entry in found if entry.get("group", "") == name] for name in GROUPS}
    cells = [{**entry, "outside": outside(entry, 0)} for entry in groups["grid"]]
    measured = [*report, *real]
    days = sorted({entry["measured_at"] for entry in measured})
    return render(
        "model_card.md",
        manifest=manifest,
        forms=sum(map(len, FORMS.values())),
        families=len(families()),
        targets=targets(own, 0),
        sets=groups[""],
        cells=cells,
        canvas=CANVAS,
        pen=PEN,
        height=HEIGHT,
        grounds=groups["grounds"],
        nothing=groups["nothing"],
        weakest=_weakest(groups[""]),
        costliest=_costliest(cells),
        photographs=[_photographs(entry, _of(entry, manifest)) for entry in real],
        days=days if len(days) == 1 else [days[0], days[-1]],
        commands=list(dict.fromkeys(entry["command"] for entry in measured)),
    )


def _of(entry: Entry, manifest: Manifest) -> Entry:
    found: Entry | None = next(
        (each for each in entry["versions"] if each.get("sha256") == manifest.artifact_sha256), None
    )
    if found is None:
        raise OtherNetwork(f"{entry['set']}: measured with another network than {manifest.sha256[:12]}…")
    return found


def _photographs(entry: Entry, found: Entry) -> Entry:
    """A set of photographs, with its rows for the table: by kind and paper as far as it says them, and in all."""
    parts = found.get("parts", [])
    rows = [
        {**part, "title": part_title(part), "note": part_note(part), "total": part["by"] == ["kind"]}
        for part in parts
        if part["by"] != ["writer"]
    ]
    every = "in all, without print" if any(row.get("kind") == "printed" for row in rows) else "in all"
    writers = sum(part["by"] == ["writer"] and bool(part["writer"]) for part in parts)
    rows.append({**found, "title": every, "note": "", "total": True, "writers": writers})
    return {"title": title(entry), "limit": entry.get("limit"), "rows": rows}


def _weakest(sets: Sequence[Entry]) -> list[Entry]:
    """The classes read worst in each set, and the most common confusions."""
    made = []
    for found in sets:
        if "confusion" in found:
            lowest = sorted(found["per_class"], key=lambda row: float(row["share"]))[:HARDEST_CLASSES]
            classes = [row for row in lowest if row["right"] < row["count"]]
            confusions = sorted(_confusions(found["confusion"]), reverse=True)[:MOST_CONFUSIONS]
            made.append({"title": found["title"], "classes": classes, "confusions": confusions})
    return [each for each in made if each["classes"]]


def _confusions(table: Entry) -> list[tuple[int, str, str]]:
    """The confusions as (count, label, reading)."""
    return [
        (count, label, read)
        for row, label in zip(table["table"], table["labels"], strict=True)
        for count, read in zip(row, table["read"], strict=True)
        if count and label != read
    ]


def _costliest(cells: Sequence[Entry]) -> list[Entry]:
    """The cells with the largest fall below the plain drawing."""
    lowest = sorted(cells, key=lambda entry: float(entry["difference"]))[:COSTLIEST_CELLS]
    return [entry for entry in lowest if entry["difference"] < 0]


if __name__ == "__main__":
    main()
