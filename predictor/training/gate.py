"""The gate between a candidate and the champion: what is no worse goes through, what breaks something doesn't, and of
what lies between a person is asked.

What decides was never trained on and is nobody's test set: MNIST training pictures kept aside, a small robustness grid
made from them, scribbles, and the site's validation drawings. MNIST's test set and the site's test drawings are
reported, and decide nothing. Every rule stands in `settings.GATE`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.conf import settings

from digitsite.limits import AtLeast, Limit
from ml.network.classes import NOT_A_DIGIT
from predictor.models import Decision
from predictor.training.comparison import Comparison

DECIDING = {
    "holdout": "held-out MNIST",
    "grid": "the robustness grid",
    "scribbles": "scribbles",
    "validation": "the site's validation drawings",
}
REPORTED = {"MNIST test": "MNIST's test set", "site test": "the site's test drawings"}

LENGTH = 400
"""Characters of a verdict, about."""

NON_DIGITS = "non-digits"

LEAST_OF_A_CLASS = 10
"""Validation drawings of one digit, from which on it has a floor of its own."""


@dataclass(frozen=True)
class Measured:
    """One rule: its limit, what was measured (None: there was nothing to measure on), and where that was."""

    name: str
    limit: Limit
    value: float | None
    where: str

    @property
    def answer(self) -> str:
        return Decision.PROMOTE if self.value is None else self.limit.answer(self.value)

    def as_row(self) -> dict[str, Any]:
        """JSON-ready, the limit as it was then."""
        limit = asdict(self.limit) | {"at_least": isinstance(self.limit, AtLeast)}
        return {"name": self.name, **limit, "value": self.value, "where": self.where, "answer": str(self.answer)}

    def complaint(self) -> str:
        """What is the matter, in words."""
        words = "less than" if isinstance(self.limit, AtLeast) else "more than"
        assert self.value is not None  # or there would be no complaint
        return (
            f"{self.where}: {shown(self.value, self.limit.unit)}, {words} {shown(self.limit.promote, self.limit.unit)}"
        )


@dataclass(frozen=True)
class Verdict:
    decision: Decision
    reason: str
    rules: list[Measured]


def judge(compared: Mapping[str, Comparison], *, latency: float, size: float) -> Verdict:
    """What becomes of the candidate, and why; `compared` by the names of DECIDING, others don't matter.

    `latency`, `size`: the candidate's against the champion's.
    """
    limits = cast("Mapping[str, Limit]", settings.GATE)
    measured = dict(_measure(compared, limits))
    measured |= {"latency": (latency, "time for a glyph"), "size": (size, "size of the file")}
    rules = [Measured(name, limit, *measured[name]) for name, limit in limits.items()]
    broken = [rule for rule in rules if rule.answer != Decision.PROMOTE]
    if broken:
        kept = any(rule.answer == Decision.KEEP for rule in broken)
        # Which digit fell says most.
        complaints = [rule.complaint() for rule in sorted(broken, key=lambda rule: "class" not in rule.name)]
        words = "Kept the champion" if kept else "A person is asked"
        return Verdict(Decision.KEEP if kept else Decision.ASK, f"{words}: {_joined(complaints)}.", rules)
    summary = ", ".join(_summary(DECIDING[name], compared[name]) for name in ("holdout", "grid", "validation"))
    return Verdict(Decision.PROMOTE, f"No worse: {summary}.", rules)


def shown(value: float, unit: str) -> str:
    """A measured value as people read it."""
    if unit == "points":
        return f"{100 * value:.2f} points"
    if unit == "share":
        return f"{100 * value:.2f}%"
    return f"{value:.2f} times" if unit == "times" else f"{value:g}"


def _measure(
    compared: Mapping[str, Comparison], limits: Mapping[str, Limit]
) -> Iterator[tuple[str, tuple[float | None, str]]]:
    """By rule: the value, and where it was measured."""
    for name, where in DECIDING.items():
        found = compared[name]
        known = len(found) > 0
        yield f"{name}_fall", (found.fall() if known else None, f"{where} fall")
        yield f"{name}_certainty", (found.certainty() if known else None, f"{where}, certainty of a loss")
        yield f"{name}_flips", (len(found.negative_flips()) / len(found) if known else None, f"{where}, negative flips")
        least = LEAST_OF_A_CLASS if name == "validation" else 1
        falls = _named(found.falls(found.labels, least=least))
        yield f"{name}_class_fall", _worst(falls, f"the {{}} of {where} fall", limits.get(f"{name}_class_fall"))
        unsure = _named(found.unsure(found.labels, least=least))
        unsure.pop(NON_DIGITS, None)  # of these nobody is to be sure
        words = f"the {{}} of {where} are read with less certainty"
        yield f"{name}_class_unsure", _worst(unsure, words, limits.get(f"{name}_class_unsure"))
    before, after = compared["holdout"].calibration()
    yield "holdout_calibration", (after - before, f"{DECIDING['holdout']}, calibration error grows")
    falls = {f"“{cell}”": fall for cell, fall in compared["grid"].falls(compared["grid"].groups or []).items()}
    yield "grid_cell_fall", _worst(falls, "{} in the grid falls", limits.get("grid_cell_fall"))
    yield "validation_count", (len(compared["validation"]), "validation drawings")


def _worst(falls: dict[str, float], words: str, limit: Limit | None) -> tuple[float | None, str]:
    """The group that fell most; others that fell by more than they may are named with it."""
    if not falls:
        return None, words.format("–")
    first, *rest = sorted(falls, key=lambda group: -falls[group])
    others = [group for group in rest if limit and limit.answer(falls[group]) != "promote"]
    return falls[first], words.format(first) + (f" (and {', '.join(others)})" if others else "")


def _joined(complaints: list[str]) -> str:
    """As many as are read with patience; the rest is counted."""
    told, *others = complaints
    while others and len(told) + len(others[0]) < LENGTH:
        told += f"; {others.pop(0)}"
    return told + (f"; and {len(others)} more" if others else "")


def _named(falls: dict[int, float]) -> dict[str, float]:
    """By the classes' names."""
    return {NON_DIGITS if label == NOT_A_DIGIT else f"{label}s": fall for label, fall in falls.items()}


def _summary(what: str, compared: Comparison) -> str:
    if len(compared) == 0:
        return f"{what} none"
    before, after = compared.champion_right.mean(), compared.candidate_right.mean()
    return f"{what} {100 * before:.2f}% → {100 * after:.2f}%"
