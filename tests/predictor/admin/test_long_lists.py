"""The admin's lists of rows of which there may be millions: never counted, never read or sorted as a whole."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from predictor.admin.drawings import DrawingAdmin
from predictor.admin.owners import OwnerAdmin
from predictor.models import ModelVersion, Owner, Prediction, ReviewAction, ReviewItem
from predictor.review import claims, queue_items
from predictor.review import labels as review_labels
from tests.predictor.people import DRAWINGS as API_DRAWINGS
from tests.predictor.people import Person
from tests.predictor.reviews import Desk, read
from tests.predictor.stored import learn, propose, store

ADMIN = "/admin/predictor/"
PLANS = [
    # list, query, the table whose order the list has, the index along which it goes
    ("drawing", "", "drawing_newest"),
    ("drawing", "p=2", "drawing_newest"),
    ("drawing", "label=none", "drawing_newest"),
    ("drawing", "label=proposed", "label_newest_by_state"),
    ("drawing", "label=accepted", "label_newest_by_state"),
    ("drawing", "label=disagrees", "label_newest_by_state"),
    ("drawing", "sure=no", "prediction_by_sure"),
    ("drawing", "sure=yes", "prediction_by_sure"),
    ("drawing", "sure=waiting", "prediction_waiting"),
    ("drawing", "mode__exact=number", "drawing_by_mode"),
    ("drawing", "source__exact=camera", "drawing_by_source"),
    ("drawing", "consent__exact=1", "drawing_consented"),
    ("drawing", "created_at__gte=2026-01-01 00:00:00%2B00:00", "drawing_newest"),
    ("drawing", "q=7", "prediction_by_text"),
    ("drawing", "q=7&label=disagrees&sure=no", "label_newest_by_state"),
    ("owner", "standing=flagged", "owner_flagged"),
    ("owner", "standing=excluded", "owner_excluded"),
    ("owner", "q=abc", "predictor_owner_(1|key)"),
    ("reviewitem", "", "review_open"),
    ("reviewitem", "read_as__exact=7", "review_open"),
    ("reviewitem", "reason__exact=audit", "review_by_reason"),
    ("reviewitem", "state=closed", "review_closed"),
]


def _statements(desk: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def _plan(sql: str, *avoided: str) -> str:
    """How the database goes about a statement. PostgreSQL must be kept from reading a small table as a whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return "\n".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}"))
        for way in ("seqscan", *avoided):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize(("name", "query", "index"), PLANS)
def test_a_list_goes_along_an_index_and_sorts_nothing(
    desk: Client, writer: Owner, monkeypatch: pytest.MonkeyPatch, name: str, query: str, index: str
) -> None:
    monkeypatch.setattr(DrawingAdmin, "list_per_page", 1)
    propose(writer), propose(writer)
    asked = _statements(desk, f"{ADMIN}{name}/?{query}")
    listed = [sql for sql in asked if f'FROM "predictor_{name}"' in sql and "LIMIT" in sql][-1]
    plan = _plan(listed, "sort", "bitmapscan")
    if connection.vendor == "postgresql" and index == "drawing_consented":
        index = "drawing_(consented|newest)"  # it chooses by how many consent
    assert re.search(index, plan), plan
    assert "Seq Scan" not in plan, plan
    assert not re.search(r"(^|->  )Sort$|B-TREE FOR ORDER BY", plan, re.MULTILINE), plan
    assert not re.search(r"^SCAN \w+$", plan, re.MULTILINE), plan


@pytest.mark.parametrize("name", ["drawing", "reviewitem", "reviewaction"])
def test_an_id_is_found_in_an_index(desk: Client, writer: Owner, name: str) -> None:
    propose(writer)
    asked = _statements(desk, f"{ADMIN}{name}/?q={UUID(int=7)}")
    listed = [sql for sql in asked if f'FROM "predictor_{name}"' in sql and "LIMIT" in sql][-1]
    assert "::varchar" not in listed, "a text of the id is in no index"
    if connection.vendor == "sqlite":  # PostgreSQL reads any index of a small table
        plan = _plan(listed)
        assert re.search(r"\((drawing_)?id=\?\)", plan), plan
        assert not re.search(r"^SCAN", plan, re.MULTILINE), plan


