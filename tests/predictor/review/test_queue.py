"""The queue of reviews follows the facts: what is in it, why, and in which order."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from predictor.drawings import intake
from predictor.models import Drawing, Owner, Prediction, ReviewItem
from predictor.reading import heartbeat
from predictor.review import claims, queue_items
from predictor.review import labels as review_labels
from tests.predictor.people import Person
from tests.predictor.reviews import Desk, read, waiting
from tests.predictor.stored import learn, store

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_lots")]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def _why(drawing: Drawing) -> list[str] | None:
    """The reasons a drawing waits for; None where it doesn't wait."""
    item = ReviewItem.objects.filter(drawing=drawing, closed_at=None).first()
    return item.reasons if item else None


@pytest.mark.parametrize(
    ("text", "said", "confidence", "reasons"),
    [
        ("7", "7", 0.99, ["label"]),
        ("7", "1", 0.99, ["disagrees"]),
        ("7", "", 0.99, ["disagrees"]),
        ("7", "7", 0.5, ["label", "unsure"]),
        ("7", "1", 0.5, ["disagrees", "unsure"]),
        ("7", None, 0.5, ["unsure"]),
        ("7", None, 0.99, None),
        ("", None, 1.0, None),
        ("", "7", 1.0, ["disagrees"]),
    ],
)
def test_a_drawing_waits_for_what_speaks_for_a_look(
    writer: Owner, text: str, said: str | None, confidence: float, reasons: list[str] | None
) -> None:
    assert _why(waiting(writer, text, said=said, confidence=confidence)) == reasons


def test_a_label_waits_also_before_the_drawing_is_read(writer: Owner) -> None:
    drawing = store(writer)
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    assert _why(drawing) == ["label"]


@pytest.mark.parametrize("kind", ["reread", "shadow"])
def test_another_version_that_reads_it_otherwise_brings_it_up_first(writer: Owner, desk: Desk, kind: str) -> None:
    waiting(writer, said="1")
    drawing = waiting(writer, said=None)
    assert _why(drawing) is None
    read(drawing, "4", kind=kind, by=2)
    queue_items.note(drawing)
    assert _why(drawing) == ["versions"]
    [shown] = desk.next()
    assert shown["id"] == str(drawing.pk)
    assert shown["reading"]["text"] == ("4" if kind == "reread" else "7"), "a candidate only reads along"
    assert "version 1" in shown["why"][0]
    assert "version 2" in shown["why"][0]


def test_what_other_versions_read_of_older_strokes_counts_no_more(writer: Owner) -> None:
    drawing = waiting(writer, said=None)
    read(drawing, "4", kind="shadow", by=2)
    Drawing.objects.update(revision=2)
    drawing.refresh_from_db()
    read(drawing)
    queue_items.note(drawing)
    assert _why(drawing) is None


def test_an_unsure_reading_waits_only_with_consent_and_a_label_always(writer: Owner) -> None:
    assert _why(waiting(writer, said=None, confidence=0.5, consent=False)) is None
    label = waiting(writer, consent=False)
    assert _why(label) == ["label"]
    consented = waiting(writer)
    score = dict(ReviewItem.objects.values_list("drawing", "score"))
    assert score[label.pk] < score[consented.pk], "nothing can be learned from it"


def test_consent_that_is_taken_back_takes_it_out(writer: Owner) -> None:
    unsure = waiting(writer, said=None, confidence=0.5)
    intake.set_consent(drawing=unsure, consent=False)
    assert not ReviewItem.objects.exists()
    intake.set_consent(drawing=unsure, consent=True)
    assert _why(unsure) == ["unsure"]


def test_the_same_by_a_further_stroke(owner: Person) -> None:
    drawing = owner.draws(consent=True)
    read(drawing, confidence=0.5)
    queue_items.note(drawing)
    assert _why(drawing) == ["unsure"]
    assert owner.put(drawing.pk, 2, consent=False).status_code in {200, 202}
    assert not ReviewItem.objects.exists()


