"""The load that overruns a site, with a small server in the site's place."""

import importlib.util
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.stack import ROOT

if importlib.util.find_spec("locust") is None:  # not imported: it patches the standard library
    pytest.skip("locust is not installed (requirements-bench.txt)", allow_module_level=True)

CALM, ARRIVE, SLOW = 10, 20, 10
"""Drawings of one client first, those of the overload, and those after it that still take long."""
ODD: dict[int, tuple[int, str]] = {
    3: (202, "Location"),
    5: (503, "Retry-After"),
    7: (202, ""),
    8: (503, ""),
    9: (500, ""),
}
"""Answers in the overload that aren't a reading: their status and header."""
MISREAD = 11


class Site(BaseHTTPRequestHandler):
    """Answers each drawing, whose body is its digit."""

    protocol_version = "HTTP/1.1"
    numbers: "count[int]"
    cookies: list[str]

    def do_POST(self) -> None:
        number = next(self.numbers) - CALM
        digit = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.cookies.append(self.headers.get("Cookie", ""))
        status, header = ODD.get(number, (201, ""))
        time.sleep(0.2 if ARRIVE <= number < ARRIVE + SLOW else 0.03)
        text = "no" if number == MISREAD else digit
        content = json.dumps({"id": f"drawing{number}", "prediction": {"text": text}}).encode()
        self.send_response(status)
        if header:
            self.send_header(header, "1")
        self.send_header("Set-Cookie", "visitor=me")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.numbers, Site.cookies = count(), []
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_each_answer_is_told_apart_and_the_time_until_it_is_normal_again(site: str, tmp_path: Path) -> None:
    (tmp_path / "drawing").mkdir()
    for digit in range(10):
        (tmp_path / "drawing" / f"{digit:02}").write_text(str(digit))
    command = [sys.executable, "-m", "predictor.tools.site_benchmark.overload_load", site, "/", str(tmp_path)]
    options = [str(tmp_path / "stored"), "--rate", "20", "--seconds", "1"]
    printed = subprocess.run([*command, *options], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = json.loads(printed)
    kinds = ("answers", "read", "misread", "late", "refused", "wrong")
    assert [found[kind] for kind in kinds] == [ARRIVE, ARRIVE - len(ODD) - 1, 1, 1, 1, 3]
    assert 30 <= found["p50"] <= found["p95"]
    assert found["rate"] <= 20.1 * ARRIVE / (ARRIVE - 1)
    assert 1 <= found["normal"] < 30
    stored = set((tmp_path / "stored").read_text().split())
    refused = {f"drawing{number}" for number, (status, _) in ODD.items() if status >= 500}
    assert len(stored) == ARRIVE - len(refused)
    assert not stored & refused
    assert not any(Site.cookies)
