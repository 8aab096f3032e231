"""Every process of a site killed at once, as when the power fails, at each stage of a training.

    .venv/bin/python -m tests.e2e.power_cut

starts a site of its own, has it learn, kills it, starts it again, and says what became of the training, the labels and
the champion. Six minutes on two cores.
"""

import argparse
import contextlib
import os
import re
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.sources.mnist import Mnist, load_mnist
from ml.sources.served import enlarge
from tests.e2e.stack import ROOT, Site
from tests.pictures import png

STAGES = ("queued", "data", "pictures", "training", "comparing", "done")
LESSONS = 20
OVER = {"done", "failed", "cancelled"}


@dataclass(frozen=True)
class Aftermath:
    """What is found when the site runs again and the training is over. `kept`: every label is there, as it was."""

    status: str
    attempts: int
    error: str
    champions: int
    kept: bool

    @property
    def is_sound(self) -> bool:
        """It went on to its end or says why not, nothing is half promoted, nothing is lost."""
        ended = self.status == "done" or (self.status == "failed" and self.error)
        return bool(ended and self.champions == 1 and self.kept)


def teach(site: Site, mnist: Mnist, folder: Path) -> None:
    """Gives the site some accepted drawings to learn."""
    for index in range(LESSONS):
        place = folder / str(mnist.test_labels[index])
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(png(enlarge(mnist.test_images[index], 140)))
    site.manage("import_drawings", str(folder), "--owner", "teacher", "--accept")


def cut(site: Site, stage: str, seed: int) -> Aftermath:
    """Starts a training on the running site, kills everything at that stage, starts the site again and waits."""
    before = _rows(site, "SELECT id, text, state FROM predictor_label ORDER BY id")
    enqueue = f"from predictor.training.requests import *; print('run', enqueue(Config(epochs=1, seed={seed})).pk)"
    found = re.search(r"run (\d+)", site.manage("shell", "-c", enqueue))
    assert found
    run = int(found[1])

    def at(name: str, among: set[str]) -> bool:
        return _rows(site, f"SELECT {name} FROM predictor_trainingrun WHERE id = ?", run)[0][0] in among

    if stage in {"queued", "done"}:
        _until(lambda: at("status", {stage, *OVER} if stage == "done" else {"queued", "running"}), within=300)
    else:
        _until(lambda: at("stage", {stage}) or at("status", OVER), within=300)
    kill(site)
    site.start()
    _until(lambda: at("status", OVER), within=300)
    row = _rows(site, "SELECT status, attempts, error FROM predictor_trainingrun WHERE id = ?", run)[0]
    champions = _rows(site, "SELECT id FROM predictor_modelversion WHERE status = 'champion'")
    check = "from ml.network.manifest import verify; from predictor.versions import registry as r; c = r.champion();"
    site.manage(
        "shell", "-c", f"{check} verify(r.artifact_file(c), r.manifest_of(c))"
    )  # fails where its file isn't whole
    after = _rows(site, "SELECT id, text, state FROM predictor_label ORDER BY id")
    return Aftermath(*row, champions=len(champions), kept=after == before)


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


def _until(holds: Callable[[], bool], *, within: float) -> None:
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"it didn't happen within {within:.0f} s")
        time.sleep(0.01)


def main() -> None:
    """Cuts the power at each stage, one after the other."""
    argparse.ArgumentParser(prog="python -m tests.e2e.power_cut", description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder) / "data")
        site.start()
        try:
            teach(site, load_mnist(cache=ROOT / "var" / "cache" / "mnist"), Path(folder) / "lessons")
            for seed, stage in enumerate(STAGES):
                found = cut(site, stage, seed)
                print(f"{stage:<10} {'sound' if found.is_sound else 'BROKEN'}  {found}")
        finally:
            kill(site)


if __name__ == "__main__":
    main()
