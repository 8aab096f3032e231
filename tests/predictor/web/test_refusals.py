"""A process without a place for another reading refuses before Django is asked; everything else goes on."""

import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from predictor import sign_in
from predictor.reading import admission
from predictor.web.refusals import refuse_early


def answer_all(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def ask(method: str, path: str, body: bytes = b"", language: str = "en") -> tuple[str, dict[str, str], bytes, bytes]:
    """The status, the headers and the body of the answer; what is left of the request's body."""
    sent = io.BytesIO(body)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_LANGUAGE": language,
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": sent, "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    started: list[Any] = []
    said = b"".join(refuse_early(answer_all)(environ, lambda *line: started.append(line)))  # type: ignore[arg-type]
    return started[0][0], dict(started[0][1]), said, sent.read()


@pytest.fixture
def full() -> Iterator[None]:
    taken = 0
    while admission._places.acquire(blocking=False):
        taken += 1
    yield
    admission._places.release(taken)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/drawings/"),
        ("PUT", "/api/v1/drawings/4bb5f1e6-4a4a-4d6e-9f0c-3f6d5a2f9b11/"),
        ("POST", "/api/v1/glances/"),
    ],
)
def test_a_full_process_refuses_what_would_have_to_wait(method: str, path: str) -> None:
    status, headers, said, left = ask(method, path, b"x" * 100_000)
    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "1")
    assert json.loads(said)["error"]["code"] == "unavailable"
    assert headers["Content-Length"] == str(len(said))
    assert not left, "else the client would see a broken pipe"


@pytest.mark.usefixtures("full")
def test_a_refusal_speaks_the_client_s_language() -> None:
    said = {language: json.loads(ask("POST", "/api/v1/glances/", language=language)[2]) for language in ("de", "en")}
    assert "Zu viele Zeichnungen" in said["de"]["error"]["message"]
    assert "Too many drawings" in said["en"]["error"]["message"]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/drawings/"),
        ("DELETE", "/api/v1/drawings/4bb5f1e6-4a4a-4d6e-9f0c-3f6d5a2f9b11/"),
        ("POST", "/api/v1/drawings/4bb5f1e6-4a4a-4d6e-9f0c-3f6d5a2f9b11/label/"),
        ("POST", "/upload/"),
    ],
)
def test_everything_else_goes_on(method: str, path: str) -> None:
    assert ask(method, path, b"body")[::2] == ("200 OK", b"body")


def test_with_a_place_left_the_site_answers() -> None:
    assert ask("POST", "/api/v1/drawings/", b"body")[::2] == ("200 OK", b"body")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
def test_of_many_who_send_a_password_those_too_many_are_told_to_come_back(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "places", threading.BoundedSemaphore(1))
    assert ask("POST", path, b"body")[::2] == ("200 OK", b"body")
    with sign_in.places:
        status, headers, said, left = ask("POST", path, b"x" * 100_000, language="de")
        assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "5")
        assert "Gerade melden sich viele an" in said.decode()
        assert headers["Content-Length"] == str(len(said))
        assert not left
        assert ask("GET", path, b"")[0] == "200 OK", "the form costs nothing"
    assert ask("POST", path, b"body")[::2] == ("200 OK", b"body"), "each gives its place back"
