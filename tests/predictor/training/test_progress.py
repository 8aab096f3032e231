"""A training's times as text for people."""

import pytest

from predictor.percentages import duration
from predictor.training.progress import RunProgress


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "1 s"), (89.4, "89 s"), (90, "2 min"), (3600, "60 min"), (5400, "1.5 h")],
)
def test_a_time_span_is_shown_in_its_unit(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("status", "remaining", "shown"),
    [
        ("queued", None, ""),
        ("running", None, "2 min so far"),
        ("running", 48.0, "2 min so far, about 48 s left"),
    ],
)
def test_the_time_left_is_shown_once_it_is_known(status: str, remaining: float | None, shown: str) -> None:
    found = RunProgress(
        status=status, over=False, stages=[], detail="", progress=0.5, remaining=remaining, elapsed=120, curves=[]
    )
    assert found.time == shown