@pytest.mark.parametrize("name", ["drawing", "owner", "reviewitem", "reviewaction"])
@pytest.mark.parametrize("query", ["", "q=7"])
def test_a_list_counts_nothing(desk: Client, writer: Owner, name: str, query: str) -> None:
    propose(writer)
    asked = _statements(desk, f"{ADMIN}{name}/?{query}")
    counted = [sql for sql in asked if "COUNT(" in sql and "GROUP BY" not in sql]
    assert counted == []
    assert not [sql for sql in asked if "DISTINCT" in sql and f'"predictor_{name}"' in sql]


def test_a_page_says_how_many_there_are_as_far_as_it_knows(
    desk: Client, writer: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DrawingAdmin, "list_per_page", 2)
    made = [store(writer) for _ in range(5)]
    first, last = (desk.get(f"{ADMIN}drawing/?p={number}") for number in (1, 3))
    assert "more than 2 drawings" in _words(first)
    assert "?p=2" in first.content.decode()
    assert "?p=3" not in first.content.decode()
    assert "5 drawings" in _words(last)
    assert "more than" not in _words(last)
    listed = [drawing.pk for page in (first, desk.get(f"{ADMIN}drawing/?p=2"), last) for drawing in _rows(page)]
    assert listed == [drawing.pk for drawing in reversed(made)]
    assert "across all pages" not in first.content.decode()
    for number in ("4", "0", "101"):
        assert desk.get(f"{ADMIN}drawing/?p={number}").status_code == 302


def test_one_drawing_is_one_and_none_is_none(desk: Client, writer: Owner) -> None:
    assert "0 drawings" in _words(desk.get(f"{ADMIN}drawing/"))
    store(writer)
    assert "1 drawing " in _words(desk.get(f"{ADMIN}drawing/")) + " "


def test_a_drawing_labelled_twice_or_drawn_in_two_strokes_is_listed_once(
    desk: Client, owner: Person, read_waiting: Callable[[], int], reviewer: User
) -> None:
    drawing = owner.draws()
    owner.put(drawing.pk, 2)
    read_waiting()
    owner.say(drawing.pk, "7")
    review_labels.accept_label(label=drawing.labels.get(), reviewer=reviewer)
    owner.say(drawing.pk, "1")
    review_labels.accept_label(label=drawing.labels.get(state="proposed"), reviewer=reviewer)
    assert drawing.labels.filter(state="accepted").count() == 2
    for query in ("", "label=accepted", "sure=yes", "q=7", f"q={drawing.pk}"):
        assert [row.pk for row in _rows(desk.get(f"{ADMIN}drawing/?{query}"))] == [drawing.pk], query


def test_only_the_newest_reading_counts(desk: Client, champion: ModelVersion, owner: Person) -> None:
    """An earlier stroke was read otherwise, and unsure."""
    drawing = owner.draws()
    owner.put(drawing.pk, 2)
    for revision, text, sure in ((1, "1", False), (2, "7", True)):
        read = {"status": "done", "model": champion, "done_at": timezone.now(), "text": text, "sure": sure}
        Prediction.objects.filter(drawing=drawing, revision=revision).update(**read)
    found = {query: len(_rows(desk.get(f"{ADMIN}drawing/?{query}"))) for query in ("q=1", "sure=no", "q=7", "sure=yes")}
    assert found == {"q=1": 0, "sure=no": 0, "q=7": 1, "sure=yes": 1}


def test_drawings_are_searched_by_id_by_reading_and_by_user(
    desk: Client, champion: ModelVersion, writer: Owner, read_waiting: Callable[[], int]
) -> None:
    theirs = store(Owner.objects.create(key="user:1", user=User.objects.create_user("ada")), "1")
    drawing = store(writer, "7")
    read_waiting()
    for term, found in ((drawing.pk, [drawing]), ("7", [drawing]), (" ada ", [theirs]), ("99", []), ("nobody", [])):
        assert _rows(desk.get(f"{ADMIN}drawing/", {"q": term})) == found, term


def test_owners_are_searched_by_user_and_by_the_beginning_of_their_key(desk: Client, writer: Owner) -> None:
    theirs = Owner.objects.create(key="user:1", user=User.objects.create_user("ada"))
    other = Owner.objects.create(key="Writer")
    for term, found in (
        ("ada", [theirs]),
        ("wri", [writer]),
        ("Wri", [other]),
        ("riter", []),
        ("", [other, theirs, writer]),
    ):
        assert _rows(desk.get(f"{ADMIN}owner/", {"q": term})) == found, term


