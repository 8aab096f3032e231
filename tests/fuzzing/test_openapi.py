"""schemathesis over the site's OpenAPI schema: whatever it sends, a running site answers as its schema says."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.support.stack import ROOT, Site

CONFIG = Path(__file__).with_name("schemathesis.toml")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("openapi"))
    site.start()
    yield site
    site.stop()


def test_no_answer_differs_from_the_schema(running: Site, tmp_path: Path, seen: Callable[..., None]) -> None:
    report = tmp_path / "report.ndjson"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    done = subprocess.run(
        [*command, f"{running.url}/api/v1/schema/", "--report-ndjson-path", str(report)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
