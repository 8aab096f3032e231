"""The life of a training's row: claimed with a lease, kept alive by a heartbeat, ended once."""

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from predictor import errors
from predictor.models import RunStatus, TrainingRun

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
HEARTBEAT_SECONDS = 5.0

Report = Callable[[str, float], None]
"""Takes the stage and its progress, 0 to 1."""


class AlreadyRunning(errors.Conflict):
    """Another training holds the lease; this one stays queued."""


class LeaseLost(Exception):
    """Another process has taken this run for dead."""


def claim(run_id: int) -> TrainingRun | None:
    """The run, now running and ours; None if it is gone or not queued. Raises AlreadyRunning."""
    mark_lost()
    now = timezone.now()
    lease = uuid.uuid4()
    queued = TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED)
    try:
        with transaction.atomic():
            taken = queued.update(status=RunStatus.RUNNING, lease=lease, lease_until=now + LEASE, heartbeat_at=now)
    except IntegrityError:
        raise AlreadyRunning("Another training is running: wait for it, or see it in the admin.") from None
    return TrainingRun.objects.get(pk=run_id) if taken else None


def mark_lost() -> int:
    """Fails the runs whose process died: their lease has run out. Returns how many."""
    lost = TrainingRun.objects.filter(status=RunStatus.RUNNING, lease_until__lt=timezone.now())
    reason = "Its process stopped without a word; start it again."
    return lost.update(status=RunStatus.FAILED, error=reason, finished_at=timezone.now())


def cancel(run: TrainingRun, *, reason: str) -> bool:
    """Ends a run that has not begun; says whether it was still queued."""
    queued = TrainingRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED)
    return bool(queued.update(status=RunStatus.FAILED, error=reason, finished_at=timezone.now()))


def end(run: TrainingRun, status: str, **values: Any) -> bool:
    """Writes the outcome if the run is still ours; says whether it was."""
    return bool(_ours(run).update(status=status, finished_at=timezone.now(), lease_until=None, **values))


def check_lease(run: TrainingRun) -> None:
    """Raises LeaseLost unless the run is still ours."""
    if not _ours(run).exists():
        raise LeaseLost("Another process has taken this training for dead.")


class Heart:
    """Renews a run's lease and writes its progress while it works; a context manager."""

    def __init__(self, run: TrainingRun, report: Report | None) -> None:
        self._run = run
        self._report = report
        self._stop = threading.Event()
        self._lost = False
        self._state: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heart":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def say(self, stage: str, progress: float = 0.0) -> None:
        """Where the work is. Raises LeaseLost, which ends the work."""
        if self._lost:
            raise LeaseLost("Another process has taken this training for dead.")
        self._state = {"stage": stage, "progress": progress}
        if self._report:
            self._report(stage, progress)

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            now = timezone.now()
            try:
                held = _ours(self._run).update(heartbeat_at=now, lease_until=now + LEASE, **self._state)
                self._lost = not held
            except Exception:
                logger.exception("A heartbeat was missed")
        connections.close_all()  # this thread's own


def _ours(run: TrainingRun) -> Any:
    return TrainingRun.objects.filter(pk=run.pk, lease=run.lease, status=RunStatus.RUNNING)