def test_the_labels_of_the_owners_on_a_page_are_counted(
    desk: Client, writer: Owner, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(writer, reviewer), learn(writer, reviewer, "1"), propose(writer)
    review_labels.reject_label(label=propose(writer).labels.get(), reviewer=reviewer)
    Owner.objects.create(key="another")
    monkeypatch.setattr(OwnerAdmin, "list_per_page", 1)
    page = desk.get(f"{ADMIN}owner/?p=2").content.decode()
    assert '<td class="field-accepted">2</td><td class="field-rejected">1</td>' in page
    assert '<td class="field-accepted">0</td>' in desk.get(f"{ADMIN}owner/").content.decode()


def test_owners_are_found_by_their_standing(desk: Client, writer: Owner) -> None:
    flagged = Owner.objects.create(key="flagged", flagged_at=timezone.now())
    excluded = Owner.objects.create(key="excluded", excluded_at=timezone.now())
    assert _rows(desk.get(f"{ADMIN}owner/?standing=flagged")) == [flagged]
    assert _rows(desk.get(f"{ADMIN}owner/?standing=excluded")) == [excluded]


def test_reviews_are_searched_by_the_id_of_their_drawing(desk: Client, writer: Owner, reviewer: User) -> None:
    drawing, other = propose(writer), propose(writer)
    review_labels.accept_label(label=other.labels.get(), reviewer=reviewer)
    action = ReviewAction.objects.get()
    assert _rows(desk.get(f"{ADMIN}reviewitem/", {"q": f" {drawing.pk} "})) == [ReviewItem.objects.get(pk=drawing.pk)]
    assert _rows(desk.get(f"{ADMIN}reviewaction/", {"q": str(other.pk)})) == [action]
    assert _rows(desk.get(f"{ADMIN}reviewaction/", {"q": str(drawing.pk)})) == []
    assert _rows(desk.get(f"{ADMIN}reviewaction/", {"q": "seven"})) == []
    assert _rows(desk.get(f"{ADMIN}reviewaction/", {"q": " "})) == [action]


def test_a_list_cannot_be_sorted_by_a_column_without_an_index(desk: Client, writer: Owner) -> None:
    store(writer)
    asked = _statements(desk, f"{ADMIN}drawing/?o=6.7")
    assert not [sql for sql in asked if re.search(r'ORDER BY .*("source"|"key"|"username")', sql)]


def test_the_review_lists_offer_only_people_who_may_review(desk: Client, anna: Desk, writer: Owner) -> None:
    User.objects.create_user("visitor-with-an-account")
    for name in ("reviewitem", "reviewaction"):
        page = desk.get(f"{ADMIN}{name}/").content.decode()
        assert "anna" in page
        assert "visitor-with-an-account" not in page


def test_reviewers_are_told_how_many_wait_up_to_a_limit(
    desk: Client, anna: Desk, writer: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "COUNTED", 2)
    for _ in range(3):
        drawing = propose(writer)
        read(drawing, "7")
        queue_items.note(drawing)
    assert anna.ask("next", count=0).json()["progress"]["open"] == 2
    assert claims.waiting() == 3
    monkeypatch.setattr(claims, "COUNTED_BY_READING", 2)
    page = anna.client.get("/admin/review/grid/").content.decode()
    assert "7<small>2+</small>" in page
    assert "1<small>0</small>" in page


def test_a_history_fetches_one_reading_of_each_drawing(owner: Person) -> None:
    drawing = owner.draws()
    for revision in (2, 3, 4):
        owner.put(drawing.pk, revision)
    with CaptureQueriesContext(connection) as captured:
        owner.client.get(API_DRAWINGS)
    [sql] = [query["sql"] for query in captured.captured_queries if 'FROM "predictor_prediction"' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert len(cursor.fetchall()) == 1


def _rows(page: Any) -> list[Any]:
    return list(page.context["cl"].result_list)


def _words(page: Any) -> str:
    """The line under the list."""
    [line] = re.findall(r'<p class="paginator">(.*?)</p>', page.content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", line).split())
