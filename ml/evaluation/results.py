"""Figures on how a set of labelled pictures was read, for an evaluation's JSON and HTML."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import intervals, metrics

NOTHING = ""
"""The reading of an empty picture; as a label it means "not a digit"."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SetResult:
    """One reader's answers for one set; each sequence has one item per picture.

    `confidence` is NaN where nothing was read. With `doubt_is_right`, an unsure reading of a picture labelled "not a
    digit" also counts as right.
    """

    names: Sequence[str]
    labels: Sequence[str]
    texts: Sequence[str]
    sure: Flags
    confidence: NDArray[np.float64]
    doubt_is_right: bool = False

    @property
    def right(self) -> Flags:
        """Which pictures were read correctly."""
        same = np.array([label == text for label, text in zip(self.labels, self.texts, strict=True)], dtype=bool)
        if not self.doubt_is_right:
            return same
        empty = np.array([label == NOTHING for label in self.labels], dtype=bool)
        return same | (empty & ~self.sure)

    def as_report(self) -> dict[str, Any]:
        """Every figure, JSON-ready. Raises ValueError for an empty set."""
        right = self.right
        sure = int(self.sure.sum())
        sure_right = int((right & self.sure).sum())
        read = ~np.isnan(self.confidence)
        report: dict[str, Any] = {
            **asdict(metrics.accuracy(right)),
            "sure": sure / len(right),
            "sure_count": sure,
            "right_among_sure": sure_right / sure if sure else None,
            "right_among_sure_interval": list(intervals.wilson(sure_right, sure)) if sure else None,
            "read": int(sum(text != NOTHING for text in self.texts)),
            "calibration_error": 0.0,
            "calibration_error_by_chance": 0.0,
            "per_class": self._per_class(right),
            "reliability": self._reliability(right, read),
        }
        if read.any():
            confidence = self.confidence[read]
            report["calibration_error"] = metrics.calibration_error(confidence, right[read])
            report["calibration_error_by_chance"] = metrics.calibration_error_by_chance(confidence)
        if all(len(label) <= 1 for label in self.labels):
            report["confusion"] = self._confusion()
        return {**report, "wrong": [self._answer(int(index)) for index in self.worst(len(right))]}

    def as_brief_report(self) -> dict[str, Any]:
        """The figures of one grid cell, and the names of its errors."""
        left_out = {"per_class", "reliability", "confusion"}
        return {name: value for name, value in self.as_report().items() if name not in left_out}

    def worst(self, count: int) -> NDArray[np.intp]:
        """Indices of the errors, the most confident first."""
        wrong = np.flatnonzero(~self.right)
        surest = np.argsort(-np.nan_to_num(self.confidence[wrong], nan=1.0), kind="stable")
        return wrong[surest][:count]

    def _answer(self, index: int) -> dict[str, Any]:
        confidence = float(self.confidence[index])
        return {
            "name": self.names[index],
            "label": self.labels[index],
            "read": self.texts[index],
            "confidence": None if np.isnan(confidence) else confidence,
            "sure": bool(self.sure[index]),
        }

    def _per_class(self, right: Flags) -> list[dict[str, Any]]:
        """Accuracy by label, or by number of digits if some labels have several."""
        several = any(len(label) > 1 for label in self.labels)
        classes = np.array([f"{len(label)} digits" if several else label for label in self.labels])
        order = sorted(set(classes.tolist()), key=lambda name: (len(name), name))
        return [{"label": name, **asdict(metrics.accuracy(right[classes == name]))} for name in order]

    def _reliability(self, right: Flags, read: Flags) -> list[dict[str, Any]]:
        """The non-empty confidence bins of the calibration error."""
        place = np.minimum((np.where(read, self.confidence, 0) * metrics.BINS).astype(int), metrics.BINS - 1)
        rows = []
        for index in range(metrics.BINS):
            inside = read & (place == index)
            if inside.any():
                found = metrics.accuracy(right[inside])
                rows.append({"confidence": float(self.confidence[inside].mean()), **asdict(found)})
        return rows

    def _confusion(self) -> dict[str, Any]:
        """How often each label (row) was read as each digit, as nothing, or as several digits (columns)."""
        labels = sorted(set(self.labels))
        columns = [*"0123456789", NOTHING]
        several = any(len(text) > 1 for text in self.texts)
        table = np.zeros((len(labels), len(columns) + several), dtype=np.int64)
        for label, text in zip(self.labels, self.texts, strict=True):
            table[labels.index(label), columns.index(text) if text in columns else len(columns)] += 1
        return {"labels": labels, "read": columns + ["several"] * several, "table": table.tolist()}
