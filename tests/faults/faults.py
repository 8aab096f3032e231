"""What can go wrong. Each fault is there while its context is entered; what makes it is gone afterwards."""

import contextlib
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.support.stack import wait_until
from tests.faults.sites import Stricken

Strike = Callable[[Stricken], AbstractContextManager[object]]


@dataclass(frozen=True)
class Fault:
    what: str
    strike: Strike
    lasts: float = 0.0
    """Seconds until what makes it is gone; 0 if the site must mend it by itself."""
    is_noticed: bool = False
    """Whether `/readyz` must say so within 3 s."""
    well_within: float = 10.0
    """Seconds after that, on a machine that does nothing else."""
    spares_web: bool = True
    """Whether `/healthz` must answer all the while."""

    def __str__(self) -> str:
        return self.what


def killed(processes: str) -> Strike:
    @contextmanager
    def strike(to: Stricken) -> Iterator[None]:
        to.send(signal.SIGKILL, processes)
        yield

    return strike


@contextmanager
def worker_hangs(to: Stricken) -> Iterator[None]:
    """For good."""
    to.send(signal.SIGSTOP, "-Q predict")
    yield


@contextmanager
def worker_pauses(to: Stricken) -> Iterator[None]:
    """Too shortly to be replaced."""
    paused = to.send(signal.SIGSTOP, "-Q predict")
    yield
    assert to.send(signal.SIGCONT, "-Q predict") == paused


def redis_killed(*, keep: bool) -> Strike:
    @contextmanager
    def strike(to: Stricken) -> Iterator[None]:
        assert to.redis
        to.redis.kill(keep=keep)
        yield
        to.redis.start()

    return strike


@contextmanager
def postgresql_restarts(to: Stricken) -> Iterator[None]:
    assert to.postgresql
    to.postgresql.stop()
    to.postgresql.start()
    yield


@contextmanager
def postgresql_killed(to: Stricken) -> Iterator[None]:
    assert to.postgresql
    to.postgresql.kill()
    yield
    to.postgresql.start()


@contextmanager
def postgresql_hangs(to: Stricken) -> Iterator[None]:
    assert to.postgresql
    to.postgresql.send(signal.SIGSTOP)
    try:
        yield
    finally:  # else it could not be stopped later
        to.postgresql.send(signal.SIGCONT)


@contextmanager
def sqlite_locked(to: Stricken) -> Iterator[None]:
    """Another process writes for long."""
    with closing(sqlite3.connect(to.file, isolation_level=None, timeout=20)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        yield
        writer.execute("ROLLBACK")


def in_turns(fault: Strike, *, on: float, off: float) -> Strike:
    """The fault for `on` seconds, then none for `off` seconds, and so on."""

    @contextmanager
    def strike(to: Stricken) -> Iterator[None]:
        end = threading.Event()

        def go_on() -> None:
            while not end.is_set():
                with fault(to):
                    end.wait(on)
                end.wait(off)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    return strike


@contextmanager
def sqlite_read_only(to: Stricken) -> Iterator[None]:
    """For connections that are opened now, as the new worker's."""
    files = list(to.site.data.glob("digitsite.sqlite3*"))
    for path in (*files, to.site.data):
        path.chmod(0o500)
    try:
        to.send(signal.SIGKILL, "-Q predict")
        yield
    finally:
        to.site.data.chmod(0o700)
        for path in files:
            path.chmod(0o600)


@contextmanager
def disk_full(to: Stricken) -> Iterator[None]:
    if not to.site.data.is_mount():
        pytest.skip("a disk of its own can't be mounted (it takes root)")
    filling = to.site.data / "filling"
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
        while file.write(bytes(2**20)):
            pass
    assert shutil.disk_usage(to.site.data).free == 0
    try:
        yield
    finally:
        filling.unlink()


def networks_damaged(
    damage: Callable[[bytes], bytes], *, with_worker: bool = False, are_in_release: bool = False
) -> Strike:
    """All copies of the networks' files. `with_worker`: it dies with them in its memory. `are_in_release`: the site
    puts them back by itself.
    """

    @contextmanager
    def strike(to: Stricken) -> Iterator[None]:
        stored = {file: file.read_bytes() for file in (to.site.data / "media" / "models").iterdir()}
        for file, content in stored.items():
            file.write_bytes(damage(content))
        shutil.rmtree(Path(to.site.environment["DIGITSITE_CACHE"]) / "networks")
        if with_worker:
            to.send(signal.SIGKILL, "-Q predict")
        yield
        if are_in_release:
            wait_until(lambda: all(file.read_bytes() == content for file, content in stored.items()))
        for file, content in stored.items():
            file.write_bytes(content)

    return strike


@contextmanager
def power_cut(to: Stricken) -> Iterator[None]:
    to.cut_the_power()
    yield
    to.power_on()


WEB = Fault("web processes killed", killed("gunicorn"), spares_web=False)
WORKER = Fault("predict worker killed", killed("-Q predict"))
WATCHDOG = Fault("watchdog killed", killed("digitsite.watchdog"))
HUNG_WORKER = Fault("predict worker hung for good", worker_hangs, is_noticed=True)
PAUSED_WORKER = Fault("predict worker paused for 1.5 s", worker_pauses, 1.5)
POWER = Fault("power cut: everything killed at once", power_cut, well_within=40.0, spares_web=False)

ON_SQLITE = [
    WEB,
    WORKER,
    WATCHDOG,
    HUNG_WORKER,
    PAUSED_WORKER,
    Fault("Redis killed, without its data", killed("redis-server")),
    Fault("database locked for 25 s", sqlite_locked, 25.0, is_noticed=True),
    Fault("slow database: locked three quarters of the time", in_turns(sqlite_locked, on=0.3, off=0.1), 8.0),
    Fault("database read-only for 8 s", sqlite_read_only, 8.0, is_noticed=True),
    Fault("disk full for 8 s", disk_full, 8.0, is_noticed=True),
    Fault(
        "networks of the release cut short everywhere",
        networks_damaged(lambda content: content[:1000], are_in_release=True),
    ),
    POWER,
]
ON_POSTGRESQL = [
    WEB,
    WORKER,
    HUNG_WORKER,
    Fault("Redis killed, back after 2 s with its data", redis_killed(keep=True), 2.0),
    Fault("Redis killed, back after 20 s without its data", redis_killed(keep=False), 20.0, is_noticed=True),
    Fault("database restarted", postgresql_restarts),
    Fault("database killed, back after 20 s", postgresql_killed, 20.0, is_noticed=True),
    Fault("database hung for 25 s", postgresql_hangs, 25.0, is_noticed=True),
    Fault("slow database: it runs a tenth of the time", in_turns(postgresql_hangs, on=0.18, off=0.02), 8.0),
    POWER,
]
OF_FILES = [
    Fault(
        "champion's files cut short everywhere",
        networks_damaged(lambda content: content[:1000]),
        8.0,
        is_noticed=True,
    ),
    Fault(
        "champion's files exchanged everywhere, predict worker killed",
        networks_damaged(lambda content: content[::-1], with_worker=True),
        8.0,
        is_noticed=True,
    ),
]
