"""What is refused before a view sees it, and what no view has handled."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from predictor.web.middleware import leave_room_for_probes
from tests.predictor.pictures import drawn


@pytest.fixture
def visitor() -> Client:
    """Sees the page of an error, as a browser does."""
    return Client(raise_request_exception=False)


def test_a_page_of_a_site_without_its_database_is_a_503_with_a_time_to_come_back(
    visitor: Client, database_is_gone: None
) -> None:
    answer = visitor.get("/history/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "frontend/site.css" in answer.content.decode()
    assert "The site cannot reach its database. Nothing was stored" in answer.content.decode()


def test_so_is_the_answer_to_a_form(visitor: Client, database_is_gone: None) -> None:
    answer = visitor.post("/upload/", {"image": SimpleUploadedFile("d.png", drawn("7")), "mode": "digit"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "<h1>Not now</h1>" in answer.content.decode()


def test_it_is_in_the_visitors_language(visitor: Client, database_is_gone: None) -> None:
    page = visitor.get("/history/", headers={"Accept-Language": "de"}).content.decode()
    assert "<h1>Gerade nicht</h1>" in page


def test_any_other_error_stays_a_500(visitor: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from frontend.views import pages

    def fail(_request: HttpRequest) -> None:
        raise ValueError("a mistake")

    monkeypatch.setattr(pages.visitors, "owner_of", fail)
    assert visitor.get("/privacy/").status_code == 500


def test_while_all_places_are_taken_only_the_probes_are_let_in(settings: Any) -> None:
    settings.REQUESTS_AT_ONCE = 1
    get, answers = RequestFactory().get, list[HttpResponse]()

    def ask_for_more(request: HttpRequest) -> HttpResponse:
        if request.path == "/":
            answers.extend(handle(get(path)) for path in ("/history/", "/api/v1/models/", "/healthz", "/readyz"))
        return HttpResponse("done")

    handle = leave_room_for_probes(ask_for_more)
    assert handle(get("/")).content == b"done"
    assert [answer.status_code for answer in answers] == [503, 503, 200, 200]
    assert [answer["Retry-After"] for answer in answers[:2]] == ["1", "1"]
    assert b"<h1>Not now</h1>" in answers[0].content
    assert b'"code": "unavailable"' in answers[1].content
    assert handle(get("/history/")).content == b"done", "the place is free again"
