"""The gate's rules: what each measures, on which set, and the values up to which a candidate passes.

Read as `settings.GATE`. Import only the standard library and predictor.policies here: settings are loaded before
Django's apps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from predictor.policies import check_number

Answer = Literal["promote", "ask", "keep"]

ROUNDING = 1e-9
"""Tolerance for the rounding error of a computed share."""


class Unit(StrEnum):
    """The unit of limits and measured values. A value in points or a share is stored as a fraction of 1."""

    POINTS = "points"
    SHARE = "share"
    TIMES = "times"
    COUNT = ""

    def shown(self, value: float) -> str:
        """The value as text for people."""
        match self:
            case Unit.POINTS:
                return f"{100 * value:.2f} points"
            case Unit.SHARE:
                return f"{100 * value:.2f}%"
            case Unit.TIMES:
                return f"{value:.2f} times"
            case Unit.COUNT:
                return f"{value:g}"


POINTS, SHARE, TIMES, COUNT = Unit

DecidingSet = Literal["holdout", "grid", "scribbles", "validation"]
"""Sets that rules measure on. No network is trained on them, and they are nobody's test set."""

SETS: Mapping[str, str] = {
    "holdout": "held-out MNIST",
    "grid": "the robustness grid",
    "scribbles": "scribbles",
    "validation": "the site's validation drawings",
    "MNIST test": "MNIST's test set",
    "site test": "the site's test drawings",
}
"""Every set on which champion and candidate are compared, with its label."""

SetMeasure = Literal["fall", "certainty", "class_fall", "class_unsure", "cell_fall", "flips", "calibration", "count"]
ModelMeasure = Literal["latency", "size"]


@dataclass(frozen=True)
class Rule:
    """One measure on one set (None: on the model itself), and its limits.

    A value up to `promote` allows promotion, one up to `ask` asks a person, and a larger one keeps the champion.
    With `at_least` smaller values are the worse ones. Raises ValueError if a limit is no finite number, or `ask` is
    stricter than `promote`.
    """

    compared_set: DecidingSet | None
    measure: SetMeasure | ModelMeasure
    promote: float
    ask: float
    unit: Unit
    says: str
    at_least: bool = False

    def __post_init__(self) -> None:
        for limit in ("promote", "ask"):
            check_number(f"GATE.{self.name}.{limit}", getattr(self, limit))
        if self._sign * self.promote > self._sign * self.ask:
            raise ValueError(f"{self.name}: {self.ask:g} to ask is stricter than {self.promote:g} to promote.")

    @property
    def name(self) -> str:
        """The name under which results are stored."""
        return f"{self.compared_set}_{self.measure}" if self.compared_set else self.measure

    def answer(self, value: float) -> Answer:
        excess = self._sign * value - ROUNDING
        if excess <= self._sign * self.promote:
            return "promote"
        return "ask" if excess <= self._sign * self.ask else "keep"

    @property
    def _sign(self) -> int:
        return -1 if self.at_least else 1


RULES = (
    Rule("holdout", "fall", 0.001, 0.002, POINTS, "accuracy lost on 5,000 held-out MNIST training pictures"),
    Rule("holdout", "certainty", 0.95, 0.99, SHARE, "certainty of a loss on held-out MNIST by McNemar's exact test"),
    Rule("holdout", "class_fall", 0.01, 0.02, POINTS, "accuracy lost on the digit of held-out MNIST that lost most"),
    Rule("holdout", "class_unsure", 0.05, 0.1, POINTS, "sure readings lost on the held-out digit that lost most"),
    Rule("holdout", "flips", 0.001, 0.002, SHARE, "held-out MNIST pictures that only the champion reads correctly"),
    Rule("holdout", "calibration", 0.005, 0.02, POINTS, "rise of the calibration error on held-out MNIST"),
    Rule("grid", "fall", 0.002, 0.005, POINTS, "accuracy lost on 1,500 held-out digits, each redrawn in 3 of 15 ways"),
    Rule("grid", "certainty", 0.95, 0.975, SHARE, "certainty of a loss on the grid, where forgetting shows first"),
    Rule("grid", "cell_fall", 0.01, 0.02, POINTS, "accuracy lost on the way of drawing that lost most"),
    Rule("grid", "class_fall", 0.01, 0.02, POINTS, "accuracy lost on the digit of the grid that lost most"),
    Rule("grid", "flips", 0.005, 0.01, SHARE, "drawings of the grid that only the champion reads correctly"),
    Rule("scribbles", "fall", 0.05, 0.15, POINTS, "share of letters, shapes and scribbles newly read as a sure digit"),
    Rule("validation", "count", 0, 0, COUNT, "validation drawings; raise these limits to require some", at_least=True),
    Rule("validation", "fall", 0.0, 0.02, POINTS, "accuracy lost on the site's validation drawings"),
    Rule("validation", "certainty", 0.95, 0.99, SHARE, "certainty of a loss on the validation drawings"),
    Rule("validation", "class_fall", 0.1, 0.2, POINTS, "accuracy lost on the worst digit with at least ten drawings"),
    Rule("validation", "class_unsure", 0.1, 0.3, POINTS, "sure readings lost on a digit with at least ten drawings"),
    Rule("validation", "flips", 0.02, 0.05, SHARE, "validation drawings that only the champion reads correctly"),
    Rule(None, "latency", 1.5, 3.0, TIMES, "time for one glyph relative to the champion's, measured in turn"),
    Rule(None, "size", 1.2, 4.0, TIMES, "size of the model file relative to the champion's"),
)
"""Columns: set, measure, limit to promote, limit to ask, unit, what is measured."""


@dataclass(frozen=True)
class GatePolicy:
    """The rules a candidate must pass. Raises ValueError unless they are those of RULES, in its order."""

    rules: tuple[Rule, ...] = RULES

    def __post_init__(self) -> None:
        names, wanted = [rule.name for rule in self.rules], [rule.name for rule in RULES]
        if names != wanted:
            missing = [name for name in wanted if name not in names]
            raise ValueError(f"The gate needs exactly the rules of RULES. Missing: {', '.join(missing) or 'none'}.")

    def changed(self, name: str, *, promote: float | None = None, ask: float | None = None) -> "GatePolicy":
        """The same policy with another `promote` or `ask` for one rule. Raises ValueError for an unknown name."""
        names = [rule.name for rule in self.rules]
        if name not in names:
            raise ValueError(f"The gate has no rule {name}. It has {', '.join(names)}.")
        at = names.index(name)
        rule = self.rules[at]
        promote, ask = rule.promote if promote is None else promote, rule.ask if ask is None else ask
        return GatePolicy((*self.rules[:at], replace(rule, promote=promote, ask=ask), *self.rules[at + 1 :]))
