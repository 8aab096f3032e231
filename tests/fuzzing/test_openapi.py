"""schemathesis over the site's OpenAPI schema: whatever it sends, a running site answers as its schema says."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.support.stack import ROOT, Site
from tests.fuzzing.tally import Tally

CONFIG = Path(__file__).with_name("schemathesis.toml")
GUARD = 600
"""Seconds. Guards only against what never ends."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("openapi"))
    site.start()
    yield site
    site.stop()


@pytest.mark.parametrize("cookies", [True, False], ids=["by a visitor who comes back", "by new visitors"])
def test_no_answer_differs_from_the_schema(
    running: Site, tmp_path: Path, seen: Callable[..., None], *, cookies: bool
) -> None:
    report = tmp_path / "report.ndjson"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{running.url}/api/v1/schema/", "--report-ndjson-path", str(report)),
            # Without cookies, each request is another visitor's, who has no drawings.
            *(_as_one_visitor(running) if cookies else ["--exclude-checks", "ensure_resource_availability"]),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    answers = Counter(_statuses(report))
    assert {"200", "201", "400", "404"} <= set(answers)
    seen("the OpenAPI schema, by schemathesis", cookies, Tally(answers))


def _as_one_visitor(site: Site) -> list[str]:
    """Options that send a visitor's cookies, and the token that goes with them."""
    visitor = requests.Session()
    visitor.get(site.url)
    cookies = visitor.cookies.get_dict()
    said = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return ["--header", f"Cookie: {said}", "--header", f"X-CSRFToken: {cookies['csrftoken']}"]


def _statuses(report: Path) -> Iterator[str]:
    for line in report.read_text().splitlines():
        event = json.loads(line).get("ScenarioFinished", {})
        for sent in event.get("recorder", {}).get("interactions", {}).values():
            yield str(sent["response"]["status_code"]) if sent.get("response") else "no answer"