def test_a_label_that_is_withdrawn_takes_it_out(owner: Person) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "7")
    assert _why(drawing) == ["label"]
    owner.take_back(drawing.pk)
    assert not ReviewItem.objects.exists()


def test_a_forgotten_drawing_is_forgotten_here_too(writer: Owner, reviewer: User) -> None:
    drawing = waiting(writer)
    review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
    intake.forget(drawing=drawing)
    assert not ReviewItem.objects.exists()


@pytest.mark.parametrize("decide", [review_labels.accept_label, review_labels.reject_label])
def test_a_decision_closes_it_wherever_it_was_made(writer: Owner, reviewer: User, decide: Any) -> None:
    drawing = waiting(writer)
    decide(label=drawing.labels.get(), reviewer=reviewer)
    assert _why(drawing) is None
    assert ReviewItem.objects.get().closed_at


def test_a_new_proposal_opens_it_again(writer: Owner, reviewer: User) -> None:
    drawing = waiting(writer, said="1")
    review_labels.reject_label(label=drawing.labels.get(), reviewer=reviewer)
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    assert _why(drawing) == ["label"]


def test_a_share_of_the_sure_readings_is_checked_at_random_and_nobody_chooses_which(
    writer: Owner, settings: Any
) -> None:
    settings.REVIEW = replace(settings.REVIEW, audit_share=0.5)
    drawings = [waiting(writer, said=None) for _ in range(24)]
    audited = {drawing.pk for drawing in drawings if _why(drawing) == ["audit"]}
    assert 2 < len(audited) < 22
    settings.SECRET_KEY = "another"
    for drawing in drawings:
        queue_items.note(drawing)
    assert audited != set(ReviewItem.objects.values_list("pk", flat=True)), "whoever names a drawing can't choose"
    settings.REVIEW = replace(settings.REVIEW, audit_share=1)
    queue_items.note_many([drawing.pk for drawing in drawings])
    assert ReviewItem.objects.count() == 24


def test_a_worker_notes_readings_once_they_have_settled(writer: Owner, settings: Any) -> None:
    drawings = [store(writer, consent=True) for _ in range(3)]
    for drawing in drawings:
        read(drawing, confidence=0.5)
    Prediction.objects.filter(drawing=drawings[2]).update(done_at=timezone.now())
    assert queue_items.catch_up() == 2
    assert [_why(drawing) for drawing in drawings] == [["unsure"], ["unsure"], None], "one is still being drawn"
    assert queue_items.catch_up() == 0
    settings.REVIEW = replace(settings.REVIEW, settle_seconds=0)
    assert queue_items.catch_up() == 1
    assert _why(drawings[2]) == ["unsure"]


def test_the_heartbeat_leaves_none_out_that_were_read_at_the_same_moment(writer: Owner, monkeypatch: Any) -> None:
    monkeypatch.setattr(queue_items, "CATCH_UP_LIMIT", 2)
    drawings = [store(writer, consent=True) for _ in range(5)]
    for drawing in drawings:
        read(drawing, confidence=0.5)
    Prediction.objects.update(done_at=timezone.now() - timedelta(hours=1))
    assert [queue_items.catch_up() for _ in range(4)] == [2, 2, 1, 0]
    assert all(_why(drawing) for drawing in drawings)


def test_a_workers_heartbeat_notes_them(worker: None, owner: Person, settings: Any) -> None:
    settings.REVIEW = replace(settings.REVIEW, settle_seconds=0, audit_share=1)
    drawing = owner.draws(consent=True)
    heartbeat.heartbeat()
    assert _why(drawing) == ["audit"]


