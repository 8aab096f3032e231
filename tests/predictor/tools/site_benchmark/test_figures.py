"""Medians, ratios and percentiles of what a benchmark measured."""

import pytest

from predictor.tools.site_benchmark.figures import Run, percentile


def test_a_percentile_is_a_value_that_was_measured() -> None:
    times = [float(value) for value in range(200, 0, -1)]
    assert [percentile(times, share) for share in (0.5, 0.95, 0.99, 1.0)] == [100, 190, 198, 200]
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_sums_and_ratios_are_taken_within_a_round() -> None:
    run = Run({}, {"ours": [10, 40, 90], "decode": [4, 15, 40], "forward": [1, 5, 5]})
    assert run.median(["ours"]) == 40
    assert run.median(["decode", "forward"]) == 20
    assert run.median(["ours"], ["decode", "forward"]) == 2  # the median of 10/5, 40/20 and 90/45
    assert run.median(["decode"], ["ours"]) == 0.4  # not 15/40


def test_what_was_not_measured_in_each_round_has_no_median() -> None:
    run = Run({}, {"ours": [10, 20], "late": [1], "none": [0, 0]})
    assert run.median(["theirs"]) is None
    assert run.median(["ours", "late"]) is None
    assert run.median(["ours"], ["theirs"]) is None
    assert run.median(["ours"], ["none"]) is None


def test_values_are_noted_round_by_round_under_one_name() -> None:
    run = Run({})
    for milliseconds in (1, 2):
        run.note("site/newcomer/8", {"p50": milliseconds, "rate": 100})
        run.note("site/newcomer/1", {"p50": 0.12345})
    assert run.figures["site/newcomer/8/p50"] == [1, 2]
    assert run.figures["site/newcomer/1/p50"] == [0.123, 0.123]
    assert run.after("site/newcomer/") == ["8", "1"]
    assert run.after("site/") == ["newcomer"]
