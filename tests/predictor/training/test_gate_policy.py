"""The gate's settings: checked when they are made."""

import math
from dataclasses import replace
from typing import Any

import pytest

from predictor.training.gate_policy import RULES, SETS, GatePolicy, Rule, Unit


def test_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"grid_flips: 0\.1 to ask is stricter than 0\.2 to promote"):
        Rule("grid", "flips", 0.2, 0.1, Unit.SHARE, "a share")
    with pytest.raises(ValueError, match="validation_count: 20 to ask is stricter than 10 to promote"):
        Rule("validation", "count", 10, 20, Unit.COUNT, "a count", at_least=True)


@pytest.mark.parametrize("limit", [math.nan, math.inf, True, "0.2"])
def test_a_limit_that_is_no_finite_number_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match=r"GATE\.grid_flips\.ask is .*: it must be a finite number"):
        Rule("grid", "flips", 0.2, limit, Unit.SHARE, "a share")


def test_a_gate_without_one_of_its_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="Missing: size"):
        GatePolicy(tuple(rule for rule in RULES if rule.name != "size"))


def test_every_rule_on_a_set_measures_on_one_that_decides() -> None:
    deciding = {rule.compared_set for rule in RULES if rule.compared_set}
    assert deciding == SETS.keys() - {"MNIST test", "site test"}
    assert {rule.name for rule in RULES if rule.compared_set is None} == {"latency", "size"}


def test_one_rule_is_changed_by_its_name() -> None:
    changed = GatePolicy().changed("grid_flips", ask=0.5)
    assert [rule for rule in changed.rules if rule not in RULES] == [
        replace(next(rule for rule in RULES if rule.name == "grid_flips"), ask=0.5)
    ]
    with pytest.raises(ValueError, match="no rule grid_flops"):
        GatePolicy().changed("grid_flops", ask=0.5)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [(Unit.POINTS, "0.12 points"), (Unit.SHARE, "0.12%"), (Unit.TIMES, "0.00 times"), (Unit.COUNT, "0.0012")],
)
def test_a_value_is_shown_with_its_unit(unit: Unit, shown: str) -> None:
    assert unit.shown(0.0012) == shown
