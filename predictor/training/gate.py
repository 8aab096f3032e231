"""The gate between a candidate and the champion: promote, ask a person, or keep the champion.

Every rule stands in `settings.GATE`. MNIST's test set and the site's test drawings are reported and decide nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from ml.network.classes import NOT_A_DIGIT
from predictor.models import Decision
from predictor.training.comparison import Comparison
from predictor.training.gate_policy import AtLeast, ComparedSet, Limit, Measure, RuleName

REASON_LENGTH = 400
"""Characters of a verdict's reason, about."""

NON_DIGITS = "non-digits"

CLASS_MINIMUM = 10
"""Validation drawings of one digit from which on the digit is judged by itself."""


@dataclass(frozen=True)
class Measured:
    """What was measured (None: there was nothing to measure on), and in words what that is."""

    value: float | None
    where: str


@dataclass(frozen=True)
class MeasuredRule:
    """One rule with its limit and what was measured."""

    name: RuleName
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
        """What is wrong, in words. Only for a rule that was measured."""
        assert self.value is not None
        words = "less than" if isinstance(self.limit, AtLeast) else "more than"
        unit = self.limit.unit
        return f"{self.where}: {unit.shown(self.value)}, {words} {unit.shown(self.limit.promote)}"


@dataclass(frozen=True)
class Verdict:
    decision: Decision
    reason: str
    rules: list[MeasuredRule]


def judge(compared: Mapping[str, Comparison], *, latency: float, size: float) -> Verdict:
    """The decision on a candidate and its reason. `compared` holds at least the sets that decide.

    `latency`, `size`: the candidate's as a multiple of the champion's.
    """
    ratios = {
        RuleName.LATENCY: Measured(latency, "time for a glyph"),
        RuleName.SIZE: Measured(size, "size of the file"),
    }
    rules = []
    for name in RuleName:
        limit = settings.GATE.limits[name]
        found = _measure(name, compared[name.compared_set], limit) if name.compared_set else ratios[name]
        rules.append(MeasuredRule(name, limit, found.value, found.where))
    broken = [rule for rule in rules if rule.answer != Decision.PROMOTE]
    if broken:
        keeps = any(rule.answer == Decision.KEEP for rule in broken)
        # Which digit lost says most.
        complaints = [rule.complaint() for rule in sorted(broken, key=lambda rule: not rule.name.measure.is_of_a_class)]
        words = "Kept the champion" if keeps else "A person is asked"
        return Verdict(Decision.KEEP if keeps else Decision.ASK, f"{words}: {_joined(complaints)}.", rules)
    shown = (ComparedSet.HOLDOUT, ComparedSet.GRID, ComparedSet.VALIDATION)
    summary = ", ".join(_summary(each.label, compared[each]) for each in shown)
    return Verdict(Decision.PROMOTE, f"No worse: {summary}.", rules)


def _measure(name: RuleName, found: Comparison, limit: Limit) -> Measured:
    """What a rule measures on its set."""
    assert name.compared_set
    where = name.compared_set.label
    if name.measure == Measure.COUNT:
        return Measured(len(found), "validation drawings")
    if name.measure in (Measure.CLASS_FALL, Measure.CLASS_UNSURE, Measure.CELL_FALL):
        return _measure_groups(name, found, limit)
    known = len(found) > 0
    match name.measure:
        case Measure.FALL:
            return Measured(found.fall() if known else None, f"accuracy lost on {where}")
        case Measure.CERTAINTY:
            return Measured(found.certainty() if known else None, f"certainty of a loss on {where}")
        case Measure.FLIPS:
            share = len(found.negative_flips()) / len(found) if known else None
            return Measured(share, f"negative flips on {where}")
        case Measure.CALIBRATION:
            before, after = found.calibration()
            return Measured(after - before, f"rise of the calibration error on {where}")
    raise ValueError(f"{name}: nothing measures {name.measure}.")


def _measure_groups(name: RuleName, found: Comparison, limit: Limit) -> Measured:
    """The group of a set that lost most; others beyond the limit are named with it."""
    assert name.compared_set
    where = name.compared_set.label
    least = CLASS_MINIMUM if name.compared_set == ComparedSet.VALIDATION else 1
    if name.measure == Measure.CELL_FALL:
        falls = {f"“{cell}”": fall for cell, fall in found.falls(found.groups or []).items()}
        return _worst(falls, f"accuracy lost on {{}} in {where}", limit)
    if name.measure == Measure.CLASS_FALL:
        falls = _by_class_name(found.falls(found.labels, least=least))
        return _worst(falls, f"accuracy lost on the {{}} of {where}", limit)
    falls = _by_class_name(found.unsure(found.labels, least=least))
    falls.pop(NON_DIGITS, None)  # no network is to be sure of these
    return _worst(falls, f"sure readings lost on the {{}} of {where}", limit)


def _worst(falls: dict[str, float], words: str, limit: Limit) -> Measured:
    if not falls:
        return Measured(None, words.format("–"))
    first, *rest = sorted(falls, key=lambda group: -falls[group])
    others = [group for group in rest if limit.answer(falls[group]) != "promote"]
    return Measured(falls[first], words.format(first) + (f" (and {', '.join(others)})" if others else ""))


def _joined(complaints: list[str]) -> str:
    """As many complaints as fit; the rest is counted."""
    told, *others = complaints
    while others and len(told) + len(others[0]) < REASON_LENGTH:
        told += f"; {others.pop(0)}"
    return told + (f"; and {len(others)} more" if others else "")


def _by_class_name(falls: dict[int, float]) -> dict[str, float]:
    return {NON_DIGITS if label == NOT_A_DIGIT else f"{label}s": fall for label, fall in falls.items()}


def _summary(label: str, compared: Comparison) -> str:
    if len(compared) == 0:
        return f"{label} none"
    before, after = compared.champion_right.mean(), compared.candidate_right.mean()
    return f"{label} {100 * before:.2f}% → {100 * after:.2f}%"
