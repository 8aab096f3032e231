"""The one shape of an error, wherever it comes from: `{"error": {"code", "message", "fields"?}}`."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from predictor.drawings import intake, visitors
from tests.predictor.people import API, DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import drawn

SOME = "5f0f6d2e-7d3c-4d0e-9f9e-0a5a1f6b2c3d"
ENDPOINTS = {
    DRAWINGS: {"get", "post"},
    f"{DRAWINGS}{SOME}/": {"get", "put", "delete"},
    f"{DRAWINGS}{SOME}/label/": {"post", "delete"},
    f"{DRAWINGS}{SOME}/image/": {"get"},
    f"{DRAWINGS}{SOME}/strokes/": {"get"},
    f"{DRAWINGS}{SOME}/explanation/": {"get"},
    f"{API}models/": {"get"},
    f"{API}models/champion/": {"get"},
    f"{API}schema/": {"get"},
    f"{API}docs/": {"get"},
}
METHODS = ("get", "post", "put", "patch", "delete")


def _is(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    error = error_of(answer)
    assert error["code"] == code, error
    assert "Traceback" not in answer.content.decode()
    return error


def test_400_a_bad_value_names_the_field(owner: Person) -> None:
    error = _is(owner.send(mode="letters"), 400, "bad_value")
    assert error["message"].startswith("mode: ")
    assert error["fields"] == {"mode": ['"letters" is not a valid choice.']}


def test_400_each_bad_field_is_named(owner: Person) -> None:
    answer = owner.client.post(DRAWINGS, {"mode": "letters", "consent": "perhaps"}, content_type="application/json")
    assert set(_is(answer, 400, "bad_value")["fields"]) == {"image", "mode", "consent"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1",
        b"7",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"image": NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=[
        "nothing",
        "cut",
        "cut list",
        "number",
        "list",
        "text",
        "null",
        "not utf-8",
        "NaN",
        "nested",
        "nested objects",
    ],
)
def test_400_a_body_that_is_not_an_object_in_json(owner: Person, body: bytes) -> None:
    _is(owner.client.post(DRAWINGS, body, content_type="application/json"), 400, "bad_value")


def test_400_a_broken_form(owner: Person) -> None:
    _is(
        owner.client.post(DRAWINGS, b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x"),
        400,
        "bad_value",
    )
    _is(owner.client.post(DRAWINGS, b"nonsense", content_type="multipart/form-data"), 400, "bad_value")


def test_400_a_form_with_too_many_fields(owner: Person) -> None:
    _is(owner.send(**{f"field{n}": "x" for n in range(200)}), 400, "bad_value")


def test_400_text_that_is_no_text(owner: Person) -> None:
    """A lone surrogate can be written in JSON and can't be sent back."""
    body = b'{"image": "data:image/png;base64,", "mode": "\\ud800"}'
    _is(owner.client.post(DRAWINGS, body, content_type="application/json"), 400, "bad_value")


def test_400_an_address_that_is_not_ours(client: Client, settings: Any, db: Any) -> None:
    settings.ALLOWED_HOSTS = ["digits.example"]
    _is(client.get(DRAWINGS, headers={"host": "elsewhere.example"}), 400, "bad_value")


def test_403_without_a_csrf_token(db: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get("/")
    _is(browser.post(DRAWINGS, {}), 403, "forbidden")


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v2/drawings/", f"{API}nowhere/", f"{DRAWINGS}7/", f"{DRAWINGS}{SOME}/nothing/"]
)
@pytest.mark.parametrize("method", METHODS)
def test_404_an_unknown_address(owner: Person, path: str, method: str) -> None:
    _is(getattr(owner.client, method)(path), 404, "not_found")


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if SOME in path])
def test_404_an_unknown_drawing(owner: Person, path: str) -> None:
    for method in ENDPOINTS[path] - {"put"}:
        body = {"text": "7"} if method == "post" else None
        answer = getattr(owner.client, method)(path, body, content_type="application/json")
        _is(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("path", "method"), [(p, m) for p, known in ENDPOINTS.items() for m in METHODS if m not in known]
)
def test_405_another_method(owner: Person, path: str, method: str) -> None:
    answer = getattr(owner.client, method)(path)
    _is(answer, 405, "method_not_allowed")
    assert {name.lower() for name in answer["Allow"].split(", ")} - {"options", "head"} == ENDPOINTS[path]


