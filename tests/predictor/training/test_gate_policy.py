"""The gate's settings: checked when they are made."""

import pytest

from predictor.training.gate_policy import LIMITS, AtLeast, AtMost, GatePolicy, Measure, RuleName, Unit


def test_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="the first is the stricter"):
        AtMost(0.2, 0.1, Unit.SHARE, "a share")
    with pytest.raises(ValueError, match="the first is stricter"):
        AtLeast(10, 20, Unit.COUNT, "a count")


def test_a_gate_without_one_of_its_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="Missing: size"):
        GatePolicy(limits={name: limit for name, limit in LIMITS.items() if name != RuleName.SIZE})


def test_every_rule_on_a_set_measures_on_one_that_decides() -> None:
    assert all(name.compared_set is None or name.compared_set.decides for name in RuleName)
    assert {name.measure for name in RuleName if name.compared_set is None} == {Measure.LATENCY, Measure.SIZE}


@pytest.mark.parametrize(
    ("unit", "shown"),
    [(Unit.POINTS, "0.12 points"), (Unit.SHARE, "0.12%"), (Unit.TIMES, "0.00 times"), (Unit.COUNT, "0.0012")],
)
def test_a_value_is_shown_with_its_unit(unit: Unit, shown: str) -> None:
    assert unit.shown(0.0012) == shown
