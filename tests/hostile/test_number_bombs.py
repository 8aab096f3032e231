"""Small pictures that have very many candidates in number mode."""

import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from tests.e2e.support.stack import Site, wait_until
from tests.hostile.others import DRAWINGS, p95, statuses, watching
from tests.reliability import Note

pytestmark = pytest.mark.slow

WIDTH = 920
MOST_MEGABYTES = 600
PATIENCE = 60.0
"""Seconds. The report has the figures; this only says that the site goes on, on a slow machine, too."""


def noise() -> bytes:
    """28 rows of black and white at random."""
    ink = np.random.default_rng(1).random((28, WIDTH)) < 0.5
    return _bmp(ink)


def zigzag() -> bytes:
    """A line that may be cut anywhere, on clean paper."""
    y, x = np.mgrid[:28, :WIDTH]
    ink = np.abs(y - 5 - np.abs(x % 16 - 8) / 8 * 18) <= 1
    return _bmp(ink & (x > 8) & (x < WIDTH - 8))


def strokes() -> dict[str, Any]:
    """The same line as the drawing page would send it."""
    points = [[20 * place, 320 if place % 2 else 80] for place in range(1, 200)]
    lines = [{"colour": "#000000", "width": 10, "points": points}]
    return {"width": 4000, "height": 400, "background": "#ffffff", "strokes": lines}


def _bmp(ink: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(~ink).save(out, "BMP")
    assert out.tell() < 4000
    return out.getvalue()


def form(picture: bytes) -> dict[str, Any]:
    return {"files": {"image": ("x", picture)}, "data": {"mode": "number"}}


DRAWN: dict[str, Callable[[], dict[str, Any]]] = {
    "noise, a BMP of 3 KB": lambda: form(noise()),
    "a zigzag, a BMP of 3 KB": lambda: form(zigzag()),
    "a zigzag, strokes of 2 KB": lambda: {"json": {"mode": "number", "strokes": strokes()}},
}
"""What is sent, as `requests` takes it."""


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("name", DRAWN)
def test_a_number_of_very_many_candidates_holds_up_nobody(site: Site, reliability: Note, name: str, count: int) -> None:
    sent = DRAWN[name]()
    with watching(site) as others, ThreadPoolExecutor(count) as clients:
        took = list(clients.map(lambda _: _read(site, sent), range(count)))
    assert {status for _, status, _ in took} == {"done"}
    assert not any(sure for _, _, sure in took)
    assert statuses(others.before + others.during) <= {201, 202}
    assert others.more_memory <= MOST_MEGABYTES
    assert requests.get(f"{site.url}/readyz", timeout=10).status_code == 200
    slowest = max(seconds for seconds, _, _ in took)
    assert max(slowest, p95(others.during)) < PATIENCE
    tried = f"number mode: {name}, {'one' if count == 1 else f'{count} at once'}"
    reliability("inputs", tried, f"read within {slowest:.2f} s, not sure; {others}")


def _read(site: Site, content: dict[str, Any]) -> tuple[float, str, bool]:
    """Seconds until it is read, its status then, and whether it is surely a number."""
    began = time.monotonic()
    with requests.Session() as session:
        sent = session.post(f"{site.url}{DRAWINGS}", timeout=120, **content)
        assert sent.status_code in {201, 202}, sent.text

        def read() -> dict[str, Any] | None:
            found = session.get(f"{site.url}{DRAWINGS}{sent.json()['id']}/", timeout=60).json()
            return found if found["status"] != "queued" else None

        found = sent.json() if sent.status_code == 201 else wait_until(read)
    return time.monotonic() - began, found["status"], bool(found["prediction"]["text"] and found["prediction"]["sure"])
