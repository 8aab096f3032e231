"""How many questions an answer asks the database: a number that grows unseen makes a site slow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from predictor.models import Prediction
from predictor.reading import worker as predict_worker
from predictor.review import claims, similar
from tests.predictor.people import DRAWINGS, Person, new_id
from tests.predictor.pictures import drawn


@contextmanager
def exactly(count: int) -> Iterator[None]:
    """Holds the block to so many statements, those that only open and close transactions left out."""
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [
        query["sql"]
        for query in captured.captured_queries
        if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
    ]
    assert len(asked) == count, "\n".join([f"{len(asked)} instead of {count}:", *(sql[:300] for sql in asked)])


def test_a_visitors_first_drawing(owner: Person) -> None:
    with exactly(5):
        owner.send()


def test_a_visitors_next_drawing(owner: Person) -> None:
    owner.send()
    with exactly(4):
        owner.send()


def test_a_drawing_of_someone_signed_in(db: Any) -> None:
    person = Person(user=User.objects.create_user("someone"))
    person.send()
    with exactly(6):
        person.send()


def test_a_first_and_a_next_stroke(owner: Person) -> None:
    owner.send()
    drawing_id = new_id()
    with exactly(6):
        owner.put(drawing_id, 1)
    with exactly(10):
        owner.put(drawing_id, 2, drawn("1"))
    Prediction.objects.update(status="failed")
    with exactly(9):
        owner.put(drawing_id, 3)


def test_a_stroke_that_was_sent_before(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    with exactly(5):
        owner.put(drawing_id, 1)


@pytest.mark.parametrize("count", [5, 30])
def test_a_history_of_any_length(owner: Person, read_waiting: Callable[[], int], count: int) -> None:
    for n in range(count):
        drawing = owner.draws("7")
        if n % 2:
            owner.say(drawing.pk, "7")
    read_waiting()
    with exactly(3):
        assert len(owner.history()) == count
    with exactly(3):
        assert len(owner.history(digit="7", label="7")) == count // 2


def test_one_drawing(owner: Person) -> None:
    drawing = owner.draws()
    with exactly(3):
        owner.get(drawing.pk)
    with exactly(1):
        owner.get(drawing.pk, "image/")


def test_a_batch_is_read_with_as_many_questions_as_one(owner: Person, champion: Any) -> None:
    """One finds them, one fetches them, one writes their hashes, one their readings."""
    for count in (1, 10):
        for _ in range(count):
            owner.send()
        first = Prediction.objects.filter(status="queued").values_list("pk", flat=True)[0]
        with exactly(4):
            predict_worker.read(first)


def test_history_never_fetches_the_pictures(owner: Person) -> None:
    owner.draws()
    with CaptureQueriesContext(connection) as captured:
        owner.client.get(DRAWINGS)
    assert not any('"image"' in query["sql"] or '"strokes"' in query["sql"] for query in captured.captured_queries)


FILTERS: list[dict[str, str]] = [
    {},
    {"digit": "7"},
    {"text": "42"},
    {"label": "7"},
    {"wrong": "true"},
    {"wrong": "false"},
    {"unsure": "true"},
    {"from": "2026-01-01", "to": "2026-12-31"},
    {"digit": "7", "text": "7", "label": "7", "wrong": "true", "unsure": "true", "to": "2030-12-31"},
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_filtered_history_walks_along_indexes_and_sorts_nothing(owner: Person, filters: dict[str, str]) -> None:
    """Whatever is asked for: newest first by the index, each drawing looked up in an index, up to a full page."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by the size of its tables, which are small here")
    owner.say(owner.draws().pk, "7")
    with CaptureQueriesContext(connection) as captured:
        owner.history(**filters)
    [asked] = [query["sql"] for query in captured.captured_queries if 'FROM "predictor_drawing"' in query["sql"]]
    with connection.cursor() as cursor:
        plan = [(step, parent, what) for step, parent, _, what in cursor.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert [what for _, parent, what in plan if "drawing_history" in what and parent == 0], plan
    assert not [what for _, _, what in plan if what.startswith("SCAN")], plan
    assert not [what for _, parent, what in plan if parent == 0 and "TEMP B-TREE" in what], plan
    if {"digit", "text", "wrong", "unsure"} & set(filters):
        assert [what for _, _, what in plan if "COVERING INDEX prediction_said" in what], plan


@contextmanager
def walking_along(index: str) -> Iterator[None]:
    """Holds what the block asks of the queue of reviews to one index, without sorting."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by the size of its tables, which are small here")
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [query["sql"] for query in captured.captured_queries if "predictor_reviewitem" in query["sql"]]
    assert asked
    for sql in asked:
        with connection.cursor() as cursor:
            plan = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert [step for step in plan if index in step], plan
        assert not [step for step in plan if "predictor_reviewitem" in step and index not in step], plan
        assert not [step for step in plan if "TEMP B-TREE" in step], plan


def test_the_kinds_that_wait_for_review_are_found_by_jumps_in_one_index(owner: Person) -> None:
    owner.say(owner.draws().pk, "7")
    with walking_along("review_open"):
        assert claims.lanes(timezone.now())


def test_the_drawings_of_a_kind_come_in_the_order_of_that_index(owner: Person) -> None:
    owner.say(owner.draws().pk, "7")
    [kind] = claims.lanes(timezone.now())
    with walking_along("review_open"):
        assert claims._first(kind, 5, timezone.now(), {})


def test_how_many_wait_is_counted_in_that_index(owner: Person) -> None:
    with walking_along("review_"):  # any index of the open ones
        claims.waiting()
    with walking_along("review_open"):
        claims.waiting_by_reading()


def test_what_is_similar_comes_from_an_index_of_its_own(owner: Person) -> None:
    with walking_along("review_similar"):
        similar._Pool("7")


def test_the_lanes_of_review_are_found_by_jumps_over_all_three_columns(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by the size of its tables, which are small here")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {claims.LANES}", [timezone.now()])
        plan = [row[3] for row in cursor.fetchall()]
    for jump in ("read_as>?", "read_as=? AND reason>?", "read_as=? AND reason=? AND detail>?"):
        assert [step for step in plan if f"review_open ({jump})" in step], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