def test_the_command_puts_a_lost_queue_right_and_a_second_time_changes_nothing(
    writer: Owner, reviewer: User, settings: Any, capsys: Any
) -> None:
    settings.REVIEW = replace(settings.REVIEW, audit_share=0.5)
    for said in ("7", "1", None, None, None, None):
        waiting(writer, said=said)
    learn(writer, reviewer)
    kept = list(ReviewItem.objects.order_by("pk").values())
    ReviewItem.objects.all().delete()
    for _ in range(2):
        call_command("queue_reviews")
        fresh = list(ReviewItem.objects.order_by("pk").values())
        assert [{**row, "free_at": None} for row in fresh] == [{**row, "free_at": None} for row in kept]
    assert f"{claims.waiting()} drawings wait" in capsys.readouterr().out


def test_rebuilding_leaves_what_reviewers_have_at_the_moment_with_them(writer: Owner, desk: Desk) -> None:
    waiting(writer)
    [shown] = desk.next()
    call_command("queue_reviews", verbosity=0)
    assert Desk("bert").next() == []
    assert "action" in desk.answer(shown, "7")


def test_many_are_noted_with_as_many_queries_as_one(writer: Owner) -> None:
    asked = []
    for count in (2, 12):
        ids = [waiting(writer).pk for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            queue_items.note_many(ids)
        asked.append(len(captured))
    assert asked[0] == asked[1]


# ── the order ──


def test_the_most_pressing_comes_first(writer: Owner, desk: Desk) -> None:
    plain = waiting(writer)
    unsure = waiting(writer, said=None, confidence=0.3)
    other = waiting(writer, said="1")
    disputed = waiting(writer, said="1", confidence=0.4)
    shown = [each["id"] for each in desk.next(4)]
    assert shown == [str(each.pk) for each in (disputed, other, unsure, plain)]


def test_not_fifty_of_the_same_kind_come_one_after_another(writer: Owner, desk: Desk) -> None:
    for _ in range(30):
        waiting(writer, said="1")
    rare = [waiting(writer, "4", said=None, confidence=0.5), waiting(writer, "3", said="8"), waiting(writer, "0")]
    shown = desk.next(12)
    assert {str(each.pk) for each in rare} <= {each["id"] for each in shown}
    for each in shown:
        desk.answer(each, "7")
    more = desk.next(4)
    assert len(more) == 4, "where nothing else waits, the same kind goes on"


def test_what_was_seen_lately_counts_against_its_kind_in_the_next_hand_too(writer: Owner, desk: Desk) -> None:
    for _ in range(12):
        waiting(writer, said="1")
    for _ in range(6):
        desk.answer(desk.next()[0], "7")
    agreed = waiting(writer, "4", said="4")
    assert [each["id"] for each in desk.next()] == [str(agreed.pk)]


def test_each_weight_is_a_setting(writer: Owner, desk: Desk, settings: Any) -> None:
    other, plain = waiting(writer, said="1"), waiting(writer)
    assert desk.next()[0]["id"] == str(other.pk)
    desk.ask("release", ids=[str(other.pk)])
    settings.REVIEW = replace(settings.REVIEW, weight_label=9)
    call_command("queue_reviews", verbosity=0)
    assert desk.next()[0]["id"] == str(plain.pk)


def test_the_next_one_takes_as_many_queries_from_a_long_queue_as_from_a_short_one(writer: Owner, desk: Desk) -> None:
    asked = []
    for _ in range(2):
        for _ in range(12):
            waiting(writer, said="1")
        with CaptureQueriesContext(connection) as captured:
            desk.next(3)
        asked.append(len(captured))
    assert asked[0] == asked[1]


def test_lanes_tell_apart_what_is_mistaken_for_what(writer: Owner) -> None:
    for said in ("1", "4", "7", "7", None):
        waiting(writer, said=said, confidence=0.99 if said else 0.5)
    lanes = Counter(item.lane for item in ReviewItem.objects.all())
    assert lanes == {
        ("7", "disagrees", "1"): 1,
        ("7", "disagrees", "4"): 1,
        ("7", "label", ""): 2,
        ("7", "unsure", "1"): 1,
    }
