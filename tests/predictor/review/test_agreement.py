"""What is measured of reviewers while they don't know it: second opinions, known answers, agreement."""

import re
from dataclasses import replace
from typing import Any

import pytest

from predictor.models import Drawing, Owner, ReviewAction, ReviewItem
from predictor.review import agreement, queue_items
from predictor.review import labels as review_labels
from tests.predictor.reviews import REVIEW, Desk, labels, read, waiting
from tests.predictor.stored import store

pytestmark = pytest.mark.usefixtures("no_lots")


# ── two reviewers, blindly ──


@pytest.fixture
def seconds(settings: Any) -> None:
    settings.REVIEW = replace(settings.REVIEW, second_share=1)


def test_a_second_reviewer_answers_without_seeing_the_first_answer(
    seconds: None, writer: Owner, anna: Desk, bert: Desk
) -> None:
    drawing = waiting(writer, said="1")
    [before] = anna.next()
    anna.answer(before, "7")
    assert anna.next() == [], "not the first one again"
    [shown] = bert.next()
    assert shown == before
    bert.answer(shown, "7")
    assert labels(drawing) == [("1", "visitor", "rejected"), ("7", "reviewer", "accepted")]
    assert anna.next() == bert.next() == []
    found = agreement.overall()["Reviewers with each other"]
    assert (found.agreed, found.count) == (1, 1)


def test_two_who_disagree_bring_it_up_once_more_and_the_third_answer_stands(
    seconds: None, writer: Owner, anna: Desk, bert: Desk
) -> None:
    drawing = waiting(writer, said="1")
    anna.decides(drawing, "7")
    bert.decides(drawing, "4")
    assert labels(drawing)[-1] == ("7", "reviewer", "accepted"), "until it is settled the first one stands"
    third = Desk("carl")
    [shown] = third.next()
    assert shown["why"] == ["Two reviewers disagree: 7 and 4."]
    assert shown["suggestion"] is None
    third.answer(shown, "4")
    assert labels(drawing)[-2:] == [("7", "reviewer", "rejected"), ("4", "reviewer", "accepted")]
    assert third.next() == anna.next() == bert.next() == []
    found = agreement.overall()["Reviewers with each other"]
    assert (found.agreed, found.count) == (0, 1)


def test_a_second_opinion_is_undone_too(seconds: None, writer: Owner, anna: Desk, bert: Desk) -> None:
    drawing = waiting(writer)
    anna.decides(drawing)
    bert.decides(drawing, "4")
    assert [each["why"] for each in bert.undo()] == [["A visitor’s label waits; the network agrees."]]
    assert labels(drawing) == [("7", "visitor", "accepted")]
    assert agreement.overall()["Reviewers with each other"].count == 0


def test_where_the_first_is_undone_it_waits_for_anyone(seconds: None, writer: Owner, anna: Desk, bert: Desk) -> None:
    drawing = waiting(writer)
    action = anna.decides(drawing)
    [shown] = bert.next()
    anna.undo(action)
    anna.ask("release", ids=[str(drawing.pk)])
    assert "isn’t yours" in bert.answer(shown, "7")["error"], "it was asked of them as something else"
    bert.decides(drawing, "7")
    assert labels(drawing) == [("7", "visitor", "accepted")]


# ── known answers ──


@pytest.fixture
def checks(settings: Any) -> None:
    settings.REVIEW = replace(settings.REVIEW, check_share=1)


@pytest.fixture
def known(writer: Owner, anna: Desk, checks: None) -> Drawing:
    """One that an operator imported as a seven."""
    drawing = store(writer, consent=True)
    read(drawing)
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    Drawing.objects.update(source="import")
    review_labels.accept_label(label=label, reviewer=anna.user)
    ReviewAction.objects.all().delete()
    queue_items.note(drawing)
    assert ReviewItem.objects.get().known
    return drawing


def test_now_and_then_one_comes_whose_answer_is_known_and_looks_like_any_other(
    known: Drawing, writer: Owner, bert: Desk
) -> None:
    other = waiting(writer)
    shown = {each["id"]: each for each in bert.next()}
    assert set(shown) == {str(known.pk), str(other.pk)}
    plain, check = shown[str(other.pk)], shown[str(known.pk)]
    assert set(check) == set(plain)
    for name in ("said", "suggestion", "why", "flagged", "mode", "revision"):
        assert check[name] == plain[name], name
    before = labels(known)
    bert.answer(check, "1")
    assert labels(known) == before, "it changes nothing"
    found = agreement.overall()["Reviewers with known answers"]
    assert (found.agreed, found.count) == (0, 1)


def test_a_known_one_is_not_asked_of_the_same_reviewer_again_and_rests(
    known: Drawing, writer: Owner, anna: Desk, bert: Desk, settings: Any
) -> None:
    for _ in range(3):
        waiting(writer)
    bert.answer(next(each for each in bert.next() if each["id"] == str(known.pk)), "7")
    assert str(known.pk) not in {each["id"] for each in anna.next()}, "it rests"
    ReviewItem.objects.filter(pk=known.pk).update(free_at="2020-01-01T00:00Z")
    assert str(known.pk) not in {each["id"] for each in bert.next()}
    [agreed] = [each for each in agreement.by_reviewer() if each.name == "bert"]
    assert (agreed.known.agreed, agreed.known.count, agreed.decisions) == (1, 1, 0)


def test_checks_alone_are_never_handed_out(known: Drawing, bert: Desk) -> None:
    assert bert.next(5) == []


def test_what_two_reviewers_agree_on_is_known_after_a_rest(
    seconds: None, checks: None, writer: Owner, anna: Desk, bert: Desk
) -> None:
    drawing = waiting(writer)
    anna.decides(drawing)
    bert.decides(drawing)
    item = ReviewItem.objects.get()
    assert item.known
    other = waiting(writer)
    carl = Desk("carl")
    assert [each["id"] for each in carl.next()] == [str(other.pk)]
    ReviewItem.objects.filter(pk=drawing.pk).update(free_at="2020-01-01T00:00Z")
    carl.ask("release", ids=[str(other.pk)])
    assert {each["id"] for each in carl.next()} == {str(drawing.pk), str(other.pk)}


# ── agreement ──


def test_agreement_is_shown_with_intervals(writer: Owner, anna: Desk, settings: Any) -> None:
    for said, answer in [("7", "7")] * 8 + [("1", "7")] * 2:
        anna.decides(waiting(writer, said=said), answer)
    settings.REVIEW = replace(settings.REVIEW, audit_share=1)
    anna.decides(waiting(writer, said=None), "7")
    page = anna.client.get(f"{REVIEW}agreement/").content.decode()
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
    assert ["Visitors", "with", "reviewers", "8", "10", "80.0%", "49.0–94.3"] in rows
    assert [row[-4:] for row in rows if row[:2] == ["The", "network"]] == [["1", "1", "100.0%", "20.7–100.0"]]
    assert [row[:2] for row in rows if "anna" in row] == [["anna", "11"]]


def test_what_was_undone_or_skipped_is_no_agreement(writer: Owner, anna: Desk) -> None:
    anna.decides(waiting(writer))
    anna.undo()
    anna.ask("release", ids=[str(pk) for pk in ReviewItem.objects.values_list("pk", flat=True)])
    anna.decides(Drawing.objects.get(), None)
    assert {found.count for found in agreement.overall().values()} == {0}
