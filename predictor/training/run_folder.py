"""A training's folder: its intermediate results, and a lock that the operating system frees when the process ends.

On the same machine the lock shows at once that the process is gone. The lease shows it only after a minute.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from filelock import FileLock, Timeout

from predictor import errors

LOCK_SECONDS = 1.0
"""How long to wait for the lock. A process that only checks whether it is free holds it for a moment."""


class FolderInUse(errors.Conflict):
    """Another process of this machine is working on the training."""


def of(run_id: int) -> Path:
    return _root() / str(run_id)


@contextmanager
def held(run_id: int) -> Iterator[Path]:
    """The run's folder, locked for this process. Raises FolderInUse."""
    folder = of(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(run_id)
    try:
        lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.02)
    except Timeout:
        raise FolderInUse(f"Another process is working on training {run_id}.") from None
    try:
        yield folder
    finally:
        lock.release()


def is_abandoned(run_id: int) -> bool:
    """Whether a process of this machine has worked on the run and is gone. False if none ever did."""
    lock = _lock(run_id)
    if not Path(lock.lock_file).exists():
        return False
    try:
        with lock.acquire(blocking=False):
            return True
    except (Timeout, FileNotFoundError):
        return False


def clear(run_id: int) -> None:
    """Deletes the folder of a training that is over."""
    shutil.rmtree(of(run_id), ignore_errors=True)


def clear_all_but(run_ids: Iterable[int]) -> None:
    """Deletes the folders of all other trainings, except those that a process is working on."""
    kept = {str(run_id) for run_id in run_ids}
    for folder in _root().glob("[0-9]*"):
        if folder.name not in kept and is_abandoned(int(folder.name)):
            clear(int(folder.name))


def _root() -> Path:
    return Path(settings.DATA_DIR) / "training"


def _lock(run_id: int) -> FileLock:
    return FileLock(of(run_id) / "lock", mode=0o600)
