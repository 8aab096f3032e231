"""A training's folder: what it has so far, and a lock that goes with the process that works there.

The lock says at once, on this machine, what a lease would say after a minute: that a process is gone.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from filelock import FileLock, Timeout

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
    lock = FileLock(_lock(run_id), timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise Occupied("Another process is at work on this training.") from None
    try:
        yield folder
    finally:
        lock.release()


def is_abandoned(run_id: int) -> bool:
    """Whether a process of this machine has worked there, and is gone. False where none ever did."""
    if not _lock(run_id).is_file():
        return False
    try:
        with FileLock(_lock(run_id), timeout=0):
            return True
    except Timeout:
        return False


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
