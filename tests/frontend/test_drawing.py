"""`/drawings/{uuid}/`: what was read in it and by whom, what became of its label, its strokes, its link."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from frontend.presentation import Card
from predictor.drawings import sharing
from predictor.models import (
    Dataset,
    DatasetItem,
    Drawing,
    Label,
    ModelVersion,
    Prediction,
    TrainingRun,
    VersionStatus,
)
from predictor.reading import queue

Make = Callable[..., Drawing]
STROKES = {"width": 300, "height": 300, "background": "#fff", "strokes": [{"points": [[1, 2]]}]}


@pytest.fixture
def newer(db: None) -> ModelVersion:
    """A champion that has not read anything yet."""
    values = {"sha256": "2" * 64, "format_version": 1, "preprocessing_version": 1}
    return ModelVersion.objects.create(status=VersionStatus.CHAMPION, **values)


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch, settings) -> list[int]:
    """What a worker would be told to read; nobody waits for it, and nobody is counted."""
    told: list[int] = []
    settings.DIGITSITE_WAIT = 0.0
    monkeypatch.setattr(queue, "enqueue", told.append)
    settings.DIGITSITE_THROTTLE = None
    return told


def shown(client: Client, drawing: Drawing) -> str:
    """The words of the drawing's page."""
    page = client.get(f"/drawings/{drawing.pk}/")
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def read_again(drawing: Drawing, version: ModelVersion, text: str, **fields: object) -> Prediction:
    values = {"kind": "reread", "status": "done", "done_at": timezone.now(), "preprocessing_version": 1, **fields}
    return Prediction.objects.create(drawing=drawing, revision=2, model=version, text=text, **values)


def say(drawing: Drawing, text: str, state: str = "proposed", **fields: object) -> Label:
    decided = None if state == "proposed" else timezone.now()
    values = {"by": "visitor", **fields}
    return Label.objects.create(drawing=drawing, revision=2, text=text, state=state, decided_at=decided, **values)


# Its readings


def test_every_reading_is_listed_with_the_version_that_made_it(visitor: Client, drawing: Drawing, newer: ModelVersion):
    read_again(drawing, newer, "4", confidence=0.6)
    html = visitor.get(f"/drawings/{drawing.pk}/").content.decode()
    rows = re.findall(r'<tr data-kind="(\w+)">(.*?)</tr>', html, re.DOTALL)
    cells = [(kind, *(re.sub("<[^>]+>", "", cell) for cell in row.split("</td>")[1:-1])) for kind, row in rows]
    older = drawing.predictions.get(kind="live", revision=2).model_id
    assert cells == [
        ("live", "1", "1", "", f"model {older}"),
        ("live", "2", "7", "99.8%", f"model {older}"),
        ("reread", "2", "4", "60% · not sure", f"model {newer.pk} · read again"),
    ]


def test_a_reading_that_is_queued_or_only_compared_is_not_listed(visitor: Client, make_drawing: Make, newer):
    drawing = make_drawing(None)
    read_again(drawing, newer, "4", kind="shadow")
    html = visitor.get(f"/drawings/{drawing.pk}/").content.decode()
    assert html.count("<tr data-kind") == 1


def test_a_newer_model_reads_it_when_asked(
    visitor: Client, drawing: Drawing, newer, enqueued, django_capture_on_commit_callbacks
):
    assert f"Let model {newer.pk} read it" in shown(visitor, drawing)
    with django_capture_on_commit_callbacks(execute=True):
        visitor.post(f"/drawings/{drawing.pk}/reread/")
    [again] = Prediction.objects.filter(kind="reread")
    assert (again.status, again.revision) == ("queued", 2)
    assert enqueued == [again.pk]
    assert "99.8% sure" in shown(visitor, drawing), "what it was read as stays"


def test_what_the_current_model_has_read_is_not_read_again(visitor: Client, drawing: Drawing, enqueued: list[int]):
    ModelVersion.objects.update(status=VersionStatus.CHAMPION)
    assert "read it</button>" not in visitor.get(f"/drawings/{drawing.pk}/").content.decode()
    page = visitor.post(f"/drawings/{drawing.pk}/reread/", follow=True)
    assert "has already read this drawing" in page.content.decode()
    assert not Prediction.objects.filter(kind="reread").exists()


# The outcome of its label


def test_what_was_said_is_told_until_it_is_decided(visitor: Client, drawing: Drawing):
    say(drawing, "4")
    text = shown(visitor, drawing)
    assert re.search(r"On .+ you said that it is 4\. A reviewer will look at it\.", text)


def test_what_was_decided_is_told_with_its_datasets_and_models(visitor: Client, make_drawing: Make, newer):
    drawing = make_drawing(consent=True)
    say(drawing, "4", "accepted")
    dataset = Dataset.objects.create(sha256="1" * 64)
    item = {"drawing_id": drawing.pk, "image_hash": drawing.image_hash, "label": "4", "side": "train"}
    DatasetItem.objects.create(dataset=dataset, **item)
    TrainingRun.objects.create(dataset=dataset, candidate=newer, status="done")
    read_again(drawing, newer, "4")
    text = shown(visitor, drawing)
    assert re.search(r"On .+ you said that it is 4\. Accepted on .+\.", text)
    assert re.search(rf"in dataset {dataset.pk} as 4 since .+\. Model {newer.pk} was trained on that dataset\.", text)
    assert f"Model {newer.pk} reads it as 4." in text


@pytest.mark.parametrize(
    ("consent", "says"), [(True, "is waiting for the next dataset"), (False, "won’t learn from it unless you")]
)
def test_an_accepted_label_says_whether_it_will_be_learned(
    visitor: Client, make_drawing: Make, consent: bool, says: str
):
    drawing = make_drawing(consent=consent)
    say(drawing, "4", "accepted")
    assert says in shown(visitor, drawing)


