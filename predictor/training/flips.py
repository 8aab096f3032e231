"""Flips: glyphs that one of two networks reads correctly and the other doesn't, kept for people to look at."""

import uuid
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.pictures import decoding
from predictor.training.comparison import Comparison

SHOWN = 60
"""Flips kept per set and direction, the most confident first."""

FlipRow = dict[str, Any]


def of_pictures(name: str, compared: Comparison, pixels: NDArray[np.uint8], names: list[str]) -> list[FlipRow]:
    """Flips of a public set, each with its glyph."""
    return [
        {**row, "name": names[index], "pixels": decoding.png_data_url(pixels[index])}
        for index, row in _flipped(name, compared)
    ]


def of_drawings(name: str, compared: Comparison, drawings: list[uuid.UUID]) -> list[FlipRow]:
    """Flips of visitors' drawings. Each holds only the drawing's id: a deleted drawing leaves no picture behind."""
    places, seen = [], Counter[uuid.UUID]()
    for drawing in drawings:
        places.append(seen[drawing])
        seen[drawing] += 1
    return [
        {**row, "drawing": str(drawings[index]), "place": places[index] if seen[drawings[index]] > 1 else None}
        for index, row in _flipped(name, compared)
    ]


def _flipped(name: str, compared: Comparison) -> list[tuple[int, FlipRow]]:
    rows = []
    for direction, found in (("lost", compared.negative_flips()), ("gained", compared.positive_flips())):
        surest = found[np.argsort(-compared.candidate.confidence[found], kind="stable")][:SHOWN]
        rows += [(int(index), _row(name, direction, compared, int(index))) for index in surest]
    return rows


def _row(name: str, direction: str, compared: Comparison, index: int) -> FlipRow:
    return {
        "set": name,
        "direction": direction,
        "label": int(compared.labels[index]),
        "champion": int(compared.champion.digits[index]),
        "candidate": int(compared.candidate.digits[index]),
        "champion_confidence": round(float(compared.champion.confidence[index]), 4),
        "candidate_confidence": round(float(compared.candidate.confidence[index]), 4),
    }
