"""The drawing page's HTML forms: a picture is sent, and the question about learning is answered."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from predictor.models import Drawing, Mode, Owner, Source
from tests.predictor.pictures import drawn

UPLOAD = "/upload/"


@pytest.fixture(autouse=True)
def unread(settings: Any) -> None:
    """No worker runs here: nobody waits for one."""
    settings.DIGITSITE_WAIT = 0


def _send(client: Client, data: bytes | None = None, **fields: str):
    file = SimpleUploadedFile("7.png", drawn("7") if data is None else data)
    return client.post(UPLOAD, {"image": file, "mode": "digit", **fields}, follow=True)


def test_a_picture_becomes_a_drawing_with_a_page_of_its_own(visitor: Client):
    page = _send(visitor, mode="number")
    drawing = Drawing.objects.get()
    assert page.redirect_chain == [(f"/drawings/{drawing.pk}/", 302)]
    assert (drawing.mode, drawing.source, drawing.consent) == (Mode.NUMBER, Source.UPLOAD, False)
    assert "It is waiting to be read." in page.content.decode()


def test_an_outsider_does_not_see_it(visitor: Client, outsider: Client):
    _send(visitor)
    assert outsider.get(f"/drawings/{Drawing.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("data", [b"no picture", b""])
def test_what_is_no_picture_is_answered_in_words(visitor: Client, data: bytes):
    page = _send(visitor, data)
    assert page.redirect_chain == [("/", 302)]
    assert "not a picture we read" in page.content.decode()
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("fields", [{"mode": "digit"}, {"image": "7.png", "mode": "digit"}])
def test_a_form_without_a_picture_asks_for_one(visitor: Client, fields: dict[str, str]):
    page = visitor.post(UPLOAD, fields, follow=True)
    assert "Choose a picture first." in page.content.decode()


def test_an_address_that_only_takes_a_form_answers_no_link(visitor: Client):
    assert visitor.get(UPLOAD).status_code == 405
    assert visitor.get("/consent/").status_code == 405


def test_too_many_at_once_are_a_styled_429(visitor: Client, settings: Any, redis: Any):
    settings.DIGITSITE_THROTTLE = (1, 60)
    assert _send(visitor).status_code == 200
    page = _send(visitor)
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 60
    text = page.content.decode()
    assert "That was a lot at once" in text
    assert "more than 1 times in 60 s" in text
    assert Drawing.objects.count() == 1


@pytest.mark.parametrize(("language", "says"), [("en", "That is too large"), ("de", "Das ist zu groß")])
def test_a_picture_beyond_all_limits_is_a_styled_413(visitor: Client, settings: Any, language: str, says: str):
    settings.UPLOAD_LIMIT = 100
    file = SimpleUploadedFile("7.png", drawn("7"))
    page = visitor.post(UPLOAD, {"image": file, "mode": "digit"}, headers={"Accept-Language": language})
    assert page.status_code == 413
    assert says in page.content.decode()
    assert "site.css" in page.content.decode()


@pytest.mark.parametrize(("where", "then"), [({}, "/"), ({"privacy": ""}, "/privacy/")])
def test_the_question_is_answered_where_it_was_asked(visitor: Client, where: dict[str, str], then: str):
    page = visitor.post("/consent/", {"yes": "", **where}, follow=True)
    assert page.redirect_chain == [(then, 302)]
    assert 'data-said="yes"' in page.content.decode()
    assert Owner.objects.get().consent is True
    _send(visitor)
    assert Drawing.objects.get().consent is True


def test_a_no_takes_back_what_was_sent(visitor: Client, make_drawing: Callable[..., Drawing]):
    drawing = make_drawing(consent=True)
    page = visitor.post("/consent/", {"no": ""}, follow=True)
    drawing.refresh_from_db()
    assert drawing.consent is False
    assert 'data-said="no"' in page.content.decode()


def test_a_stranger_answers_for_nobody(visitor: Client, outsider: Client, drawing: Drawing):
    Drawing.objects.update(consent=True)
    outsider.post("/consent/", {"no": ""})
    drawing.refresh_from_db()
    assert drawing.consent is True
    assert 'data-said=""' in visitor.get("/").content.decode()
