"""The gate between a candidate and the champion: promote, ask a person, or keep the champion.

The rules are in `settings.GATE`. MNIST's test set and the site's test drawings are reported but decide nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from ml.network.classes import NOT_A_DIGIT
from predictor.models import Decision
from predictor.percentages import percent
from predictor.training.comparison import Comparison
from predictor.training.gate_policy import SETS, Rule

REASON_LENGTH = 400
"""Approximate maximum length of a verdict's reason, in characters."""

NON_DIGITS = "non-digits"

PER_CLASS = ("class_fall", "class_unsure")
"""Measures that report the digit that lost most."""

CLASS_MINIMUM = 10
"""A digit with fewer validation drawings isn't judged on its own."""


@dataclass(frozen=True)
class Measured:
    """A measured value (None: nothing to measure on), and what was measured, in words."""

    value: float | None
    where: str


@dataclass(frozen=True)
class MeasuredRule:
    """A rule and what was measured for it."""

    rule: Rule
    measured: Measured

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def value(self) -> float | None:
        return self.measured.value

    @property
    def answer(self) -> str:
        return Decision.PROMOTE if self.value is None else self.rule.answer(self.value)

    def as_row(self) -> dict[str, Any]:
        """JSON-ready. Keeps the limits in force at the time."""
        kept = ("name", "promote", "ask", "unit", "says", "at_least")
        return {name: getattr(self.rule, name) for name in kept} | asdict(self.measured) | {"answer": str(self.answer)}

    def complaint(self) -> str:
        """What is wrong, in words. Only for a rule that was measured."""
        assert self.value is not None
        words, unit = "less than" if self.rule.at_least else "more than", self.rule.unit
        return f"{self.measured.where}: {unit.shown(self.value)}, {words} {unit.shown(self.rule.promote)}"


@dataclass(frozen=True)
class Verdict:
    decision: Decision
    reason: str
    rules: list[MeasuredRule]


def judge(compared: Mapping[str, Comparison], *, latency: float, size: float) -> Verdict:
    """The decision on a candidate and its reason. `compared` holds at least the sets that the rules measure on.

    `latency`, `size`: the candidate's as a multiple of the champion's.
    """
    ratios = {"latency": Measured(latency, "time for a glyph"), "size": Measured(size, "size of the file")}
    rules = [
        MeasuredRule(rule, _measure(rule, compared[rule.compared_set]) if rule.compared_set else ratios[rule.measure])
        for rule in settings.GATE.rules
    ]
    broken = [rule for rule in rules if rule.answer != Decision.PROMOTE]
    if broken:
        keeps = any(rule.answer == Decision.KEEP for rule in broken)
        # Per-digit losses come first: they are the most informative.
        broken.sort(key=lambda each: each.rule.measure not in PER_CLASS)
        complaints = [rule.complaint() for rule in broken]
        words = "Kept the champion" if keeps else "A person is asked"
        return Verdict(Decision.KEEP if keeps else Decision.ASK, f"{words}: {_joined(complaints)}.", rules)
    summary = ", ".join(_summary(SETS[name], compared[name]) for name in ("holdout", "grid", "validation"))
    return Verdict(Decision.PROMOTE, f"No worse: {summary}.", rules)


def _measure(rule: Rule, found: Comparison) -> Measured:
    """What a rule measures on its set."""
    assert rule.compared_set
    where = SETS[rule.compared_set]
    known = len(found) > 0
    match rule.measure:
        case "count":
            return Measured(len(found), "validation drawings")
        case "fall":
            return Measured(found.fall() if known else None, f"accuracy lost on {where}")
        case "certainty":
            return Measured(found.certainty() if known else None, f"certainty of a loss on {where}")
        case "flips":
            share = len(found.negative_flips()) / len(found) if known else None
            return Measured(share, f"negative flips on {where}")
        case "calibration":
            before, after = found.calibration()
            return Measured(after - before, f"rise of the calibration error on {where}")
    return _measure_groups(rule, found, where)


def _measure_groups(rule: Rule, found: Comparison, where: str) -> Measured:
    """The loss of the group that lost most. The words name every group beyond the limit."""
    least = CLASS_MINIMUM if rule.compared_set == "validation" else 1
    match rule.measure:
        case "cell_fall":
            falls = {f"“{cell}”": fall for cell, fall in found.falls(found.groups or []).items()}
            return _worst(falls, f"accuracy lost on {{}} in {where}", rule)
        case "class_fall":
            falls = _by_class_name(found.falls(found.labels, least=least))
            return _worst(falls, f"accuracy lost on the {{}} of {where}", rule)
        case "class_unsure":
            falls = _by_class_name(found.unsure(found.labels, least=least))
            falls.pop(NON_DIGITS, None)  # no network should be sure of these
            return _worst(falls, f"sure readings lost on the {{}} of {where}", rule)
    raise ValueError(f"{rule.name}: nothing measures {rule.measure}.")


def _worst(falls: dict[str, float], words: str, rule: Rule) -> Measured:
    if not falls:
        return Measured(None, words.format("–"))
    first, *rest = sorted(falls, key=lambda group: -falls[group])
    others = [group for group in rest if rule.answer(falls[group]) != "promote"]
    return Measured(falls[first], words.format(first) + (f" (and {', '.join(others)})" if others else ""))


def _joined(complaints: list[str]) -> str:
    """Joins as many complaints as fit, then says how many were left out."""
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
    return f"{label} {percent(before, 2)} → {percent(after, 2)}"
