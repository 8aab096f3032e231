"""The sites that faults happen to: one as it comes, and one with PostgreSQL and a Redis that keeps its data."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import redis

from digitsite import broker
from tests.e2e.support.postgresql import PostgreSQL
from tests.e2e.support.stack import Site, free_port, wait_until

ROOT_OBEYS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
"""Starts a process of root that keeps to the permissions of files."""
ROWS = """
SELECT drawing.id, prediction.status, prediction.error, prediction.done_at FROM predictor_drawing AS drawing
LEFT JOIN predictor_prediction AS prediction ON prediction.drawing_id = drawing.id AND prediction.kind = 'live'
"""


@dataclass(frozen=True)
class Row:
    """A drawing's live prediction. `read_at`: in seconds since the epoch."""

    status: str | None
    error: str | None
    read_at: float


class RedisServer:
    """A Redis that keeps its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        command = [broker.find_server(), *options, "--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:
            wait_until(lambda: _answers(client))

    def kill(self, *, keep: bool = True) -> None:
        """`keep`: whether it has its data when it is started again."""
        assert self._process
        self._process.kill()
        self._process.wait()
        if not keep:
            shutil.rmtree(self._folder)
            self._folder.mkdir()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@dataclass
class Stricken:
    """A site, and the servers that it doesn't start itself."""

    site: Site
    postgresql: PostgreSQL | None = None
    redis: RedisServer | None = None

    @property
    def database(self) -> str:
        return "PostgreSQL" if self.postgresql else "SQLite"

    @property
    def file(self) -> Path:
        return self.site.data / "digitsite.sqlite3"

    def rows(self) -> dict[uuid.UUID, list[Row]]:
        """The live predictions of each drawing."""
        found: dict[uuid.UUID, list[Row]] = {}
        for drawing, status, error, at in self._query(ROWS):
            read_at = datetime.fromisoformat(str(at)).replace(tzinfo=UTC).timestamp() if at else 0.0
            found.setdefault(uuid.UUID(str(drawing)), []).append(Row(status, error, read_at))
        return found

    def _query(self, sql: str) -> list[tuple[object, ...]]:
        if self.postgresql:
            with psycopg.connect(self.postgresql.url, options="-c timezone=UTC") as connection:
                return connection.execute(sql).fetchall()
        with closing(sqlite3.connect(self.file, timeout=20)) as rows:
            return rows.execute(sql).fetchall()

    def send(self, what: signal.Signals, processes: str) -> list[int]:
        """Sends a signal to the processes with this in their command line; returns their ids."""
        pids = self.site.pids(processes)
        assert pids
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)
        return pids

    def cut_the_power(self) -> None:
        """Kills every process of the site and of its servers, until none is left."""
        if self.redis:
            self.redis.kill()
        if self.postgresql:
            self.postgresql.kill()
        while pids := self.site.pids():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        if self.site.process:
            self.site.process.wait()

    def power_on(self) -> None:
        if self.redis:
            self.redis.start()
        if self.postgresql:
            self.postgresql.start()
        self.site.start()


@contextlib.contextmanager
def on_sqlite(folder: Path) -> Iterator[Stricken]:
    """On a disk of its own where that can be mounted, so that it can be full."""
    data = folder / "data"
    data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=0700", "tmpfs", str(data)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    prefix = ROOT_OBEYS if os.geteuid() == 0 else ()
    limits = {"DIGITSITE_FREE_DISK": "20"} if is_mounted else {}
    site = Site(data, prefix=prefix, DIGITSITE_CACHE=str(folder / "cache"), **limits)
    try:
        site.start()
        yield Stricken(site)
    finally:
        site.stop()
        if is_mounted:
            subprocess.run(["umount", "-l", str(data)], check=True)


@contextlib.contextmanager
def on_postgresql(folder: Path, server: PostgreSQL) -> Iterator[Stricken]:
    (folder / "redis").mkdir()
    own = RedisServer(folder / "redis")
    own.start()
    kept = {"DIGITSITE_CACHE": str(folder / "cache"), "DIGITSITE_STORAGE": str(folder / "storage")}
    shared = {"DATABASE_URL": server.url, "REDIS_URL": own.url, "SECRET_KEY": os.urandom(32).hex()}
    site = Site(folder / "data", **kept, **shared)
    try:
        site.start()
        yield Stricken(site, server, own)
    finally:
        site.stop()
        own.kill()
