"""The contents of a snapshot's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from predictor.datasets import sample_sheet, snapshots
from predictor.datasets.difference import Difference
from predictor.datasets.export.layout import FORMATS, FORMATS_OF_ORIGINALS
from predictor.models import Dataset, DatasetItem, Drawing, Owner, Side
from predictor.percentages import percent

SHOWN = 24
"""Drawings shown for each kind of difference."""

LARGEST = 5
"""Writers shown for each side."""


def context_of(dataset: Dataset) -> dict[str, Any]:
    """For the template `predictor/dataset.html`."""
    sides = [_side(dataset, side) for side in Side.values]
    rule = dataset.manifest.get("rule", {})
    return {
        "title": f"Dataset {dataset.pk}",
        "dataset": dataset,
        "drawings": sum(side["drawings"] for side in sides),
        "sides": sides,
        "labels": _labels(dataset),
        "sources": _bars({side["name"]: side["sources"] for side in sides}),
        "left_out": dataset.manifest.get("left_out", {}),
        "rule": rule and {**rule, "writer_share": percent(rule["writer_share"], 0)},
        "differences": _differences(dataset),
        "downloads": _downloads(),
        "runs": dataset.runs.select_related("candidate"),
    }


def _side(dataset: Dataset, side: str) -> dict[str, Any]:
    manifest = dataset.manifest.get("sides", {}).get(side, {})
    writers = manifest.get("writers", {"count": 0, "largest": []})
    largest = writers["largest"][:LARGEST]
    owners = Owner.objects.select_related("user").in_bulk([each["writer"] for each in largest])
    return {
        "name": side,
        "drawings": snapshots.size(dataset, side),
        "weight": manifest.get("weight"),
        "near_duplicates": manifest.get("near_duplicates", {"groups": 0, "drawings": 0}),
        "writers": writers["count"],
        "largest": [_writer(each, owners.get(each["writer"])) for each in largest],
        "sources": manifest.get("sources", {}),
        "rows": sample_sheet.rows(dataset, side),
        "sheet_height": sample_sheet.CELL * len(sample_sheet.rows(dataset, side)),
    }


def _writer(entry: dict[str, Any], owner: Owner | None) -> dict[str, Any]:
    share, weight = entry["share"], entry["weight"]
    capped = percent(weight, 1) if abs(share - weight) >= 0.005 else ""
    return {**entry, "owner": owner, "bar": _bar(share), "percent": percent(share, 1), "weighs": capped}


def _labels(dataset: Dataset) -> list[dict[str, Any]]:
    """Each class with its number of drawings on each side."""
    by_side = {side: {row.label: row.drawings for row in sample_sheet.rows(dataset, side)} for side in Side.values}
    return _bars(by_side, order=[*sample_sheet.CLASSES, sample_sheet.NUMBERS])


def _bars(by_side: Mapping[str, Mapping[str, int]], order: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Rows of a table of counts. The length of a bar is relative to the largest count of its side."""
    most = {side: max(counts.values(), default=1) for side, counts in by_side.items()}
    names = order or sorted({name for counts in by_side.values() for name in counts})
    return [
        {
            "name": name or "not a digit",
            "cells": [
                {"count": counts.get(name, 0), "bar": _bar(counts.get(name, 0) / most[side])}
                for side, counts in by_side.items()
            ],
        }
        for name in names
        if any(name in counts for counts in by_side.values())
    ]


def _bar(share: float) -> str:
    """A bar's width, as text: SVG takes no localised numbers."""
    return f"{100 * share:.2f}"


def _differences(dataset: Dataset) -> list[dict[str, Any]]:
    """The drawings added, removed and relabelled since the parent, the first of each as pictures."""
    counts = dataset.manifest.get("difference")
    if not counts:
        return []
    found = Difference(dataset)
    kinds = (("added", found.added), ("removed", found.removed))
    shown = [
        {"name": name, "count": counts[name], "items": _shown(list(items.order_by("drawing_id")[:SHOWN]))}
        for name, items in kinds
    ]
    relabelled = list(found.relabelled.order_by("drawing_id")[:SHOWN])
    return [*shown, {"name": "relabelled", "count": counts["relabelled"], "items": _shown(relabelled)}]


def _shown(items: list[DatasetItem]) -> list[dict[str, Any]]:
    there = set(Drawing.objects.filter(pk__in=[item.drawing_id for item in items]).values_list("pk", flat=True))
    return [
        {
            "drawing": item.drawing_id,
            "there": item.drawing_id in there,
            "label": item.label or "not a digit",
            "before": (item.before or "not a digit") if hasattr(item, "before") else None,
            "side": item.side,
        }
        for item in items
    ]


def _downloads() -> list[dict[str, Any]]:
    glyphs = [{"query": f"format={name}", "name": name.upper(), "what": what} for name, what in FORMATS.items()]
    what = "the pictures as they were sent instead of 28×28 glyphs"
    originals = [
        {"query": f"format={name}&originals", "name": f"{name.upper()}, originals"} for name in FORMATS_OF_ORIGINALS
    ]
    return [*glyphs, *({**download, "what": what} for download in originals)]
