"""Labels: what a visitor says, what a reviewer makes of it, and which side its writer is on."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from predictor import errors
from predictor.drawings import intake
from predictor.models import Drawing, Label, Owner
from predictor.review import labels as review_labels
from tests.predictor.stored import learn, store, writers


@pytest.fixture
def drawing(writer: Owner) -> Drawing:
    return store(writer)


def _history(drawing: Drawing) -> list[tuple[str, str, str]]:
    return list(drawing.labels.order_by("pk").values_list("text", "by", "state"))


def test_a_visitors_label_is_a_proposal(drawing: Drawing, writer: Owner) -> None:
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    assert (label.state, label.by, label.user, label.revision) == ("proposed", "visitor", None, 1)
    assert (label.decided_at, label.decided_by) == (None, None)


def test_who_was_signed_in_is_kept_with_what_they_said(drawing: Drawing, writer: Owner, reviewer: User) -> None:
    writer.user = reviewer
    assert review_labels.propose_label(drawing=drawing, text="7", owner=writer).user == reviewer


def test_accepting_says_who_and_when(drawing: Drawing, writer: Owner, reviewer: User) -> None:
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    before = timezone.now()
    review_labels.accept_label(label=label, reviewer=reviewer)
    assert (label.state, label.decided_by) == ("accepted", reviewer)
    assert before <= label.decided_at <= timezone.now()


def test_a_reviewer_may_change_their_mind(drawing: Drawing, writer: Owner, reviewer: User) -> None:
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    for decide, state in (
        (review_labels.accept_label, "accepted"),
        (review_labels.reject_label, "rejected"),
        (review_labels.accept_label, "accepted"),
    ):
        decide(label=label, reviewer=reviewer)
        assert label.state == state
    assert _history(drawing) == [("7", "visitor", "accepted")]


@pytest.mark.parametrize("decide", [review_labels.accept_label, review_labels.reject_label])
def test_the_same_decision_again_keeps_the_first_ones_name(
    drawing: Drawing, writer: Owner, reviewer: User, decide: Any
) -> None:
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    decide(label=label, reviewer=reviewer)
    decide(label=label, reviewer=User.objects.create_superuser("another"))
    assert label.decided_by == reviewer


@pytest.mark.parametrize("decide", [review_labels.accept_label, review_labels.reject_label])
def test_what_was_withdrawn_is_not_decided_on(drawing: Drawing, writer: Owner, reviewer: User, decide: Any) -> None:
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    review_labels.withdraw_label(drawing=drawing, owner=writer)
    with pytest.raises(errors.Conflict, match="withdrawn"):
        decide(label=label, reviewer=reviewer)
    assert _history(drawing) == [("7", "visitor", "withdrawn")]


def test_after_a_rejection_the_visitor_may_say_something_else(drawing: Drawing, writer: Owner, reviewer: User) -> None:
    review_labels.reject_label(
        label=review_labels.propose_label(drawing=drawing, text="1", owner=writer), reviewer=reviewer
    )
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    assert _history(drawing) == [("1", "visitor", "rejected"), ("7", "visitor", "proposed")]


def test_what_was_said_of_a_forgotten_drawing_is_gone(drawing: Drawing, writer: Owner) -> None:
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    intake.forget(drawing=drawing)
    assert not Label.objects.exists()
    with pytest.raises(errors.NotFound):
        review_labels.propose_label(drawing=drawing, text="7", owner=writer)


def test_a_reviewers_own_answer_is_accepted_at_once(drawing: Drawing, reviewer: User) -> None:
    label = review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
    assert (label.state, label.by, label.user, label.decided_by) == ("accepted", "reviewer", reviewer, reviewer)


def test_a_reviewers_answer_decides_on_what_was_said_before(drawing: Drawing, writer: Owner, reviewer: User) -> None:
    review_labels.propose_label(drawing=drawing, text="1", owner=writer)
    review_labels.relabel(drawing=drawing, text="4", reviewer=reviewer)
    review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
    assert _history(drawing) == [
        ("1", "visitor", "rejected"),
        ("4", "reviewer", "rejected"),
        ("7", "reviewer", "accepted"),
    ]


def test_a_reviewer_who_says_the_same_as_the_visitor_accepts_it(
    drawing: Drawing, writer: Owner, reviewer: User
) -> None:
    said = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    assert review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer) == said
    assert _history(drawing) == [("7", "visitor", "accepted")]
    review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
    assert _history(drawing) == [("7", "visitor", "accepted")]


def test_a_reviewers_answer_must_be_one_too(drawing: Drawing, reviewer: User) -> None:
    with pytest.raises(errors.BadValue):
        review_labels.relabel(drawing=drawing, text="77", reviewer=reviewer)
    assert _history(drawing) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "maybe"},
        {"by": "passer-by"},
        {"state": "accepted"},
        {"decided_at": "2026-01-01T00:00:00Z"},
    ],
)
def test_the_database_knows_no_label_in_another_state(drawing: Drawing, wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Label.objects.create(**{"drawing": drawing, "revision": 1, "text": "7", "by": "visitor", **wrong})


def test_the_database_holds_one_open_proposal_of_a_visitor_at_most(drawing: Drawing, writer: Owner) -> None:
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Label.objects.create(drawing=drawing, revision=1, text="1", by="visitor")


# ── sides ──


def _side(owner: Owner) -> str:
    owner.refresh_from_db()
    return owner.side


def test_a_writer_has_no_side_before_their_first_accepted_label(writer: Owner, reviewer: User) -> None:
    drawing = store(writer)
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    assert _side(writer) == ""
    review_labels.reject_label(label=label, reviewer=reviewer)
    assert _side(writer) == ""
    review_labels.accept_label(label=label, reviewer=reviewer)
    assert _side(writer) == "train"


def test_a_reviewers_own_answer_fixes_the_side_too(writer: Owner, reviewer: User) -> None:
    review_labels.relabel(drawing=store(writer), text="7", reviewer=reviewer)
    assert _side(writer) == "train"


def test_a_side_never_changes(reviewer: User) -> None:
    people = writers(5)
    for owner in people:
        learn(owner, reviewer)
    sides = [_side(owner) for owner in people]
    for owner in people:
        learn(owner, reviewer)
    review_labels.reject_label(label=Label.objects.first(), reviewer=reviewer)
    assert [_side(owner) for owner in people] == sides


def test_train_holds_four_writers_for_each_one_held_out(reviewer: User) -> None:
    people = writers(16)
    for owner in people:
        learn(owner, reviewer)
    sides = [_side(owner) for owner in people]
    assert sides[:5] == ["train"] * 4 + ["validation"]
    assert sides[5:10] == ["train"] * 4 + ["test"]
    assert sides[10:15] == ["train"] * 4 + ["validation"]
    assert sides[15] == "train"


def test_a_person_is_on_one_side_with_all_their_cookies(reviewer: User) -> None:
    user = User.objects.create_user("someone")
    people = writers(5)
    at_home, at_school = Owner.objects.create(key="home", user=user), Owner.objects.create(key="school", user=user)
    for owner in people[:4]:
        learn(owner, reviewer)
    learn(at_home, reviewer)
    assert _side(at_home) == "validation"
    learn(people[4], reviewer)
    learn(at_school, reviewer)
    assert _side(at_school) == "validation"
