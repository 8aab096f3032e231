"""The gate's rules: what each measures, on which set, and up to which value a candidate is promoted.

Read as `settings.GATE`. Settings are made before apps are ready: only the standard library is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

Answer = Literal["promote", "ask", "keep"]

ROUNDING = 1e-9
"""A computed share isn't exactly the share as it is written."""


class Unit(StrEnum):
    """What a limit and a measured value are counted in. Points are of accuracy: a difference of two shares of 1."""

    POINTS = "points"
    SHARE = "share"
    TIMES = "times"
    COUNT = ""

    def shown(self, value: float) -> str:
        """A value as people read it."""
        match self:
            case Unit.POINTS:
                return f"{100 * value:.2f} points"
            case Unit.SHARE:
                return f"{100 * value:.2f}%"
            case Unit.TIMES:
                return f"{value:.2f} times"
            case Unit.COUNT:
                return f"{value:g}"


class ComparedSet(StrEnum):
    """Sets on which champion and candidate are compared.

    Those that decide were never trained on and are nobody's test set.
    """

    label: str
    decides: bool

    HOLDOUT = "holdout", "held-out MNIST", True
    GRID = "grid", "the robustness grid", True
    SCRIBBLES = "scribbles", "scribbles", True
    VALIDATION = "validation", "the site's validation drawings", True
    MNIST_TEST = "MNIST test", "MNIST's test set", False
    SITE_TEST = "site test", "the site's test drawings", False

    def __new__(cls, value: str, label: str, decides: bool) -> "ComparedSet":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.decides = decides
        return member


class Measure(StrEnum):
    """What a rule looks at."""

    FALL = "fall"
    CERTAINTY = "certainty"
    CLASS_FALL = "class fall"
    CLASS_UNSURE = "class unsure"
    CELL_FALL = "cell fall"
    FLIPS = "flips"
    CALIBRATION = "calibration"
    COUNT = "count"
    LATENCY = "latency"
    SIZE = "size"

    @property
    def is_of_a_class(self) -> bool:
        """Whether it looks at one digit."""
        return self in (Measure.CLASS_FALL, Measure.CLASS_UNSURE)

    @property
    def is_of_the_worst(self) -> bool:
        """Whether it looks for the one of several groups that lost most accuracy."""
        return self in (Measure.CLASS_FALL, Measure.CELL_FALL)


class RuleName(StrEnum):
    """The gate's rules, in the order of pages. Each has a measure and, but for latency and size, a set."""

    measure: Measure
    compared_set: ComparedSet | None

    HOLDOUT_FALL = "holdout_fall", Measure.FALL, ComparedSet.HOLDOUT
    HOLDOUT_CERTAINTY = "holdout_certainty", Measure.CERTAINTY, ComparedSet.HOLDOUT
    HOLDOUT_CLASS_FALL = "holdout_class_fall", Measure.CLASS_FALL, ComparedSet.HOLDOUT
    HOLDOUT_CLASS_UNSURE = "holdout_class_unsure", Measure.CLASS_UNSURE, ComparedSet.HOLDOUT
    HOLDOUT_FLIPS = "holdout_flips", Measure.FLIPS, ComparedSet.HOLDOUT
    HOLDOUT_CALIBRATION = "holdout_calibration", Measure.CALIBRATION, ComparedSet.HOLDOUT
    GRID_FALL = "grid_fall", Measure.FALL, ComparedSet.GRID
    GRID_CERTAINTY = "grid_certainty", Measure.CERTAINTY, ComparedSet.GRID
    GRID_CELL_FALL = "grid_cell_fall", Measure.CELL_FALL, ComparedSet.GRID
    GRID_CLASS_FALL = "grid_class_fall", Measure.CLASS_FALL, ComparedSet.GRID
    GRID_FLIPS = "grid_flips", Measure.FLIPS, ComparedSet.GRID
    SCRIBBLES_FALL = "scribbles_fall", Measure.FALL, ComparedSet.SCRIBBLES
    VALIDATION_COUNT = "validation_count", Measure.COUNT, ComparedSet.VALIDATION
    VALIDATION_FALL = "validation_fall", Measure.FALL, ComparedSet.VALIDATION
    VALIDATION_CERTAINTY = "validation_certainty", Measure.CERTAINTY, ComparedSet.VALIDATION
    VALIDATION_CLASS_FALL = "validation_class_fall", Measure.CLASS_FALL, ComparedSet.VALIDATION
    VALIDATION_CLASS_UNSURE = "validation_class_unsure", Measure.CLASS_UNSURE, ComparedSet.VALIDATION
    VALIDATION_FLIPS = "validation_flips", Measure.FLIPS, ComparedSet.VALIDATION
    LATENCY = "latency", Measure.LATENCY, None
    SIZE = "size", Measure.SIZE, None

    def __new__(cls, value: str, measure: Measure, compared_set: ComparedSet | None) -> "RuleName":
        member = str.__new__(cls, value)
        member._value_ = value
        member.measure = measure
        member.compared_set = compared_set
        return member


@dataclass(frozen=True)
class AtMost:
    """Up to `promote` the measured value speaks for promotion, up to `ask` a person is asked; above it the champion
    is kept. Raises ValueError for limits in the wrong order.
    """

    promote: float
    ask: float
    unit: Unit
    says: str

    def __post_init__(self) -> None:
        if not self.promote <= self.ask:
            raise ValueError(f"At most {self.promote:g} to promote and {self.ask:g} to ask: the first is the stricter.")

    def answer(self, value: float) -> Answer:
        if value <= self.promote + ROUNDING:
            return "promote"
        return "ask" if value <= self.ask + ROUNDING else "keep"


