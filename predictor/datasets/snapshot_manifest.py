"""A snapshot's figures, and the rules by which it was made."""

from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from ml import glyphs
from predictor.datasets.difference import Difference
from predictor.models import Dataset, Side, Source

LARGEST = 10
"""Writers whose shares are listed."""

RULES = ("writer_share", "writer_least", "duplicate_bits")

Rows = NDArray[Any]


def counts(rows: Rows) -> dict[str, dict[str, int]]:
    """Drawings per side, and per label within it."""
    found: dict[str, dict[str, int]] = {}
    for place, side in enumerate(Side.values):
        labels, each = np.unique(rows["label"][rows["side"] == place], return_counts=True)
        found[side] = {label.decode(): int(count) for label, count in zip(labels, each, strict=True)}
    return found


def of(rows: Rows, left_out: dict[str, int], dataset: Dataset) -> dict[str, Any]:
    """The manifest of a snapshot whose items are written."""
    sides = {side: _side(rows[rows["side"] == place]) for place, side in enumerate(Side.values)}
    return {
        "sides": sides,
        "left_out": left_out,
        "difference": Difference(dataset).counts() if dataset.parent_id else None,
        "rule": {name: getattr(settings.DATASETS, name) for name in RULES} | {"preprocessing": glyphs.VERSION},
    }


def _side(rows: Rows) -> dict[str, Any]:
    sources, each = np.unique(rows["source"], return_counts=True)
    _, sizes = np.unique(rows["group"], return_counts=True)
    return {
        "drawings": len(rows),
        "weight": round(float(rows["weight"].sum()), 2),
        "sources": {Source.values[place]: int(count) for place, count in zip(sources, each, strict=True)},
        "near_duplicates": {"groups": int(np.sum(sizes > 1)), "drawings": int(sizes[sizes > 1].sum())},
        "writers": _writers(rows),
    }


def _writers(rows: Rows) -> dict[str, Any]:
    """The number of writers, and the largest ones' shares of all drawings and of all weight."""
    writers, inverse, drawings = np.unique(rows["writer"], return_inverse=True, return_counts=True)
    weights = np.bincount(inverse, rows["weight"], minlength=len(writers))
    largest = np.argsort(-drawings, kind="stable")[:LARGEST]
    named = [
        {
            "writer": int(writers[index]),
            "drawings": int(drawings[index]),
            "share": round(float(drawings[index] / len(rows)), 4),
            "weight": round(float(weights[index] / max(weights.sum(), 1e-9)), 4),
        }
        for index in largest
    ]
    return {"count": len(writers), "largest": named}
