"""Log lines show no token of a share link, whoever writes them."""

import logging
from typing import Any

import pytest

TOKEN = "pQ7f2xv-Zc1_N0pqaLdTfkE9mWJr3sYh5uBtGoXiV8A"


@pytest.mark.parametrize(
    ("logger", "message", "arguments"),
    [
        ("django.request", "%s: %s", ("Not Found", f"/shared/{TOKEN}/")),
        ("django.server", f'"GET /shared/{TOKEN}/picture/ HTTP/1.1" 200', ()),
        ("gunicorn.error", "Error handling request %s", (f"/shared/{TOKEN}/",)),
        ("gunicorn.access", '%(h)s "%(r)s"', ({"h": "10.0.0.1", "r": f"GET /shared/{TOKEN}/ HTTP/1.1"},)),
        ("gunicorn.access", '"%(f)s"', ({"f": f"https://digits.example/shared/{TOKEN}/"},)),
        ("predictor.errors", "Unexpected error in %s", (f"/shared/{TOKEN}/",)),
    ],
)
def test_four_characters_of_a_token_are_left(
    caplog: pytest.LogCaptureFixture, logger: str, message: str, arguments: tuple[Any, ...]
) -> None:
    own, handler = logging.getLogger(logger), logging.Handler()
    lines: list[str] = []
    handler.emit = lambda record: lines.append(logging.Formatter().format(record))  # type: ignore[method-assign]
    own.addHandler(handler)
    own.setLevel(logging.INFO)
    try:
        own.info(message, *arguments)
    finally:
        own.removeHandler(handler)
    [line] = lines
    assert TOKEN[4:8] not in line
    assert f"/shared/{TOKEN[:4]}…" in line


def test_other_lines_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("predictor").info("%s of %d: %s", "one", 2, f"/drawings/{TOKEN}")
    assert caplog.messages == [f"one of 2: /drawings/{TOKEN}"]
