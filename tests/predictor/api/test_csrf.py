"""Who needs a CSRF token: whoever's browser sends a cookie of ours along, and nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from predictor.models import Drawing
from tests.predictor.people import API, DRAWINGS, error_of, new_id
from tests.predictor.pictures import data_url, drawn

BODY = {"image": data_url(drawn("7")), "revision": 1}


@pytest.fixture
def browser(db: Any) -> Client:
    """A client whose requests are checked as a browser's are."""
    return Client(enforce_csrf_checks=True)


def _send(client: Client, **headers: str) -> HttpResponse:
    return client.post(DRAWINGS, BODY, content_type="application/json", headers=headers)


def _token(client: Client) -> dict[str, str]:
    """What a page puts into its requests, from the cookie that the drawing page sets."""
    return {"X-CSRFToken": client.cookies["csrftoken"].value}


def _is_refused(answer: HttpResponse) -> bool:
    return answer.status_code == 403 and error_of(answer)["code"] == "forbidden"


def test_a_program_without_cookies_needs_no_token(browser: Client) -> None:
    assert _send(browser).status_code == 202


def test_a_program_that_keeps_its_cookie_needs_one_from_then_on(browser: Client) -> None:
    _send(browser)
    assert "visitor" in browser.cookies
    assert _is_refused(_send(browser))
    browser.get("/")
    assert _send(browser, **_token(browser)).status_code == 202
    assert Drawing.objects.count() == 2


def test_a_wrong_token_is_refused(browser: Client) -> None:
    browser.get("/")
    assert _is_refused(_send(browser, **{"X-CSRFToken": "x" * 64}))
    assert _is_refused(_send(browser, **{"X-CSRFToken": "x"}))


def test_a_session_alone_needs_one_too(browser: Client) -> None:
    browser.force_login(User.objects.create_user("someone"))
    assert "visitor" not in browser.cookies
    assert _is_refused(_send(browser))


def test_a_visitors_cookie_that_we_never_gave_needs_one_too(browser: Client) -> None:
    browser.cookies["visitor"] = "made up"
    assert _is_refused(_send(browser))


def test_reading_needs_none(browser: Client) -> None:
    browser.get("/")
    for path in ("drawings/", "models/", "schema/"):
        assert browser.get(f"{API}{path}").status_code == 200


def test_every_call_that_changes_something_needs_one(browser: Client) -> None:
    browser.get("/")
    made = _send(browser, **_token(browser)).json()["id"]
    calls = [
        ("post", DRAWINGS, BODY),
        ("put", f"{DRAWINGS}{new_id()}/", BODY),
        ("put", f"{DRAWINGS}{made}/", {**BODY, "revision": 2}),
        ("post", f"{DRAWINGS}{made}/label/", {"text": "7"}),
        ("delete", f"{DRAWINGS}{made}/label/", None),
        ("delete", f"{DRAWINGS}{made}/", None),
    ]
    for method, path, body in calls:
        assert _is_refused(browser.generic(method, path)), (method, path)
        sent = getattr(browser, method)(path, body, content_type="application/json", headers=_token(browser))
        assert sent.status_code < 300, (method, path, sent.content)


def test_a_refused_request_changes_nothing(browser: Client) -> None:
    browser.get("/")
    _send(browser)
    assert not Drawing.objects.exists()