def test_406_another_format_than_json(owner: Person) -> None:
    _is(owner.client.get(DRAWINGS, headers={"Accept": "text/csv"}), 406, "not_acceptable")


def test_409_what_cannot_be_done_now(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 2)
    _is(owner.put(drawing_id, 1), 409, "conflict")


def test_413_more_than_is_read(owner: Person, settings: Any) -> None:
    settings.UPLOAD_LIMIT = 1000
    error = _is(owner.send(), 413, "too_large")
    assert "fields" not in error


def test_415_what_is_not_a_picture(owner: Person) -> None:
    _is(owner.send(b"not a picture"), 415, "not_a_picture")


def test_415_a_body_that_is_neither_json_nor_a_form(owner: Person) -> None:
    for kind in ("text/plain", "image/png", "application/x-www-form-urlencoded"):
        _is(owner.client.post(DRAWINGS, drawn("7"), content_type=kind), 415, "not_a_picture")


def test_429_too_many(owner: Person, settings: Any) -> None:
    settings.DIGITSITE_THROTTLE = (1, 60)
    owner.send()
    answer = owner.send()
    _is(answer, 429, "throttled")
    assert int(answer["Retry-After"]) >= 1


def test_500_something_went_wrong_and_nobody_learns_what(
    owner: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(intake, "add_drawing", _fails)
    answer = owner.send()
    _is(answer, 500, "internal")
    assert "secret" not in answer.content.decode()
    assert "a secret of the site" in caplog.text, "but the log says it"


def test_500_also_where_no_view_was_reached(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    monkeypatch.setattr(visitors, "_cookie_key", _fails)
    answer = client.get(DRAWINGS)
    _is(answer, 500, "internal")
    assert "secret" not in answer.content.decode()


def _fails(*_: Any, **__: Any) -> None:
    raise RuntimeError("a secret of the site")


def test_503_too_many_are_waiting(owner: Person, settings: Any, redis: Any) -> None:
    settings.DIGITSITE_QUEUE_LIMIT = 1
    redis.rpush("digitsite:tasks", "one")
    answer = owner.send()
    _is(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "call",
    [
        lambda person: person.send(),
        lambda person: person.put(SOME, 1),
        lambda person: person.get(SOME),
        lambda person: person.delete(SOME),
        lambda person: person.say(SOME, "7"),
        lambda person: person.take_back(SOME),
        lambda person: person.get(SOME, "image/"),
        lambda person: person.get(SOME, "strokes/"),
        lambda person: person.get(SOME, "explanation/"),
        lambda person: person.client.get(DRAWINGS),
        lambda person: person.client.get(f"{API}models/"),
        lambda person: person.client.get(f"{API}models/champion/"),
    ],
)
def test_503_the_database_is_gone(request: Any, transactional_db: None, call: Callable[[Person], HttpResponse]) -> None:
    person = Person()
    request.getfixturevalue("database_is_gone")
    answer = call(person)
    _is(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) >= 1


def test_503_the_database_is_gone_for_someone_who_is_signed_in(request: Any, transactional_db: None) -> None:
    person = Person(user=User.objects.create_user("someone"))
    request.getfixturevalue("database_is_gone")
    _is(person.client.get(DRAWINGS), 503, "unavailable")


def test_503_the_drawing_cannot_be_stored(transactional_db: None, owner: Person) -> None:
    """A full disk: SQLite is allowed no further page."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no limit that a test could set")
    long = {"width": 1, "height": 1, "strokes": [{"points": [[x, 0.123456789] for x in range(40_000)]}]}
    with connection.cursor() as cursor:
        [limit] = cursor.execute("PRAGMA max_page_count").fetchone()
        [pages] = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            answer = owner.send_json(strokes=long)
        finally:
            cursor.execute(f"PRAGMA max_page_count = {limit}")
    _is(answer, 503, "unavailable")


def test_an_error_outside_the_api_is_a_page(client: Client, db: Any) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_an_error_keeps_its_cookies_and_headers(client: Client, db: Any) -> None:
    answer = client.get(f"{API}nowhere/")
    assert "visitor" in answer.cookies
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert int(answer["Content-Length"]) == len(answer.content)
    assert json.loads(answer.content)["error"]["code"] == "not_found"


def test_an_error_of_the_client_is_not_logged_as_one_of_ours(owner: Person, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        owner.send(b"not a picture")
        owner.send(mode="letters")
        owner.get(new_id())
    assert caplog.records == []
