"""Two reviewers at once: nobody gets what another has, and nobody keeps it for ever."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from predictor.models import Owner, ReviewItem
from predictor.review import claims
from predictor.review import labels as review_labels
from tests.predictor.reviews import Desk, labels, waiting

pytestmark = pytest.mark.usefixtures("no_lots")


def _ids(shown: list[dict[str, Any]]) -> set[str]:
    return {each["id"] for each in shown}


def _time_passes(seconds: float) -> None:
    for item in ReviewItem.objects.all():
        ReviewItem.objects.filter(pk=item.pk).update(free_at=item.free_at - timedelta(seconds=seconds))


def test_two_reviewers_get_different_drawings(writer: Owner, anna: Desk, bert: Desk) -> None:
    for _ in range(5):
        waiting(writer)
    first, second = _ids(anna.next(3)), _ids(bert.next(3))
    assert (len(first), len(second)) == (3, 2)
    assert not first & second
    assert anna.next() == []


def test_reviewers_who_ask_at_the_same_moment_get_different_drawings(transactional_db: None) -> None:
    """Threads with connections of their own, as the web server's."""
    writer = Owner.objects.create(key="writer")
    for _ in range(24):
        waiting(writer)
    desks = [Desk(f"reviewer {n}") for n in range(4)]
    taken: dict[int, list[str]] = {}
    start = threading.Barrier(len(desks))

    def work(number: int) -> None:
        start.wait()
        mine = []
        for _ in range(4):
            mine += [str(item.pk) for item in claims.take(reviewer=desks[number].user, count=2)]
        taken[number] = mine
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(desks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [pk for mine in taken.values() for pk in mine]
    assert len(taken) == len(desks)
    assert len(everything) == len(set(everything)) == 24


def test_what_nobody_answers_in_time_goes_to_another(writer: Owner, anna: Desk, bert: Desk, settings: Any) -> None:
    drawing = waiting(writer)
    [late] = anna.next()
    _time_passes(settings.REVIEW.claim_seconds - 5)
    assert bert.next() == []
    _time_passes(10)
    [shown] = bert.next()
    assert "isn’t yours any more" in anna.answer(late, "1")["error"]
    assert labels(drawing) == [("7", "visitor", "proposed")]
    assert "action" in bert.answer(shown, "7")


def test_a_late_answer_counts_where_nobody_else_took_the_drawing(writer: Owner, anna: Desk, settings: Any) -> None:
    drawing = waiting(writer)
    [late] = anna.next()
    _time_passes(settings.REVIEW.claim_seconds + 5)
    assert "action" in anna.answer(late, "7")
    assert labels(drawing) == [("7", "visitor", "accepted")]


def test_whoever_goes_on_keeps_what_they_have_in_hand(writer: Owner, anna: Desk, bert: Desk, settings: Any) -> None:
    for _ in range(3):
        waiting(writer)
    hand = [each["id"] for each in anna.next(2)]
    _time_passes(settings.REVIEW.claim_seconds - 5)
    anna.next(0, holding=hand)
    _time_passes(10)
    assert not _ids(bert.next(3)) & set(hand)


def test_whoever_leaves_lets_go_of_their_own(writer: Owner, anna: Desk, bert: Desk) -> None:
    for _ in range(2):
        waiting(writer)
    [mine], [theirs] = anna.next(), bert.next()
    assert anna.ask("release", ids=[mine["id"], theirs["id"]]).status_code == 200
    assert _ids(anna.next(2)) == {mine["id"]}


def test_a_page_that_is_left_sends_a_form(writer: Owner, anna: Desk, bert: Desk) -> None:
    waiting(writer)
    [mine] = anna.next()
    answer = anna.client.post("/admin/review/release/", {"json": f'{{"ids": ["{mine["id"]}"]}}'})
    assert answer.status_code == 200
    assert _ids(bert.next()) == {mine["id"]}


def test_an_answer_to_what_another_has_changes_nothing(writer: Owner, anna: Desk, bert: Desk) -> None:
    drawing = waiting(writer)
    [shown] = anna.next()
    assert "isn’t yours" in bert.answer(shown, "1")["error"]
    assert labels(drawing) == [("7", "visitor", "proposed")]


def test_what_was_decided_elsewhere_meanwhile_is_not_decided_again(writer: Owner, anna: Desk, bert: Desk) -> None:
    """In the admin's list, say, which asks for no claim."""
    drawing = waiting(writer)
    [shown] = anna.next()
    review_labels.accept_label(label=drawing.labels.get(), reviewer=bert.user)
    assert "isn’t yours" in anna.answer(shown, "1")["error"]
    assert labels(drawing) == [("7", "visitor", "accepted")]


def test_the_same_answer_sent_twice_counts_once(writer: Owner, anna: Desk) -> None:
    """As a browser does that lost the first answer's answer."""
    drawing = waiting(writer)
    [shown] = anna.next()
    assert anna.answer(shown, "7") == anna.answer(shown, "7")
    assert drawing.review_actions.count() == 1


def test_what_was_drawn_on_since_is_not_decided_on_unseen(writer: Owner, anna: Desk) -> None:
    drawing = waiting(writer, said=None, confidence=0.5)
    [shown] = anna.next()
    type(drawing).objects.update(revision=2)
    assert "has changed since" in anna.answer(shown, "7")["error"]
    assert labels(drawing) == []


def test_a_skipped_drawing_comes_back_later(writer: Owner, anna: Desk, bert: Desk, settings: Any) -> None:
    drawing = waiting(writer)
    assert "action" in anna.answer(anna.next()[0], None)
    assert labels(drawing) == [("7", "visitor", "proposed")]
    assert anna.next() == bert.next() == []
    _time_passes(settings.REVIEW.skip_seconds + 1)
    assert len(bert.next()) == 1


def test_the_grid_takes_what_was_read_alike_and_nothing_else(writer: Owner, anna: Desk, bert: Desk) -> None:
    sevens = [waiting(writer), waiting(writer, said="1"), waiting(writer, said=None, confidence=0.5)]
    waiting(writer, "4", said="7")
    blank = waiting(writer, "", said="7")
    assert _ids(anna.next(50, reading="7")) == {str(each.pk) for each in sevens}
    assert bert.next(50, reading="7") == []
    assert _ids(bert.next(50, reading="")) == {str(blank.pk)}
    assert ReviewItem.objects.filter(free_at__lte=timezone.now()).count() == 1
