"""An operator at work on a running site: versions exchanged under load, a training watched, killed and cancelled."""

import json
import os
import re
import shutil
import signal
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from ml.network.manifest import BUNDLED, FINDER_FILE, MANIFEST_FILE, MODEL_FILE, Manifest, sha256_of
from ml.sources.mnist_as_served import enlarge
from tests.e2e.support.stack import Site, wait_until
from tests.pictures import png

PASSWORD = "correct-horse-battery"
TRAININGS = "/admin/predictor/trainingrun/"


@pytest.fixture(scope="module")
def operator(stack: Site, site: str, browser: Browser) -> Iterator[Page]:
    """Signed in to the admin."""
    stack.environment["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    stack.manage("createsuperuser", "--noinput", "--username", "operator", "--email", "operator@example.org")
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{site}/admin/")
    page.fill("#id_username", "operator")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    yield page
    context.close()


# ── versions ──


@pytest.fixture
def other_version(stack: Site, tmp_path: Path) -> str:
    """The bundled network in another file, registered as a candidate."""
    for file in (MODEL_FILE, FINDER_FILE):
        shutil.copy(BUNDLED / file, tmp_path / file)
    with zipfile.ZipFile(tmp_path / MODEL_FILE, "a") as archive:
        archive.comment = b"another"
    manifest = replace(Manifest.read(BUNDLED), sha256=sha256_of(tmp_path / MODEL_FILE))
    (tmp_path / MANIFEST_FILE).write_text(json.dumps(asdict(manifest)))
    imports = "from pathlib import Path; from predictor.versions import registry;"
    register = f"print('made', registry.add_version(folder=Path({str(tmp_path)!r})).pk)"
    return re.search(r"made (\d+)", stack.manage("shell", "-c", f"{imports} {register}"))[1]


class Visitors:
    """People who draw without a pause; how often each status was answered, and each version read."""

    def __init__(self, url: str, picture: bytes) -> None:
        self.statuses: Counter[int] = Counter()
        self._readings: Counter[str] = Counter()
        self._end = threading.Event()
        self._url, self._picture = url, picture
        self._threads = [threading.Thread(target=self._draw) for _ in range(3)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def answered_by(self, version: str) -> int:
        """How many readings this version has answered."""
        return self._readings[version]

    def _draw(self) -> None:
        while not self._end.is_set():
            files = {"image": ("d.png", self._picture, "image/png")}
            answer = requests.post(f"{self._url}/api/v1/drawings/", files=files, timeout=60)
            read = (answer.json().get("prediction") or {}) if answer.ok else {}
            self.statuses[answer.status_code] += 1
            self._readings[read.get("model", "")] += 1


def test_a_promotion_and_a_rollback_cost_nobody_an_answer(
    stack: Site, site: str, operator: Page, other_version: str, mnist: Any
) -> None:
    before = requests.get(f"{site}/api/v1/models/champion/", timeout=60).json()["version"]
    with Visitors(site, png(enlarge(mnist.test_images[0]))) as visitors:
        wait_until(lambda: visitors.answered_by(before))
        stack.manage("promote", other_version)
        wait_until(lambda: visitors.answered_by(other_version))
        operator.goto(f"{site}/admin/predictor/modelversion/{other_version}/change/")
        operator.get_by_role("button", name=f"Roll back to version {before}").click()
        expect(operator.locator(".messagelist")).to_contain_text("is the champion again")
        old = visitors.answered_by(before)
        wait_until(lambda: visitors.answered_by(before) > old)
    assert set(visitors.statuses) <= {201, 202}


# ── a training ──


@pytest.fixture
def lessons(stack: Site, tmp_path: Path, mnist: Any) -> None:
    """Something new to learn."""
    folder = tmp_path / "lessons"
    for index in range(6):
        place = folder / str(mnist.test_labels[index])
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(png(enlarge(mnist.test_images[index], 140)))
    stack.manage("import_drawings", str(folder), "--owner", f"teacher {tmp_path.name}", "--accept")


def test_a_training_is_started_watched_killed_and_cancelled(
    stack: Site, site: str, operator: Page, lessons: None
) -> None:
    operator.goto(f"{site}{TRAININGS}")
    operator.get_by_role("button", name="Retrain now").click()
    number = re.search(r"/trainingrun/(\d+)/", operator.url)[1]
    expect(operator.locator(".stage--now")).to_be_visible()
    expect(operator.locator("#left")).to_contain_text("so far")

    def progress() -> dict[str, Any]:
        return operator.request.get(f"{site}{TRAININGS}{number}/progress/").json()

    def attempts() -> int:
        shown = operator.request.get(f"{site}{TRAININGS}{number}/change/").text()
        found = re.search(r"Started (\d+) times", shown)
        return int(found[1]) if found else 1

    workers = [pid for pid in stack.pids("celery -A digitsite worker") if "train" in _command(pid)]
    assert workers
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    # The supervisor starts another one, which finds that the process is gone.
    wait_until(lambda: attempts() == 2 and progress()["status"] == "running")
    operator.goto(f"{site}{TRAININGS}{number}/change/")
    operator.get_by_role("button", name="Cancel this training").click()
    expect(operator.locator(".messagelist")).to_contain_text("is cancelled")
    expect(operator.locator(".loop")).to_contain_text("Cancelled by operator.")
    folder = stack.data / "training" / number
    wait_until(lambda: not folder.exists())
    assert progress()["status"] == "cancelled"


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