def test_a_change_of_mind_can_be_followed(visitor: Client, drawing: Drawing):
    say(drawing, "4", "withdrawn")
    say(drawing, "", "rejected")
    say(drawing, "9", "accepted", by="reviewer")
    text = shown(visitor, drawing)
    first, second, third = (
        text.index(words) for words in ("Taken back on", "Rejected on", "a reviewer said that it is 9")
    )
    assert first < second < third
    assert "you said that it is not a digit. Rejected" in text


def test_a_dataset_of_an_older_picture_is_not_told_of_this_one(visitor: Client, drawing: Drawing):
    say(drawing, "4")
    dataset = Dataset.objects.create(sha256="1" * 64)
    DatasetItem.objects.create(dataset=dataset, drawing_id=drawing.pk, image_hash="another", label="4", side="train")
    assert "in dataset" not in shown(visitor, drawing)


@pytest.mark.parametrize("count", [1, 6])
def test_its_page_takes_as_many_queries_whatever_became_of_it(
    visitor: Client, make_drawing: Make, newer, django_assert_num_queries: DjangoAssertNumQueries, count: int
):
    drawing = make_drawing(consent=True)
    for number in range(count):
        say(drawing, "4", "rejected")
        dataset = Dataset.objects.create(sha256=f"{number}" * 64)
        item = {"drawing_id": drawing.pk, "image_hash": drawing.image_hash, "label": "4", "side": "train"}
        DatasetItem.objects.create(dataset=dataset, **item)
        TrainingRun.objects.create(dataset=dataset, candidate=newer, status="done")
        read_again(drawing, newer, "4")
    with django_assert_num_queries(7):
        visitor.get(f"/drawings/{drawing.pk}/")


# Its strokes


def test_a_reading_of_several_digits_says_so(drawing: Drawing):
    for several, words in ((True, "not sure: 62% · there seem to be several digits"), (False, "not sure: 62%")):
        card = Card(drawing, SimpleNamespace(several=several), None, "unsure", "62%", "")
        assert render_to_string("frontend/confidence.html", {"card": card}).strip() == words


@pytest.mark.parametrize(
    ("error", "said", "gesagt"),
    [
        ("TooLong: 4 s", "It takes too long to read. Draw it", "Das Lesen dauert zu lange. Zeichne es"),
        ("GivenUp: 3 workers ended", "has failed several times. Draw it", "ist mehrmals gescheitert. Zeichne es"),
        ("ValueError: x", "Something went wrong while it was read", "Beim Lesen ist etwas schiefgegangen"),
    ],
)
def test_a_drawing_that_could_not_be_read_says_why_and_what_to_do(
    visitor: Client, make_drawing: Make, error: str, said: str, gesagt: str
):
    drawing = make_drawing(None)
    drawing.predictions.filter(revision=2).update(status="failed", error=error)
    assert said in shown(visitor, drawing)
    visitor.cookies["django_language"] = "de"
    assert gesagt in shown(visitor, drawing)
    assert error.partition(":")[2] not in shown(visitor, drawing), "what happened inside is for the log"


def test_a_drawing_that_waits_or_was_read_has_not_failed(visitor: Client, make_drawing: Make):
    for text in (None, "7"):
        assert "failure" not in visitor.get(f"/drawings/{make_drawing(text).pk}/").content.decode()


def test_its_frame_is_drawn_where_it_was(visitor: Client, make_drawing: Make):
    plain, framed = make_drawing(), make_drawing(box=[1200, 20, 1030, 40])
    html = {each: visitor.get(f"/drawings/{each.pk}/").content.decode() for each in (plain, framed)}
    assert 'data-testid="box"' not in html[plain]
    assert 'data-testid="box" x="1200" y="20" width="1030" height="40"' in html[framed]


def test_a_drawing_with_strokes_can_be_replayed(visitor: Client, make_drawing: Make):
    html = visitor.get(f"/drawings/{make_drawing(strokes=STROKES).pk}/").content.decode()
    assert 'data-testid="replay"' in html
    assert "replay.js" in html
    assert "replay" not in visitor.get(f"/drawings/{make_drawing().pk}/").content.decode()


# Its link


def test_rereading_is_a_reading_too(visitor: Client, drawing: Drawing, newer, settings, redis):
    settings.DIGITSITE_THROTTLE, settings.DIGITSITE_WAIT = (1, 60), 0
    assert [visitor.post(f"/drawings/{drawing.pk}/reread/").status_code for _ in range(2)] == [302, 429]


def test_a_deleted_drawing_is_shared_no_more(visitor: Client, outsider: Client, drawing: Drawing):
    link = f"/shared/{sharing.share(drawing=drawing)}/"
    visitor.post(f"/drawings/{drawing.pk}/delete/")
    assert outsider.get(link).status_code == 404


@pytest.mark.parametrize("does", ["share/", "unshare/", "reread/"])
def test_an_outsider_shares_and_asks_for_nothing(outsider: Client, drawing: Drawing, newer, does: str):
    token = sharing.share(drawing=drawing)
    assert outsider.post(f"/drawings/{drawing.pk}/{does}").status_code == 404
    drawing.refresh_from_db()
    assert drawing.share_token == token
    assert not Prediction.objects.filter(kind="reread").exists()


@pytest.mark.parametrize("does", ["share/", "unshare/", "reread/"])
def test_a_link_alone_changes_nothing(visitor: Client, drawing: Drawing, does: str):
    assert visitor.get(f"/drawings/{drawing.pk}/{does}").status_code == 405
