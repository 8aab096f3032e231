"""`/history/`: one's own drawings, narrowed, taken along, thrown away."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from frontend import pagination
from predictor.drawings import intake, sharing
from predictor.models import Dataset, DatasetItem, Drawing, ForgottenDrawing, Label, Prediction, ReviewAction
from predictor.review import action_log
from predictor.review.labels import relabel
from tests.frontend.conftest import png

Make = Callable[..., Drawing]


def listed(page: HttpResponse) -> list[str]:
    """The drawings on a page, in its order."""
    assert page.status_code == 200
    return re.findall(r'data-testid="history-item"[^>]*href="/drawings/([0-9a-f-]+)/"', page.content.decode())


def ids(*drawings: Drawing) -> list[str]:
    return [str(drawing.pk) for drawing in drawings]


def say(drawing: Drawing, text: str, **fields: object) -> Label:
    return Label.objects.create(drawing=drawing, revision=drawing.revision, text=text, **{"by": "visitor", **fields})


# Filters


def test_it_finds_by_reading_by_label_and_by_both(visitor: Client, make_drawing: Make):
    seven, one, number = make_drawing("7"), make_drawing("1"), make_drawing("142")
    say(seven, "1")
    say(one, "1")
    assert listed(visitor.get("/history/", {"digit": "7"})) == ids(seven)
    assert listed(visitor.get("/history/", {"text": "42"})) == ids(number)
    assert listed(visitor.get("/history/", {"label": "1"})) == ids(one, seven)
    assert listed(visitor.get("/history/", {"label": "1", "digit": "1"})) == ids(one)


def test_it_finds_what_was_said_to_be_no_digit(visitor: Client, make_drawing: Make):
    nothing, unlabelled = make_drawing(), make_drawing()
    say(nothing, "")
    assert listed(visitor.get("/history/", {"label": "none"})) == ids(nothing)
    assert listed(visitor.get("/history/", {"label": ""})) == ids(unlabelled, nothing)


def test_it_finds_what_was_read_wrongly_and_what_was_not_sure(visitor: Client, make_drawing: Make):
    wrong, unsure, _ = make_drawing("7"), make_drawing("7", sure=False), make_drawing("7")
    say(wrong, "1")
    say(unsure, "7")
    assert listed(visitor.get("/history/", {"wrong": "on"})) == ids(wrong)
    assert listed(visitor.get("/history/", {"unsure": "on"})) == ids(unsure)


def test_a_day_is_the_sites_own_from_its_first_moment_to_its_last(visitor: Client, drawing: Drawing, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    with timezone.override("Asia/Tokyo"):
        Drawing.objects.update(created_at=datetime(2026, 3, 1, 20, tzinfo=UTC))  # the 2nd, 5 in the morning
        assert listed(visitor.get("/history/", {"from": "2026-03-02", "to": "2026-03-02"})) == ids(drawing)
        assert listed(visitor.get("/history/", {"to": "2026-03-01"})) == []
        assert listed(visitor.get("/history/", {"from": "2026-03-03"})) == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(visitor: Client, drawing: Drawing, day: str):
    assert listed(visitor.get("/history/", {"to": day})) == (ids(drawing) if day > "2026" else [])
    assert listed(visitor.get("/history/", {"from": day})) == (ids(drawing) if day < "2026" else [])


@pytest.mark.parametrize(
    ("name", "value"), [("text", "seven"), ("digit", "12"), ("label", "x"), ("from", "soon"), ("text", "\x00")]
)
def test_what_cannot_be_looked_for_is_said_at_its_field(visitor: Client, drawing: Drawing, name: str, value: str):
    page = visitor.get("/history/", {name: value})
    text = page.content.decode()
    assert page.status_code == 200
    assert f'id="id_{name}_error"' in text
    assert re.search(rf'<(?:input|select)[^>]*name="{name}"[^>]*aria-describedby="id_{name}_error"', text)


def test_the_form_shows_what_was_asked_for(visitor: Client, make_drawing: Make):
    make_drawing("42", mode="number")
    text = visitor.get("/history/", {"text": "42", "unsure": "on"}).content.decode()
    assert 'value="42"' in text
    assert re.search(r'name="unsure"[^>]*checked', text)


def test_older_pages_keep_the_filter(visitor: Client, make_drawing: Make):
    made = [make_drawing("7") for _ in range(pagination.SIZE + 2)]
    make_drawing("1")
    first = visitor.get("/history/", {"digit": "7", "text": "", "wrong": ""})
    link = re.search(r'data-testid="older" href="([^"]+)"', first.content.decode())
    assert link
    second = visitor.get("/history/" + link[1].replace("&amp;", "&"))
    assert listed(first) + listed(second) == ids(*reversed(made))
    assert 'data-testid="newest" href="/history/?digit=7"' in second.content.decode()


def test_nothing_yet_and_nothing_that_matches_are_told_apart(visitor: Client, make_drawing: Make):
    assert 'data-testid="nothing-yet"' in visitor.get("/history/").content.decode()
    make_drawing("7")
    page = visitor.get("/history/", {"digit": "3"}).content.decode()
    assert 'data-testid="no-match"' in page
    assert 'data-testid="nothing-yet"' not in page


def test_an_outsider_finds_nothing_whatever_is_asked_for(visitor: Client, outsider: Client, make_drawing: Make):
    say(make_drawing("7", sure=False), "1")
    for asked in ({}, {"digit": "7"}, {"text": "7"}, {"label": "1"}, {"wrong": "on"}, {"unsure": "on"}):
        assert listed(outsider.get("/history/", asked)) == []


@pytest.mark.parametrize("count", [1, 30])
def test_a_filtered_history_takes_three_queries(
    visitor: Client, make_drawing: Make, django_assert_num_queries: DjangoAssertNumQueries, count: int
):
    for _ in range(count):
        say(make_drawing(), "1")
    asked = {"text": "7", "digit": "7", "label": "1", "wrong": "on", "to": "2099-01-01"}
    with django_assert_num_queries(3):
        assert len(listed(visitor.get("/history/", asked))) == min(count, pagination.SIZE)


# Deleting all


def test_it_asks_before_it_deletes_all(visitor: Client, make_drawing: Make):
    make_drawing()
    make_drawing()
    page = visitor.get("/history/delete/").content.decode()
    assert "Delete all your 2 drawings?" in page
    assert Drawing.objects.count() == 2


def test_all_is_deleted_as_one_is(visitor: Client, make_drawing: Make, monkeypatch: pytest.MonkeyPatch):
    """With what was read and said; the ids stay, so that a late stroke brings none back; datasets stand."""
    monkeypatch.setattr(intake, "FORGOTTEN_AT_ONCE", 2)
    made = [make_drawing() for _ in range(5)]
    dataset = Dataset.objects.create(sha256="1" * 64)
    DatasetItem.objects.create(dataset=dataset, drawing_id=made[0].pk, image_hash="-", label="7", side="train")
    say(made[0], "7", state="accepted", decided_at=timezone.now())
    page = visitor.post("/history/delete/", follow=True)
    assert page.redirect_chain == [("/history/", 302)]
    assert "All 5 drawings are deleted." in page.content.decode()
    assert not any(model.objects.exists() for model in (Drawing, Prediction, Label))
    assert set(ForgottenDrawing.objects.values_list("pk", flat=True)) == {drawing.pk for drawing in made}
    assert DatasetItem.objects.filter(dataset=dataset).count() == 1


def test_deleting_all_fetches_no_picture(visitor: Client, make_drawing: Make, django_assert_num_queries):
    make_drawing()
    with django_assert_num_queries(16, exact=False) as captured:
        visitor.post("/history/delete/")
    assert not [query["sql"] for query in captured.captured_queries if '"image"' in query["sql"]]


def test_an_outsider_deletes_nothing_of_anothers(visitor: Client, outsider: Client, drawing: Drawing):
    assert "nothing to delete" in outsider.get("/history/delete/").content.decode()
    outsider.post("/history/delete/")
    assert Drawing.objects.filter(pk=drawing.pk).exists()
    assert not ForgottenDrawing.objects.exists()


def test_deleting_all_needs_the_forms_token(visitor: Client, drawing: Drawing):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor.cookies
    assert strict.post("/history/delete/").status_code == 403
    assert Drawing.objects.exists()


# Taking all along


def taken(client: Client) -> zipfile.ZipFile:
    answer = client.get("/history/export/")
    assert answer.streaming
    assert answer.headers["Content-Type"] == "application/zip"
    assert re.fullmatch(r'attachment; filename="digitsite-[\d-]+\.zip"', answer.headers["Content-Disposition"])
    file = zipfile.ZipFile(io.BytesIO(b"".join(answer)))
    assert file.testzip() is None
    return file


def rows(file: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read(name).decode())))


def test_all_is_taken_along(visitor: Client, make_drawing: Make):
    strokes = {"width": 300, "height": 300, "background": "#fff", "strokes": [{"points": [[1, 2]]}]}
    drawn, photo = make_drawing(strokes=strokes, box=[1, 2, 30, 40]), make_drawing("1", sure=False, confidence=0.5)
    Drawing.objects.filter(pk=photo.pk).update(image_type="image/jpeg")
    say(drawn, "7", state="accepted", decided_at=timezone.now())
    say(photo, "")
    file = taken(visitor)
    names = {f"pictures/{drawn.pk}.png", f"pictures/{photo.pk}.jpg", f"strokes/{drawn.pk}.json"}
    assert set(file.namelist()) == names | {"account.json", "drawings.csv", "readings.csv", "labels.csv"}
    assert file.read(f"pictures/{drawn.pk}.png") == png(30)
    boxes = {(row["drawing"], row["revision"]): row["box"] for row in rows(file, "readings.csv") if row["box"]}
    assert boxes == {(str(drawn.pk), "2"): "[1, 2, 30, 40]"}
    assert json.loads(file.read(f"strokes/{drawn.pk}.json")) == strokes
    newest = [row for row in rows(file, "readings.csv") if row["revision"] == "2"]
    assert [(row["drawing"], row["text"], row["sure"]) for row in newest] == [
        (str(photo.pk), "1", "False"),
        (str(drawn.pk), "7", "True"),
    ]
    labels = rows(file, "labels.csv")
    assert [(row["drawing"], row["text"], row["state"]) for row in labels] == [
        (str(photo.pk), "", "proposed"),
        (str(drawn.pk), "7", "accepted"),
    ]


def test_only_ones_own_is_taken_along(outsider: Client, drawing: Drawing):
    file = taken(outsider)
    assert file.namelist() == ["account.json", "drawings.csv", "readings.csv", "labels.csv"]
    assert rows(file, "drawings.csv") == rows(file, "readings.csv") == []
    assert json.loads(file.read("account.json")) == {"account": None, "visitors": []}


def test_consent_and_shared_links_are_taken_along(visitor: Client, make_drawing: Make):
    visitor.post("/consent/", {"yes": ""})
    shared, other = make_drawing(consent=True), make_drawing(strokes={"strokes": []})
    token = sharing.share(drawing=shared)
    file = taken(visitor)
    [known] = json.loads(file.read("account.json"))["visitors"]
    assert known["consent"] is True
    assert known["known_since"] == shared.owner.created_at.isoformat()
    found = {row["drawing"]: (row["consent"], row["shared by"]) for row in rows(file, "drawings.csv")}
    assert found == {str(shared.pk): ("True", f"http://testserver/shared/{token}/"), str(other.pk): ("False", "")}


def test_an_account_is_taken_along_also_without_a_drawing(client: Client, django_user_model):
    user = django_user_model.objects.create_user("ada", "ada@digits.example", "a-rather-long-one")
    client.force_login(user)
    told = json.loads(taken(client).read("account.json"))
    assert told["account"]["name"] == "ada"
    assert told["account"]["email"] == "ada@digits.example"
    assert told["account"]["joined"] == user.date_joined.isoformat()
    assert "password" not in told["account"]
    assert told["visitors"] == []


def test_who_reviewed_is_not_in_it(visitor: Client, drawing: Drawing, django_user_model):
    reviewer = django_user_model.objects.create_user("grace")
    say(drawing, "7", state="accepted", decided_at=timezone.now(), decided_by=reviewer, by="reviewer", user=reviewer)
    assert b"grace" not in taken(visitor).read("labels.csv")


def test_a_reviewer_takes_along_what_they_decided_on_others_drawings(
    client: Client, make_drawing: Make, django_user_model
):
    ada, grace = (django_user_model.objects.create_user(name) for name in ("ada", "grace"))
    seven, one, other = make_drawing(), make_drawing(), make_drawing()
    relabel(drawing=seven, text="7", reviewer=ada)
    relabel(drawing=one, text="", reviewer=ada)
    relabel(drawing=other, text="4", reviewer=grace)
    action_log.undo(action=ReviewAction.objects.get(drawing=one), by=ada)
    client.force_login(ada)
    told = [(row["drawing"], row["text"], bool(row["undone"])) for row in rows(taken(client), "decisions.csv")]
    assert told == [(str(seven.pk), "7", False), (str(one.pk), "", True)]


def test_each_of_many_is_taken_once_also_those_of_one_moment(visitor: Client, make_drawing: Make):
    made = [make_drawing() for _ in range(45)]
    moment = made[0].created_at - timedelta(days=1)
    Drawing.objects.filter(pk__in=[each.pk for each in made[:25]]).update(created_at=moment)
    names = [name for name in taken(visitor).namelist() if name.startswith("pictures/")]
    assert sorted(names) == sorted(f"pictures/{each.pk}.png" for each in made)


def test_exports_are_made_at_a_bounded_rate(visitor: Client, outsider: Client, settings, redis):
    settings.DIGITSITE_EXPORTS = (2, 3600)
    assert [visitor.get("/history/export/").status_code for _ in range(3)] == [200, 200, 429]
    assert outsider.get("/history/export/", REMOTE_ADDR="192.0.2.9").status_code == 200
