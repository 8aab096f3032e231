"""An operator at work on a running site: versions exchanged under load, a training watched, killed and cancelled."""

import json
import os
import re
import shutil
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from ml.network.manifest import BUNDLED, MANIFEST_FILE, MODEL_FILE, Manifest, sha256_of
from ml.sources.served import enlarge
from tests.e2e.support.stack import Site
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


def _until(happens: Callable[[], Any], *, within: float) -> Any:
    end = time.monotonic() + within
    while time.monotonic() < end:
        found = happens()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError("it never happened")


# ── versions ──


@pytest.fixture
def other_version(stack: Site, tmp_path: Path) -> str:
    """The bundled network in another file, registered as a candidate."""
    shutil.copy(BUNDLED / MODEL_FILE, tmp_path / MODEL_FILE)
    with zipfile.ZipFile(tmp_path / MODEL_FILE, "a") as file:
        file.comment = b"another"
    manifest = replace(Manifest.read(BUNDLED), sha256=sha256_of(tmp_path / MODEL_FILE))
    (tmp_path / MANIFEST_FILE).write_text(json.dumps(asdict(manifest)))
    register = f"from predictor import registry; print('made', registry.add_version(folder=Path({str(tmp_path)!r})).pk)"
    return re.search(r"made (\d+)", stack.manage("shell", "-c", f"from pathlib import Path; {register}"))[1]


class Visitors:
    """People who draw without a pause, each answer with the time it came, its status and the version that read."""

    def __init__(self, url: str, picture: bytes) -> None:
        self.answers: list[tuple[float, int, str]] = []
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

    def read_by(self, version: str) -> float | None:
        """When that version first answered."""
        return min((when for when, _, by in self.answers if by == version), default=None)

    def _draw(self) -> None:
        while not self._end.is_set():
            files = {"image": ("d.png", self._picture, "image/png")}
            answer = requests.post(f"{self._url}/api/v1/drawings/", files=files, timeout=60)
            read = (answer.json().get("prediction") or {}) if answer.ok else {}
            self.answers.append((time.monotonic(), answer.status_code, read.get("model", "")))


def test_a_promotion_and_a_rollback_cost_nobody_an_answer(
    stack: Site, site: str, operator: Page, other_version: str, mnist: Any
) -> None:
    before = requests.get(f"{site}/api/v1/models/champion/", timeout=10).json()["version"]
    with Visitors(site, png(enlarge(mnist.test_images[0]))) as visitors:
        _until(lambda: visitors.read_by(before), within=20)
        stack.manage("promote", other_version)
        promoted = time.monotonic()
        taken_up = _until(lambda: visitors.read_by(other_version), within=20)
        operator.goto(f"{site}/admin/predictor/modelversion/{other_version}/change/")
        operator.get_by_role("button", name=f"Roll back to version {before}").click()
        expect(operator.locator(".messagelist")).to_contain_text("is the champion again")
        back = time.monotonic()
        _until(lambda: any(when > back and by == before for when, _, by in visitors.answers), within=20)
    assert {status for _, status, _ in visitors.answers} <= {201, 202}
    assert taken_up - promoted < 15, "within 5 s where the machine has nothing else to do"


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
    expect(operator.locator(".stage--now")).to_be_visible(timeout=60_000)
    expect(operator.locator("#left")).to_contain_text("so far", timeout=60_000)

    def progress() -> dict[str, Any]:
        return operator.request.get(f"{site}{TRAININGS}{number}/progress/").json()

    def attempts() -> int:
        shown = operator.request.get(f"{site}{TRAININGS}{number}/change/").text()
        found = re.search(r"Taken up (\d+) times", shown)
        return int(found[1]) if found else 1

    workers = [pid for pid in stack.pids("celery -A digitsite worker") if "train" in _command(pid)]
    assert workers
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    # The supervisor starts another one, which finds that the process is gone.
    _until(lambda: attempts() == 2 and progress()["status"] == "running", within=90)
    operator.goto(f"{site}{TRAININGS}{number}/change/")
    operator.get_by_role("button", name="Cancel this training").click()
    expect(operator.locator(".messagelist")).to_contain_text("is cancelled")
    expect(operator.locator(".loop")).to_contain_text("Cancelled by operator.")
    folder = stack.data / "training" / number
    _until(lambda: not folder.exists(), within=15)
    assert progress()["status"] == "cancelled"


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
