"""A training's folder: what it has so far, and a lock that goes with the process that works there.

The lock says at once, on this machine, what a lease would say after a minute: that a process is gone.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from predictor import errors

LOCK_SECONDS = 1.0
"""How long to wait for the lock: whoever only looks whether it is free holds it for a moment."""


class Occupied(errors.Conflict):
    """Another process works there."""


def of(run_id: int) -> Path:
    return _root() / str(run_id)


@contextmanager
def held(run_id: int) -> Iterator[Path]:
    """The run's folder, this process's own until the end. Raises Occupied."""
    folder = of(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_lock(run_id), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        until = time.monotonic() + LOCK_SECONDS
        while not _locks(descriptor):
            if time.monotonic() > until:
                raise Occupied("Another process is at work on this training.")
            time.sleep(0.02)
        yield folder
    finally:
        os.close(descriptor)


def is_abandoned(run_id: int) -> bool:
    """Whether a process of this machine has worked there, and is gone. False where none ever did."""
    try:
        descriptor = os.open(_lock(run_id), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return _locks(descriptor)
    finally:
        os.close(descriptor)


def clear(run_id: int) -> None:
    """What a training that is over leaves behind is of no use."""
    shutil.rmtree(of(run_id), ignore_errors=True)


def clear_all_but(run_ids: Iterable[int]) -> None:
    """Clears the folders of other trainings that nobody works in."""
    kept = {str(run_id) for run_id in run_ids}
    for folder in _root().glob("[0-9]*"):
        if folder.name not in kept and is_abandoned(int(folder.name)):
            clear(int(folder.name))


def _root() -> Path:
    return Path(settings.DATA_DIR) / "training"


def _lock(run_id: int) -> Path:
    return of(run_id) / "lock"


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
