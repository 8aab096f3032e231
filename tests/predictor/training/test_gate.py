"""The gate: which candidate goes through, which does not, and of which a person is asked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as site
from pytest_django import Settings

from predictor.training.comparison import Comparison, SetReadings
from predictor.training.gate import Verdict, judge
from predictor.training.gate_policy import RULES

ROOT = Path(__file__).resolve().parent.parent.parent.parent
COUNT = 5000


def compared(
    count: int = COUNT, *, wrong: int = 0, gained: int = 0, lost: int = 0, digit: int | None = None, **values: Any
) -> Comparison:
    """A champion that errs `wrong` times; the candidate reads `gained` of these, and errs on `lost` others, all of
    them of one digit if it is given. Both are sure of everything."""
    labels = np.arange(count) % 10
    champion, candidate = labels.copy(), labels.copy()
    champion[:wrong] = (labels[:wrong] + 1) % 10
    candidate[gained:wrong] = champion[gained:wrong]
    free = np.arange(wrong, count)
    if digit is not None:
        free = free[labels[free] == digit]
    candidate[free[:lost]] = (labels[free[:lost]] + 4) % 10
    return Comparison(labels, _sure(champion), _sure(candidate), **values)


def _sure(digits: np.ndarray, confidence: float = 1.0) -> SetReadings:
    return SetReadings(digits, np.full(len(digits), confidence), np.ones(len(digits), bool))


NOTHING = compared(0)
SAME = compared(wrong=20)
PLENTY = compared(100, wrong=5)
"""Enough validation drawings, and nothing changed on them."""


def verdict(
    *,
    holdout: Comparison = SAME,
    grid: Comparison | None = None,
    scribbles: Comparison | None = None,
    validation: Comparison = PLENTY,
    latency: float = 1.0,
    size: float = 1.0,
) -> Verdict:
    cells = ["plain", "thin", "thick"]
    drawn = grid or compared(4500, wrong=40, groups=[cells[index * 3 // 4500] for index in range(4500)])
    found = {"holdout": holdout, "grid": drawn, "scribbles": scribbles or compared(200), "validation": validation}
    return judge(found, latency=latency, size=size)


# ── what goes through ──


def test_the_same_goes_through() -> None:
    found = verdict()
    assert found.decision == "promote"
    assert found.reason.startswith("No worse: held-out MNIST 99.60% → 99.60%")
    assert {rule.answer for rule in found.rules} == {"promote"}


def test_a_better_one_goes_through() -> None:
    assert (
        verdict(holdout=compared(wrong=20, gained=15), validation=compared(60, wrong=5, gained=3)).decision == "promote"
    )


def test_an_insignificant_loss_within_the_margin_goes_through() -> None:
    assert verdict(holdout=compared(wrong=20, gained=2, lost=4)).decision == "promote"


def test_every_rule_of_the_settings_is_measured_and_has_words() -> None:
    found = verdict()
    assert [rule.name for rule in found.rules] == [rule.name for rule in RULES]
    assert all(rule.value is not None and rule.rule.says for rule in found.rules)


# ── what a person is asked about ──


@pytest.fixture
def _twenty_at_least(settings: Settings) -> None:
    settings.GATE = site.GATE.changed("validation_count", promote=20)


def test_without_validation_drawings_the_others_decide() -> None:
    assert verdict(validation=NOTHING).decision == "promote"
    assert verdict(validation=NOTHING, holdout=compared(lost=100)).decision == "keep"


@pytest.mark.usefixtures("_twenty_at_least")
def test_without_validation_drawings_a_person_is_asked_where_the_site_wants_some() -> None:
    found = verdict(validation=NOTHING)
    assert found.decision == "ask"
    assert found.reason == "A person is asked: validation drawings: 0, less than 20."
    assert [rule.name for rule in found.rules if rule.value is None] == [
        *(
            "validation_fall",
            "validation_certainty",
            "validation_class_fall",
            "validation_class_unsure",
            "validation_flips",
        )
    ]


@pytest.mark.usefixtures("_twenty_at_least")
def test_with_few_validation_drawings_a_person_is_asked_however_well_they_are_read() -> None:
    assert verdict(validation=compared(19, wrong=5, gained=5)).decision == "ask"
    assert verdict(validation=compared(20, wrong=5, gained=5)).decision == "promote"


def test_a_gain_on_the_sites_drawings_that_costs_a_little_elsewhere_is_a_persons_to_weigh() -> None:
    found = verdict(holdout=compared(wrong=20, lost=6), validation=compared(60, wrong=20, gained=15))
    assert found.decision == "ask"
    assert "accuracy lost on held-out MNIST: 0.12 points, more than 0.10 points" in found.reason


def test_a_significant_loss_is_a_persons_to_weigh_however_small_it_is() -> None:
    assert verdict(holdout=compared(wrong=20, lost=4)).decision == "promote"
    found = verdict(holdout=compared(wrong=20, lost=5))
    assert found.decision == "ask"
    assert "certainty of a loss on held-out MNIST: 96.88%, more than 95.00%" in found.reason


# ── what does not go through ──


def test_a_loss_beyond_the_margin_does_not() -> None:
    found = verdict(holdout=compared(wrong=20, lost=11))
    assert found.decision == "keep"
    assert found.reason.startswith(
        "Kept the champion: accuracy lost on held-out MNIST: 0.22 points, more than 0.10 points"
    )


def test_many_changes_that_cancel_out_do_not() -> None:
    """Users rely on what the champion reads correctly."""
    found = verdict(holdout=compared(wrong=40, gained=32, lost=30))
    assert found.decision == "keep"
    assert "negative flips on held-out MNIST: 0.60%, more than 0.10%" in found.reason


def test_a_digit_that_is_forgotten_does_not_and_is_named() -> None:
    """Of 500 fours, eleven more are misread; everything else is better for it."""
    labels = np.arange(COUNT) % 10
    champion, candidate = labels.copy(), labels.copy()
    champion[np.flatnonzero(labels == 7)[:60]] = 1
    candidate[np.flatnonzero(labels == 4)[:11]] = 9
    holdout = Comparison(labels, _sure(champion), _sure(candidate))
    assert holdout.fall() < 0
    found = verdict(holdout=holdout)
    assert found.decision == "keep"
    assert "accuracy lost on the 4s of held-out MNIST: 2.20 points, more than 1.00 points" in found.reason


def test_a_poisoned_batch_does_not_and_the_class_that_fell_is_named() -> None:
    """2,000 sevens that one visitor called ones, carelessly accepted: the candidate reads the half of all sevens as
    ones, and some of the ones as sevens."""

    def poisoned(count: int, **values: Any) -> Comparison:
        labels = np.arange(count) % 10
        candidate = labels.copy()
        candidate[np.flatnonzero(labels == 7)[::2]] = 1
        candidate[np.flatnonzero(labels == 1)[::20]] = 7
        return Comparison(labels, _sure(labels), _sure(candidate), **values)

    found = verdict(holdout=poisoned(COUNT), grid=poisoned(4500, groups=["plain"] * 4500), validation=NOTHING)
    assert found.decision == "keep"
    assert "accuracy lost on the 7s of held-out MNIST (and 1s): 50.00 points, more than 1.00 points" in found.reason
    assert "accuracy lost on the 7s of the robustness grid (and 1s): 50.00 points" in found.reason


def test_a_way_of_drawing_that_is_forgotten_does_not_and_is_named() -> None:
    cells = [["plain", "pen width: 3 px"][index % 2] for index in range(4500)]
    labels = np.arange(4500) // 2 % 10
    candidate = labels.copy()
    candidate[1:1400:20] = (labels[1:1400:20] + 1) % 10
    found = verdict(grid=Comparison(labels, _sure(labels), _sure(candidate), cells))
    assert found.decision == "keep"
    assert "accuracy lost on “pen width: 3 px” in the robustness grid: 3.11 points" in found.reason


def test_losses_on_the_sites_own_drawings_do_not() -> None:
    assert verdict(validation=compared(100, lost=2)).decision == "ask"
    found = verdict(validation=compared(100, lost=3))
    assert found.decision == "keep"
    assert "accuracy lost on the site's validation drawings: 3.00 points, more than 0.00 points" in found.reason


def test_a_digit_that_the_sites_writers_lose_does_not() -> None:
    """Ten more sevens are read, and the fours pay for it."""
    labels = np.repeat(np.arange(10), 40)
    champion, candidate = labels.copy(), labels.copy()
    champion[labels == 7] = 1
    candidate[np.flatnonzero(labels == 4)[:9]] = 9
    found = verdict(validation=Comparison(labels, _sure(champion), _sure(candidate)))
    assert found.decision == "keep"
    assert "accuracy lost on the 4s of the site's validation drawings: 22.50 points" in found.reason


def test_what_is_asked_of_a_person_is_told_also_where_the_champion_is_kept() -> None:
    found = verdict(grid=compared(450, wrong=9, lost=7, digit=3))
    assert found.decision == "keep"
    assert found.reason.startswith("Kept the champion: accuracy lost on the 3s of the robustness grid")
    assert "certainty of a loss on the robustness grid" in found.reason


def test_one_that_is_sure_of_scribbles_does_not() -> None:
    assert verdict(scribbles=compared(200, lost=40)).decision == "keep"


def test_one_that_is_sure_when_it_errs_does_not() -> None:
    right = compared(wrong=300)
    humble = replace(right.champion, confidence=np.where(right.champion_right, 0.99, 0.3))
    found = verdict(holdout=Comparison(right.labels, humble, right.candidate))
    assert found.decision == "keep"
    assert "rise of the calibration error on held-out MNIST" in found.reason


def test_one_that_takes_a_fifth_of_the_sevens_for_no_digit_does_not() -> None:
    doubted = SAME.candidate.sure.copy()
    sevens = np.flatnonzero(SAME.labels == 7)
    doubted[sevens[: len(sevens) // 5]] = False
    found = verdict(holdout=replace(SAME, candidate=replace(SAME.candidate, sure=doubted)))
    assert found.decision == "keep"
    assert "sure readings lost on the 7s of held-out MNIST: 20.00 points" in found.reason


@pytest.mark.parametrize(("name", "words"), [("latency", "time for a glyph: 3.10 times"), ("size", "size of the file")])
def test_one_that_is_slow_or_large_does_not(name: str, words: str) -> None:
    assert verdict(**{name: 1.1}).decision == "promote"
    assert verdict(**{name: 2.0}).decision == "ask"
    assert words in verdict(**{name: 3.1 if name == "latency" else 5.0}).reason


def test_every_complaint_is_named() -> None:
    found = verdict(holdout=compared(lost=100), validation=compared(100, lost=10))
    assert found.reason.startswith("Kept the champion: ")
    assert found.reason.count(";") >= 3


# ── the table ──


def test_the_rules_stand_in_the_settings(settings: Settings) -> None:
    holdout = compared(wrong=20, gained=2, lost=4)
    assert verdict(holdout=holdout).decision == "promote"
    settings.GATE = site.GATE.changed("holdout_fall", promote=0.0)
    assert verdict(holdout=holdout).decision == "ask"
    settings.GATE = site.GATE.changed("holdout_fall", promote=0.0, ask=0.0)
    assert verdict(holdout=holdout).decision == "keep"


def test_the_rules_are_documented_as_they_are() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for rule in site.GATE.rules:
        assert f"| `{rule.name}` | {rule.promote:g} | {rule.ask:g} | {rule.unit or '–'} | {rule.says} |" in page


@pytest.mark.usefixtures("_twenty_at_least")
def test_a_measured_rule_is_kept_with_the_limit_as_it_was() -> None:
    row = next(rule.as_row() for rule in verdict(validation=NOTHING).rules if rule.name == "validation_count")
    assert (row["value"], row["promote"], row["at_least"], row["answer"]) == (0, 20, True, "ask")


# ── the evidence ──


def test_the_evidence_says_what_was_compared() -> None:
    found = compared(wrong=20, gained=5, lost=3)
    evidence = found.as_evidence()
    assert evidence["count"] == COUNT
    assert evidence["champion"]["right"] == COUNT - 20
    assert evidence["candidate"]["right"] == COUNT - 18
    assert evidence["champion"]["low"] < evidence["champion"]["share"] < evidence["champion"]["high"]
    assert (evidence["paired"]["gained"], evidence["paired"]["lost"], evidence["negative_flips"]) == (5, 3, 3)
    assert evidence["classes"]["0"] == [500, 498, 498]
    assert sum(count for *_, count in evidence["changes"]) == 8
    assert [0, 1, 0, 1] in evidence["changes"], "a zero that was read as a one"
    assert NOTHING.as_evidence() == {"count": 0}


def test_what_could_not_happen_does_not_break_it() -> None:
    """A validation set of a single digit; one that both read incorrectly."""
    one = Comparison(np.array([7]), _sure(np.array([1])), _sure(np.array([1])))
    assert verdict(validation=one).decision == "promote"
    assert one.falls(one.labels) == {7: pytest.approx(0.0)}
