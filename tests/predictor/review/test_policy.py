"""The settings of review are checked where they are made."""

import dataclasses
from typing import Any

import pytest

from predictor.models import ReviewReason
from predictor.review.policy import ReviewPolicy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("audit_share", 1.5),
        ("check_share", -0.1),
        ("claim_seconds", 0),
        ("ahead", 0),
        ("ahead", 8.5),
        ("flag_after", True),
        ("skip_seconds", "3600"),
        ("weight_label", float("nan")),
        ("weight_no_consent", -1),
        ("flagged_daily", -1),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"REVIEW\.{name}"):
        ReviewPolicy(**{name: value})


def test_every_reason_has_a_weight() -> None:
    assert all(ReviewPolicy().weight(reason) > 0 for reason in ReviewReason)


def test_a_value_is_not_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ReviewPolicy().ahead = 3  # type: ignore[misc]