@dataclass(frozen=True)
class AtLeast:
    """The same from below."""

    promote: float
    ask: float
    unit: Unit
    says: str

    def __post_init__(self) -> None:
        if not self.promote >= self.ask:
            raise ValueError(f"At least {self.promote:g} to promote and {self.ask:g} to ask: the first is stricter.")

    def answer(self, value: float) -> Answer:
        if value >= self.promote - ROUNDING:
            return "promote"
        return "ask" if value >= self.ask - ROUNDING else "keep"


Limit = AtMost | AtLeast

LIMITS: Mapping[RuleName, Limit] = {
    RuleName.HOLDOUT_FALL: AtMost(0.001, 0.002, Unit.POINTS, "accuracy lost on 5,000 held-out MNIST training pictures"),
    RuleName.HOLDOUT_CERTAINTY: AtMost(
        0.95, 0.99, Unit.SHARE, "how certain McNemar's exact test is that the candidate reads held-out MNIST worse"
    ),
    RuleName.HOLDOUT_CLASS_FALL: AtMost(
        0.01, 0.02, Unit.POINTS, "accuracy lost on the digit of held-out MNIST that lost most"
    ),
    RuleName.HOLDOUT_CLASS_UNSURE: AtMost(
        0.05, 0.1, Unit.POINTS, "sure readings lost on the digit of held-out MNIST that lost most"
    ),
    RuleName.HOLDOUT_FLIPS: AtMost(
        0.001, 0.002, Unit.SHARE, "held-out MNIST pictures that the champion reads correctly and the candidate doesn't"
    ),
    RuleName.HOLDOUT_CALIBRATION: AtMost(0.005, 0.02, Unit.POINTS, "rise of the calibration error on held-out MNIST"),
    RuleName.GRID_FALL: AtMost(
        0.002,
        0.005,
        Unit.POINTS,
        "accuracy lost on the grid: 1,500 held-out pictures, each redrawn in three of fifteen ways",
    ),
    RuleName.GRID_CERTAINTY: AtMost(
        0.95,
        0.975,
        Unit.SHARE,
        "how certain the exact test is that the candidate reads the grid worse; forgetting shows here first",
    ),
    RuleName.GRID_CELL_FALL: AtMost(0.01, 0.02, Unit.POINTS, "accuracy lost on the way of drawing that lost most"),
    RuleName.GRID_CLASS_FALL: AtMost(0.01, 0.02, Unit.POINTS, "accuracy lost on the digit of the grid that lost most"),
    RuleName.GRID_FLIPS: AtMost(
        0.005, 0.01, Unit.SHARE, "pictures of the grid that the champion reads correctly and the candidate doesn't"
    ),
    RuleName.SCRIBBLES_FALL: AtMost(
        0.05, 0.15, Unit.POINTS, "letters, shapes and scribbles that the candidate is newly sure of"
    ),
    RuleName.VALIDATION_COUNT: AtLeast(
        0, 0, Unit.COUNT, "validation drawings of the site; raise it to be asked when there are fewer"
    ),
    RuleName.VALIDATION_FALL: AtMost(0.0, 0.02, Unit.POINTS, "accuracy lost on the site's validation drawings"),
    RuleName.VALIDATION_CERTAINTY: AtMost(
        0.95, 0.99, Unit.SHARE, "how certain the exact test is that the candidate reads the validation drawings worse"
    ),
    RuleName.VALIDATION_CLASS_FALL: AtMost(
        0.1,
        0.2,
        Unit.POINTS,
        "accuracy lost on the digit that lost most, of those with ten validation drawings or more",
    ),
    RuleName.VALIDATION_CLASS_UNSURE: AtMost(
        0.1,
        0.3,
        Unit.POINTS,
        "sure readings lost on the digit that lost most, of those with ten validation drawings or more",
    ),
    RuleName.VALIDATION_FLIPS: AtMost(
        0.02, 0.05, Unit.SHARE, "validation drawings that the champion reads correctly and the candidate doesn't"
    ),
    RuleName.LATENCY: AtMost(1.5, 3.0, Unit.TIMES, "time for one glyph relative to the champion's, measured in turn"),
    RuleName.SIZE: AtMost(1.2, 4.0, Unit.TIMES, "size of the file relative to the champion's"),
}
"""Columns: up to where a candidate is promoted, up to where a person is asked, the unit, what is measured."""


@dataclass(frozen=True, kw_only=True)
class GatePolicy:
    """What a candidate must hold against the champion on the same glyphs. Raises ValueError where a rule is missing."""

    limits: Mapping[RuleName, Limit] = field(default_factory=lambda: dict(LIMITS))

    def __post_init__(self) -> None:
        missing = [name for name in RuleName if name not in self.limits]
        if missing or len(self.limits) != len(RuleName):
            raise ValueError(f"The gate needs exactly the rules of RuleName. Missing: {', '.join(missing) or 'none'}.")

    def changed(self, name: RuleName, *, promote: float | None = None, ask: float | None = None) -> "GatePolicy":
        """The same policy with another `promote` or `ask` for one rule."""
        limit = self.limits[name]
        promote, ask = limit.promote if promote is None else promote, limit.ask if ask is None else ask
        return replace(self, limits={**self.limits, name: replace(limit, promote=promote, ask=ask)})
