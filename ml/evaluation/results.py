"""Figures on how a set of labelled pictures was read, for an evaluation's JSON and HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import intervals, metrics

NOTHING = ""
"""The reading of an empty picture; as a label it means "not a digit"."""

KINDS = ("single", "number", "none", "printed")
"""What a table may say of a picture: one digit, a number, nothing to read, or print. Print is no handwriting."""

PARTS = (("kind",), ("kind", "paper"), ("writer",))
"""The columns by which a set is divided."""

PART_FIGURES = (
    *("right", "count", "share", "low", "high", "read"),
    *("sure", "sure_count", "right_among_sure", "right_among_sure_interval"),
)

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
    def exact(self) -> Flags:
        """Which readings are the label."""
        return np.array([label == text for label, text in zip(self.labels, self.texts, strict=True)], dtype=bool)

    @property
    def right(self) -> Flags:
        """Which pictures were read correctly."""
        if not self.doubt_is_right:
            return self.exact
        empty = np.array([label == NOTHING for label in self.labels], dtype=bool)
        return self.exact | (empty & ~self.sure)

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
            "reliability": self._reliability(read),
        }
        if read.any():
            confidence = self.confidence[read]
            report["calibration_error"] = metrics.calibration_error(confidence, self.exact[read])
            report["calibration_error_by_chance"] = metrics.calibration_error_by_chance(confidence)
        if all(len(label) <= 1 for label in self.labels):
            report["confusion"] = self._confusion()
        return {**report, "wrong": [self._answer(int(index)) for index in self.worst(len(right))]}

    def only(self, chosen: Flags) -> "SetResult":
        """The answers for the chosen pictures."""
        names, labels, texts = (
            [value for value, keep in zip(values, chosen, strict=True) if keep]
            for values in (self.names, self.labels, self.texts)
        )
        return SetResult(names, labels, texts, self.sure[chosen], self.confidence[chosen], self.doubt_is_right)

    def as_brief_report(self) -> dict[str, Any]:
        """The figures of one grid cell, and the names of its errors."""
        left_out = {"per_class", "reliability", "confusion"}
        return {name: value for name, value in self.as_report().items() if name not in left_out}

    def worst(self, count: int) -> NDArray[np.intp]:
        """Indices of the errors, the sure ones first, then the most confident."""
        wrong = np.flatnonzero(~self.right)
        surest = np.lexsort((-np.nan_to_num(self.confidence[wrong], nan=1.0), ~self.sure[wrong]))
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

    def _reliability(self, read: Flags) -> list[dict[str, Any]]:
        """The non-empty confidence bins of the calibration error."""
        place = np.minimum((np.where(read, self.confidence, 0) * metrics.BINS).astype(int), metrics.BINS - 1)
        rows = []
        for index in range(metrics.BINS):
            inside = read & (place == index)
            if inside.any():
                found = metrics.accuracy(self.exact[inside])
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


def parts(result: SetResult, columns: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The figures by kind, by kind and paper, and by writer, those with the most errors first; JSON-ready.

    `columns`: "kind", "paper" and "writer" of each picture, "" if unknown. An empty column divides nothing.
    """
    known = {name: values for name, values in columns.items() if any(values)}
    divisions = dict.fromkeys(tuple(name for name in names if name in known) for names in PARTS)
    handwriting = is_handwriting(columns["kind"])
    made: list[dict[str, Any]] = []
    for names in filter(None, divisions):
        rows = list(zip(*(known[name] for name in names), strict=True))
        for values in set(rows):
            chosen = np.array([row == values for row in rows], dtype=bool)
            if names == ("writer",):
                chosen &= handwriting
            if chosen.any():
                writers = {writer for writer, keep in zip(columns["writer"], chosen, strict=True) if keep and writer}
                about = {"by": list(names), **dict(zip(names, values, strict=True)), "writers": len(writers)}
                figures = result.only(chosen).as_brief_report()
                made.append({**about, **{name: figures[name] for name in PART_FIGURES}})
    return sorted(made, key=_place)


def is_handwriting(kinds: Sequence[str]) -> Flags:
    """Which pictures count in a set's figures: all but print, or all of them if there is nothing but print."""
    written = np.array([kind != "printed" for kind in kinds], dtype=bool)
    return written if written.any() else ~written


def _place(part: dict[str, Any]) -> tuple[Any, ...]:
    """Kinds in their order, each followed by its papers; then writers."""
    if part["by"] == ["writer"]:
        return True, part["right"] - part["count"], part["writer"]
    kind = part.get("kind", "")
    return False, KINDS.index(kind) if kind in KINDS else len(KINDS), part.get("paper", "")
