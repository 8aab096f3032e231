"""One version's readings of a set, with the steps of those that the report shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ml.evaluation.results import SetResult, is_handwriting, parts
from ml.evaluation.steps import steps
from ml.glyphs.looks import FindWriting
from ml.isolation import Isolated, Mode
from ml.pictures import decoding
from ml.sources.labelled.sets import Labelled
from predictor.reading.stored_pictures import StoredPicture, find_candidates

SHOWN_READINGS = 200
"""The most readings of a set that the report shows."""

Show = Literal["", "wrong", "unsure"]
"""The readings whose steps are kept for the report: none, the wrong ones, or the unsure ones too."""


@dataclass(frozen=True)
class Prepared:
    """An example that was stored and isolated as an upload is. `find`: the ink finder that it was isolated with."""

    example: Labelled
    mode: Mode
    stored: StoredPicture
    isolated: Isolated
    find: FindWriting


def prepared(example: Labelled, mode: Mode, find: FindWriting) -> Prepared:
    """Stores and isolates an example."""
    kept = decoding.keep(example.picture)
    stored = StoredPicture(image=kept.data, width=kept.width, height=kept.height, mode=mode, strokes=example.strokes)
    return Prepared(example, mode, stored, find_candidates(stored, find), find)


class Readings:
    """A version's readings, added batch by batch."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._names: list[str] = []
        self._labels: list[str] = []
        self._texts: list[str] = []
        self._sure: list[bool] = []
        self._confidence: list[float] = []
        self._columns: dict[str, list[str]] = {"kind": [], "paper": [], "writer": []}
        self._shown: list[dict[str, Any]] = []

    def __len__(self) -> int:
        """Number of readings."""
        return len(self._texts)

    def add(self, batch: Sequence[Prepared], answers: Sequence[dict[str, Any]]) -> None:
        """Adds the readings of these pictures, as `Serving.read` returns them."""
        for picture, answer in zip(batch, answers, strict=True):
            example, wrong = picture.example, answer["text"] != picture.example.label
            if (self._show and wrong) or (self._show == "unsure" and not answer["sure"]):
                self._shown.append({"index": len(self), **_steps(picture, answer)})
            self._names.append(example.name)
            self._labels.append(example.label)
            self._texts.append(answer["text"])
            self._sure.append(answer["sure"])
            self._confidence.append(np.nan if answer["confidence"] is None else answer["confidence"])
            for name, values in self._columns.items():
                values.append(getattr(example, name))
        if len(self._shown) > 2 * SHOWN_READINGS:
            self._shown = sorted(self._shown, key=_rank)[:SHOWN_READINGS]

    def outcome(self) -> SetResult:
        """The answers that count: for handwriting, not print."""
        return self._every().only(is_handwriting(self._columns["kind"]))

    def parts(self) -> list[dict[str, Any]]:
        """The figures by kind, paper and writer, as far as the set says them."""
        return parts(self._every(), self._columns)

    def shown(self) -> dict[str, Any]:
        """`shown`: the steps of the wrong readings and, if wanted, of the unsure ones, the worst first; `left_out`: how
        many more there are.
        """
        every = self._every()
        wanted = ~every.right | (~every.sure if self._show == "unsure" else False)
        found = [{**each, "wrong": not every.right[each["index"]]} for each in self._shown if wanted[each["index"]]]
        kept = sorted(found, key=_rank)[:SHOWN_READINGS]
        return {"shown": kept, "left_out": int(wanted.sum()) - len(kept) if self._show else 0}

    def _every(self) -> SetResult:
        doubt_is_right = any(self._columns["kind"])
        sure, confidence = np.array(self._sure, bool), np.array(self._confidence)
        return SetResult(self._names, self._labels, self._texts, sure, confidence, doubt_is_right)


def _rank(shown: dict[str, Any]) -> tuple[bool, bool, float]:
    """Wrong before right, sure before unsure, then by confidence."""
    wrong = shown["wrong"]
    confidence = 1.0 if shown["confidence"] is None else shown["confidence"]
    return not wrong, not shown["sure"], -confidence if wrong else confidence


def _steps(picture: Prepared, answer: dict[str, Any]) -> dict[str, Any]:
    example, pixels = picture.example, decoding.decode(picture.stored.image)
    scale = pixels.shape[1] / picture.stored.width
    return {
        **{name: getattr(example, name) for name in ("name", "label", "writer", "kind", "paper")},
        "read": answer["text"],
        "wrong": answer["text"] != example.label,
        "sure": answer["sure"],
        "confidence": answer["confidence"],
        "rejected": []
        if answer["glyphs"]
        else [decoding.png_data_url(each.pixels) for each in picture.isolated.glyphs[:12]],
        **steps(pixels, answer, mode=picture.mode, strokes=example.strokes, scale=scale, find=picture.find),
    }
