"""Hosts of one site, as folders and processes of this machine: they share a database, a Redis and a bucket."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.support.stack import ROOT, free_port, wait_until

WORKER = ("-m", "celery", "-A", "digitsite", "worker", "-Q", "predict", "-P", "solo", "--loglevel", "INFO")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass
class Host:
    """A host with its own data folder and cache."""

    name: str
    folder: Path
    shared: dict[str, str]
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def manage(self, *arguments: str) -> str:
        """Runs a management command on this host; returns what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def serve(self) -> None:
        """Starts a web server of two processes, as `manage.py run` does."""
        worker = ("--worker-class", "digitsite.web_worker.PatientWorker")
        options = (*worker, "--workers", "2", "--threads", "96", "--no-control-socket")
        self._start("-m", "gunicorn", "digitsite.wsgi", "--bind", f"127.0.0.1:{self.port}", *options)

    def work(self) -> None:
        """Starts a predict worker."""
        self._start(*WORKER, "-n", f"predict@{self.name}", *QUIET)

    def train(self, mnist_cache: Path) -> None:
        """Starts a train worker, for small trainings."""
        self._start("-m", "tests.scale.small_train_worker", str(mnist_cache), f"train@{self.name}")

    def wait_for(self, line: str) -> None:
        """Until the log has a line like this."""
        wait_until(lambda: re.search(line, self.log))

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def _start(self, *arguments: str) -> None:
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            options: Any = {"cwd": ROOT, "env": self._environment(), "stdout": log, "stderr": subprocess.STDOUT}
            self.process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.DEVNULL, **options)

    def _environment(self) -> dict[str, str]:
        own = {"DIGITSITE_DATA": str(self.folder / "data"), "DIGITSITE_ML_THREADS": "1", "CELERY_SKIP_CHECKS": "1"}
        kept = dict(os.environ, DJANGO_SETTINGS_MODULE="digitsite.settings")
        for name in ("DIGITSITE_CACHE", "REDIS_URL", "DATABASE_URL"):
            kept.pop(name, None)
        return {**kept, **own, **self.shared}
