"""Every process of a site is killed at once, as when the power fails, at each stage of a training."""

import contextlib
import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ml.sources.mnist import Mnist
from ml.sources.mnist_as_served import enlarge
from tests.e2e.support.stack import Site, wait_until
from tests.pictures import png

pytestmark = pytest.mark.slow

STAGES = ("queued", "data", "pictures", "training", "comparing", "done")
LESSONS = 20
OVER = {"done", "failed", "cancelled"}


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, mnist: Mnist) -> Iterator[Site]:
    """A site of its own with drawings to learn."""
    site = Site(tmp_path_factory.mktemp("power"))
    try:
        site.start()
        teach(site, mnist, tmp_path_factory.mktemp("lessons"))
        yield site
    finally:
        kill(site)


@pytest.mark.parametrize("stage", STAGES)
def test_after_a_power_cut_the_training_ends_and_nothing_is_lost_or_half_promoted(taught: Site, stage: str) -> None:
    labels = "SELECT id, text, state FROM predictor_label ORDER BY id"
    before = _rows(taught, labels)
    run = enqueue(taught, seed=STAGES.index(stage))
    wait_until(lambda: reached(taught, run, stage))
    kill(taught)
    taught.start()
    wait_until(lambda: state(taught, run)[0] in OVER)
    status, _, error = state(taught, run)
    assert status == "done" or (status == "failed" and error)
    assert _rows(taught, "SELECT count(*) FROM predictor_modelversion WHERE status = 'champion'") == [(1,)]
    imports = "from predictor.versions import artifact_files, registry;"
    taught.manage("shell", "-c", f"{imports} artifact_files.verify(registry.champion())")
    assert _rows(taught, labels) == before


def teach(site: Site, mnist: Mnist, folder: Path) -> None:
    """Gives the site some accepted drawings to learn."""
    for index in range(LESSONS):
        place = folder / str(mnist.test_labels[index])
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(png(enlarge(mnist.test_images[index], 140)))
    site.manage("import_drawings", str(folder), "--owner", "teacher", "--accept")


def enqueue(site: Site, *, seed: int) -> int:
    enqueue = f"from predictor.training.scheduling import *; print('run', enqueue(Config(epochs=1, seed={seed})).pk)"
    found = re.search(r"run (\d+)", site.manage("shell", "-c", enqueue))
    assert found
    return int(found[1])


def state(site: Site, run: int) -> tuple[str, str, str]:
    """A training's status, stage and error."""
    [found] = _rows(site, "SELECT status, stage, error FROM predictor_trainingrun WHERE id = ?", run)
    return found


def reached(site: Site, run: int, stage: str) -> bool:
    status, now, _ = state(site, run)
    if stage == "queued":
        return status in {"queued", "running"}
    return status in OVER or (stage != "done" and now == stage)


def kill(site: Site) -> None:
    """SIGKILL to every process of the site, until none is left."""
    while pids := site.pids():
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    if site.process:
        site.process.wait()


def _rows(site: Site, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site.data / "digitsite.sqlite3", timeout=20)) as database:
        return database.execute(sql, values).fetchall()
