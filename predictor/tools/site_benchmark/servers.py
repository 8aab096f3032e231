"""Starts and stops the servers that are measured. Each runs in processes of its own, and ends with this process."""

import ctypes
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.db import connection

from predictor.errors import NotFound, Unavailable
from predictor.tools.site_benchmark import samples

PACKAGE = "predictor.tools.site_benchmark"
READY_WITHIN = 240.0
STOPPED_WITHIN = 10.0
"""Seconds."""
KEPT_SETTINGS = {"DIGITSITE_ML_THREADS", "DIGITSITE_WEB_PROCESSES"}
"""Settings of the environment that the benchmark's site has too."""
PROCESSES = {
    "gunicorn": "web",
    "predict@": "predict",
    "train@": "train",
    "redis-server": "redis",
    "announce": "announce",
}
"""What names a process, by what its command line contains. All others have the name of their server."""
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Server:
    """A server that reads the digit of a form posted to `path`. As a context manager, it starts and stops it.

    `start_seconds`: from the command to the first answer.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        path: str,
        *,
        port: int,
        environment: dict[str, str],
        log: Path,
        code: Path | None = None,
    ) -> None:
        self.name, self.path, self.url = name, path, f"http://127.0.0.1:{port}"
        self.start_seconds = 0.0
        self.environment = environment
        self._command, self._port, self._log, self._code = command, port, log, code or settings.BASE_DIR
        self._process: psutil.Popen | None = None

    def __enter__(self) -> Self:
        started = time.monotonic()
        with self._log.open("wb") as log:
            self._process = psutil.Popen(
                self._command,
                cwd=self._code,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only this process, which then stops the others in order
                preexec_fn=end_with_parent,
            )
        try:
            self._wait_until_it_reads()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - started
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops it as Ctrl-C does, and kills what is left."""
        processes = self._processes()
        if processes:
            processes[0].send_signal(signal.SIGINT)
        _, left = psutil.wait_procs(processes, STOPPED_WITHIN)
        for process in left:
            process.kill()
        psutil.wait_procs(left, STOPPED_WITHIN)
        self._process = None

    def cpu_seconds(self) -> dict[tuple[str, int], float]:
        """CPU time so far of each of its processes, by name and id; with PostgreSQL's, if it runs on this machine."""
        spent = {}
        for name, process in self._named(with_database=True):
            with suppress(psutil.NoSuchProcess):
                used = process.cpu_times()
                spent[name, process.pid] = used.user + used.system
        return spent

    def memory(self) -> dict[str, dict[str, float]]:
        """Memory of its processes in MB, by their names: `pss` counts a shared page in parts, `rss` in each."""
        taken: dict[str, dict[str, float]] = {}
        for name, process in self._named():
            with suppress(psutil.NoSuchProcess):
                used = process.memory_full_info()
                sums = taken.setdefault(name, {"pss": 0.0, "rss": 0.0})
                sums["pss"] += used.pss / 1e6
                sums["rss"] += used.rss / 1e6
        return taken

    def _wait_until_it_reads(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while not self._reads():
            if self._process is None or self._process.poll() is not None or time.monotonic() > until:
                raise Unavailable(f"{self.name} doesn't read a digit:\n{self._last_lines()}")
            time.sleep(0.02)

    def _named(self, *, with_database: bool = False) -> Iterator[tuple[str, psutil.Process]]:
        for process in self._processes():
            try:
                line = " ".join(process.cmdline())
            except psutil.NoSuchProcess:
                continue
            yield next((name for part, name in PROCESSES.items() if part in line), self.name), process
        if with_database and "DATABASE_URL" in self.environment:
            yield from (("database", each) for each in psutil.process_iter(["name"]) if each.info["name"] == "postgres")

    def _processes(self) -> list[psutil.Process]:
        """The first process and all that it started; [] if it doesn't run."""
        try:
            return [self._process, *self._process.children(recursive=True)] if self._process else []
        except psutil.NoSuchProcess:
            return []

    def _last_lines(self) -> str:
        return self._log.read_text()[-3000:]

    def _reads(self) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as server:
            try:
                form = {"Content-Type": f"multipart/form-data; boundary={samples.BOUNDARY}"}
                server.request("POST", self.path, samples.first_form(), form)
                answer = server.getresponse()
                content = answer.read().decode()
            except (OSError, http.client.HTTPException):
                return False
        if answer.status not in {200, 201, 202, 503}:
            raise Unavailable(f"{self.name} answers {answer.status} {content[:300]}:\n{self._last_lines()}")
        return answer.status < 202


def site(folder: Path, database_url: str, *, name: str = "site", code: Path | None = None) -> Server:
    """A site with its own data folder, port and Redis, but this site's cache, without a limit on readings.
    `database_url`: "" for SQLite. `code`: where the project is, if not here.
    """
    port = _free_port()
    environment = _environment() | {"DIGITSITE_DATA": str(folder / name), "DIGITSITE_THROTTLE": "0"}
    environment["DIGITSITE_CACHE"] = str(settings.CACHE_DIR)  # a training needs MNIST
    environment |= {"HOST": "127.0.0.1", "PORT": str(port)} | ({"DATABASE_URL": database_url} if database_url else {})
    command = [sys.executable, "manage.py", "run"]
    log = folder / f"{name}.log"
    return Server(name, command, "/api/v1/drawings/", port=port, environment=environment, log=log, code=code)


def beside(name: str, folder: Path) -> Server:
    """Another server, "litserve" or "flask"."""
    port = _free_port()
    command = [sys.executable, "-m", f"{PACKAGE}.{name}_server", str(port)]
    return Server(name, command, "/predict", port=port, environment=_environment(), log=folder / f"{name}.log")


@contextmanager
def own_database() -> Iterator[str]:
    """The address of a new database on the PostgreSQL server that `DATABASE_URL` names, dropped at the end; "" for
    SQLite.
    """
    if connection.vendor != "postgresql":
        yield ""
        return
    name = f"digitsite_bench_{uuid.uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def code_of(commit: str, folder: Path) -> Path:
    """The project as it was at a commit, written to the folder. Raises NotFound if there is no such commit."""
    command = ["git", "archive", commit]
    archived = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, check=False)  # noqa: S603
    if archived.returncode:
        raise NotFound(f"{commit!r} is no commit of this repository: {archived.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
        files.extractall(folder / "code", filter="data")
    return folder / "code"


def end_with_parent() -> None:
    """Runs in a new process: has the kernel stop it as Ctrl-C does when this process dies, even by SIGKILL."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell has its background processes ignore it
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _environment() -> dict[str, str]:
    """This process's, without what names another site."""
    dropped = {*settings.SETTINGS, "DJANGO_SETTINGS_MODULE"} - KEPT_SETTINGS
    return {name: value for name, value in os.environ.items() if name not in dropped}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
