"""The page of review: who may, and what is shown."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from predictor.models import Owner, ReviewAction
from predictor.review import claims
from predictor.review import desk as review_desk
from predictor.review import labels as review_labels
from tests.predictor.people import Person
from tests.predictor.reviews import REVIEW, Desk, labels, read, waiting
from tests.predictor.stored import store

PAGES = ("", "grid/", "agreement/")
ASKED = ("next", "answers", "undo", "release")


pytestmark = pytest.mark.usefixtures("no_lots")


# ── who may ──


def test_visitors_and_users_are_asked_to_sign_in(owner: Person, writer: Owner) -> None:
    waiting(writer)
    for person in (owner, Person(user=User.objects.create_user("someone"))):
        for path in PAGES:
            assert person.client.get(f"{REVIEW}{path}").status_code == 302
        for what in ASKED:
            assert person.client.post(f"{REVIEW}{what}/", "{}", content_type="application/json").status_code == 302
    assert not ReviewAction.objects.exists()


def test_who_works_here_and_may_not_review_is_refused(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert [client.get(f"{REVIEW}{path}").status_code for path in PAGES] == [403] * 3
    asked = [client.post(f"{REVIEW}{what}/", "{}", content_type="application/json") for what in ASKED]
    assert [answer.status_code for answer in asked] == [403] * 4
    assert "/admin/review/" not in client.get("/admin/").content.decode()


def test_who_is_in_the_reviewers_group_may_do_all_of_it(writer: Owner, tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    call_command("prepare")
    group = Group.objects.get(name="reviewers")
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.groups.add(group)
    desk = Desk("clerk")
    drawing = waiting(writer)
    assert [desk.client.get(f"{REVIEW}{path}").status_code for path in PAGES] == [200] * 3
    assert 'href="/admin/review/"' in desk.client.get("/admin/").content.decode()
    [shown] = desk.next()
    assert desk.client.get(shown["image"]).status_code == 200
    desk.answer(shown, "7")
    assert labels(drawing) == [("7", "visitor", "accepted")]
    assert desk.client.get("/admin/predictor/reviewaction/").status_code == 200
    assert desk.client.get("/admin/predictor/reviewitem/").status_code == 403, "it shows what is a second opinion"
    group.permissions.clear()
    call_command("prepare")
    assert not group.permissions.exists(), "what an administrator makes of the group stays"


def test_a_form_of_another_site_does_nothing(writer: Owner, anna: Desk) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna.user)
    assert browser.post(f"{REVIEW}next/", '{"count": 1}', content_type="application/json").status_code == 403


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("next", {"count": "many"}),
        ("next", {"count": -1}),
        ("next", {"reading": 7}),
        ("next", {"holding": "all"}),
        ("next", {"holding": ["x"]}),
        ("answers", {"answers": [{"text": "7"}]}),
        ("answers", {"answers": [{"id": "x", "revision": 1, "text": "7"}]}),
        ("answers", {"answers": [{"id": "x", "revision": 1, "text": 7}]}),
        ("answers", {"answers": ["7"]}),
        ("undo", {"action": "last"}),
        ("release", {"ids": [None]}),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_one_shape(anna: Desk, what: str, asked: dict[str, Any]) -> None:
    answer = anna.ask(what, **asked)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"code", "message", "fields"}


@pytest.mark.parametrize("body", ["", "[]", "{"])
def test_what_is_no_json_object_is_refused(anna: Desk, body: str) -> None:
    assert anna.client.post(f"{REVIEW}next/", body, content_type="application/json").status_code == 400


def test_an_answer_that_cannot_be_one_is_refused_and_the_others_count(writer: Owner, anna: Desk) -> None:
    for _ in range(2):
        waiting(writer)
    first, second = anna.next(2)
    said = [{"id": each["id"], "revision": 1, "text": text} for each, text in ((first, "77"), (second, "7"))]
    done = anna.ask("answers", answers=said).json()["done"]
    assert "one digit" in done[0]["error"]
    assert "action" in done[1]
    assert "action" in anna.answer(first, "7"), "it is still theirs"


# ── what is shown ──


def test_a_drawing_is_shown_with_all_that_is_known_of_it(writer: Owner, anna: Desk) -> None:
    drawing = waiting(writer, said="1", confidence=0.62)
    [shown] = anna.next()
    assert shown["id"] == str(drawing.pk)
    assert (shown["said"], shown["suggestion"], shown["mode"]) == ("1", "1", "digit")
    reading = shown["reading"]
    assert (reading["text"], reading["confidence"], reading["sure"]) == ("7", 0.62, False)
    assert len(reading["glyphs"][0]["probabilities"]) == 10
    assert reading["glyphs"][0]["pixels"].startswith("data:image/png")
    assert shown["why"] == ["The visitor says 1, the network 7.", "The network isn’t sure: 62%."]
    assert anna.client.get(shown["image"])["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("text", "said", "suggestion"), [("7", "1", "1"), ("7", None, "7"), ("", "7", "7"), ("7", "", "")]
)
def test_what_enter_accepts_is_the_visitors_label_or_else_the_reading(
    writer: Owner, anna: Desk, text: str, said: str | None, suggestion: str
) -> None:
    waiting(writer, text, said=said, confidence=0.5)
    assert anna.next()[0]["suggestion"] == suggestion


def test_a_number_takes_a_number(writer: Owner, anna: Desk) -> None:
    drawing = store(writer, "47", mode="number", consent=True)
    read(drawing, "41")
    review_labels.propose_label(drawing=drawing, text="47", owner=writer)
    [shown] = anna.next()
    assert (shown["mode"], shown["suggestion"], len(shown["reading"]["glyphs"])) == ("number", "47", 2)
    assert "action" in anna.answer(shown, "147")
    assert labels(drawing)[-1] == ("147", "reviewer", "accepted")


def test_similar_drawings_already_labelled_are_shown_the_nearest_first(writer: Owner, anna: Desk) -> None:
    for ink, said in ((2, "7"), (20, "7"), (3, "1"), (12, "4")):
        review_labels.relabel(drawing=waiting(writer, said="4", ink=ink), text=said, reviewer=anna.user)
    unlabelled = waiting(writer, ink=0)
    review_labels.relabel(drawing=waiting(writer, ink=0, consent=False), text="7", reviewer=anna.user)
    drawing = waiting(writer, said="1", ink=0)
    shown = {each["id"]: each for each in anna.next(2)}
    assert [each["text"] for each in shown[str(drawing.pk)]["similar"]] == ["7", "1", "7"]
    assert [each["text"] for each in shown[str(unlabelled.pk)]["similar"]] == ["7", "7"]


def test_showing_many_takes_no_more_queries_than_showing_one(writer: Owner, anna: Desk) -> None:
    asked = []
    for count in (1, 9):
        for _ in range(count):
            waiting(writer)
        items = claims.take(reviewer=anna.user, count=count)
        with CaptureQueriesContext(connection) as captured:
            assert len(review_desk.show(items)) == count
        asked.append(len(captured))
        assert not any('"image"' in query["sql"].partition("FROM")[0] for query in captured.captured_queries)
    assert asked[0] == asked[1]


def test_progress_of_the_day_and_of_the_queue(writer: Owner, anna: Desk, bert: Desk) -> None:
    drawings = [waiting(writer) for _ in range(5)]
    _, newest = (anna.decides(drawing) for drawing in drawings[:2])
    bert.decides(drawings[2])
    anna.decides(drawings[3])
    anna.undo()
    assert anna.ask("next", count=0).json()["progress"] == {"mine": 2, "all": 3, "open": 2, "newest": newest}


def test_the_grid_says_how_many_of_each_reading_wait(writer: Owner, anna: Desk) -> None:
    for text in ("7", "7", "4", ""):
        waiting(writer, text)
    page = anna.client.get(f"{REVIEW}grid/").content.decode()
    counts = dict(re.findall(r'data-reading="(.?)" [^>]*>[^<]*<small>(\d+)', page))
    assert (counts["7"], counts["4"], counts[""], counts["1"]) == ("2", "1", "1", "0")


def test_a_reading_by_the_real_network_comes_up_as_any_other(
    writer: Owner, anna: Desk, read_waiting: Callable[[], int]
) -> None:
    drawing = store(writer, "4", consent=True)
    read_waiting()
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    [shown] = anna.next()
    assert shown["why"] == ["The visitor says 7, the network 4."]
    assert shown["reading"]["glyphs"][0]["probabilities"][4] > 0.5
