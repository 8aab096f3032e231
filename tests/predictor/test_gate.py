"""The gate: which candidate goes through, and which does not."""

import numpy as np
import pytest
from django.conf import settings as site
from pytest_django import Settings

from predictor.gate import Comparison, judge

COUNT = 5000


def compared(
    *, count: int = COUNT, champion_wrong: int = 0, gained: int = 0, lost: int = 0, digit: int | None = None
) -> Comparison:
    """A champion that errs `champion_wrong` times; the candidate reads `gained` of these, and errs on
    `lost` others, all of them of one digit if it is given."""
    labels = np.arange(count) % 10
    champion, candidate = np.ones(count, bool), np.ones(count, bool)
    champion[:champion_wrong] = candidate[gained:champion_wrong] = False
    free = np.arange(champion_wrong, count)
    if digit is not None:
        free = free[labels[free] == digit]
    candidate[free[:lost]] = False
    return Comparison(labels, champion, candidate)


NOTHING = Comparison(np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0, bool))
SAME = compared(champion_wrong=20)


def test_the_same_goes_through() -> None:
    verdict = judge(holdout=SAME, validation=SAME)
    assert verdict.promote
    assert verdict.reason.startswith("No worse: held-out MNIST 99.60% → 99.60%")


def test_a_better_one_goes_through() -> None:
    assert judge(holdout=compared(champion_wrong=20, gained=15), validation=NOTHING).promote


def test_without_validation_drawings_the_held_out_ones_decide() -> None:
    verdict = judge(holdout=SAME, validation=NOTHING)
    assert verdict.promote
    assert "no drawings for validation yet" in verdict.reason


def test_an_insignificant_loss_within_the_margin_goes_through() -> None:
    assert judge(holdout=compared(champion_wrong=20, gained=2, lost=4), validation=NOTHING).promote


def test_a_loss_beyond_the_margin_does_not() -> None:
    verdict = judge(holdout=compared(champion_wrong=20, lost=11), validation=NOTHING)
    assert not verdict.promote
    assert "on held-out MNIST it falls by 0.22 points, more than 0.20" in verdict.reason


def test_a_significant_loss_does_not_however_small_it_is() -> None:
    verdict = judge(holdout=compared(champion_wrong=20, lost=5), validation=NOTHING)
    assert not verdict.promote
    assert "significantly worse: 5 lost, 0 gained" in verdict.reason
    assert judge(holdout=compared(champion_wrong=20, lost=4), validation=NOTHING).promote


def test_many_changes_that_cancel_out_go_through() -> None:
    assert judge(holdout=compared(champion_wrong=40, gained=30, lost=32), validation=NOTHING).promote


def test_a_digit_that_is_forgotten_does_not_go_through() -> None:
    """Of 500 fours, six more are misread; everything else is better for it."""
    labels = np.arange(COUNT) % 10
    champion, candidate = np.ones(COUNT, bool), np.ones(COUNT, bool)
    champion[np.flatnonzero(labels == 7)[:60]] = False
    candidate[np.flatnonzero(labels == 4)[:6]] = False
    holdout = Comparison(labels, champion, candidate)
    assert holdout.fall() < 0
    verdict = judge(holdout=holdout, validation=NOTHING)
    assert not verdict.promote
    assert verdict.reason == "Kept the champion: the 4s fall by 1.20 points, more than 1.00."


def test_any_loss_on_the_sites_own_drawings_does_not_go_through() -> None:
    validation = compared(count=60, lost=1)
    verdict = judge(holdout=compared(champion_wrong=20, gained=20), validation=validation)
    assert not verdict.promote
    assert "on the site's validation drawings it falls by 1.67 points" in verdict.reason


def test_a_loss_and_a_gain_on_the_sites_own_drawings_go_through() -> None:
    assert judge(holdout=SAME, validation=compared(count=60, champion_wrong=5, gained=1, lost=1)).promote


def test_every_complaint_is_named() -> None:
    verdict = judge(holdout=compared(lost=100), validation=compared(count=100, lost=10))
    assert verdict.reason.startswith("Kept the champion: ")
    assert verdict.reason.count(";") >= 2


def test_the_rules_stand_in_the_settings(settings: Settings) -> None:
    holdout = compared(champion_wrong=20, gained=2, lost=7)
    assert judge(holdout=holdout, validation=NOTHING).promote
    settings.GATE = {**site.GATE, "holdout_margin": 0.0}
    assert not judge(holdout=holdout, validation=NOTHING).promote


def test_the_evidence_says_what_was_compared() -> None:
    evidence = compared(champion_wrong=20, gained=5, lost=3).as_evidence()
    assert evidence["count"] == COUNT
    assert evidence["champion"]["right"] == COUNT - 20
    assert evidence["candidate"]["right"] == COUNT - 18
    assert evidence["champion"]["low"] < evidence["champion"]["share"] < evidence["champion"]["high"]
    assert (evidence["paired"]["gained"], evidence["paired"]["lost"], evidence["negative_flips"]) == (5, 3, 3)
    assert NOTHING.as_evidence() == {"count": 0}


def test_what_could_not_happen_does_not_break_it() -> None:
    """A validation set of a single digit; one that both read wrongly."""
    one = Comparison(np.array([7]), np.array([False]), np.array([False]))
    assert judge(holdout=SAME, validation=one).promote
    assert one.falls_by_class() == {7: pytest.approx(0.0)}
