"""The life of a training's row: claimed with a lease, kept alive by a heartbeat, given back or ended once."""

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from predictor import errors
from predictor.models import RunStatus, TrainingRun
from predictor.training import run_folder

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
"""How often a run may be claimed. If its process dies in the last attempt, the run has failed."""

LIVING = (RunStatus.QUEUED, RunStatus.RUNNING)


class AlreadyRunning(errors.Conflict):
    """Another training holds the lease; this one stays queued."""


class Stopped(BaseException):
    """The run no longer belongs to this process, so its work must end.

    Like KeyboardInterrupt it can be raised at any point of the work, so no library's `except Exception` may catch it.
    """


class Cancelled(Stopped):
    """Someone cancelled or deleted the run."""


class LeaseLost(Stopped):
    """The lease ran out, and the run was queued again."""


def claim(run_id: int) -> TrainingRun | None:
    """The run, now running and leased to this process; None if it is gone or not queued. Raises AlreadyRunning."""
    now = timezone.now()
    run = TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).first()
    if run is None:
        return None
    taken = {"status": RunStatus.RUNNING, "lease": uuid.uuid4(), "lease_until": now + LEASE, "heartbeat_at": now}
    taken |= {"attempts": run.attempts + 1, "started_at": run.started_at or now}
    try:
        with transaction.atomic():
            still_queued = TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED, attempts=run.attempts)
            changed = still_queued.update(**taken)
    except IntegrityError:
        raise AlreadyRunning("Another training is running: wait for it, or see it in the admin.") from None
    return TrainingRun.objects.get(pk=run_id) if changed else None


def requeue_lost() -> int:
    """Queues runs again if their process died. Returns how many there were.

    A process has died if its lease has run out, or if it ran on this machine and its lock is free.
    """
    running = TrainingRun.objects.filter(status=RunStatus.RUNNING)
    return sum(give_back(run, why="Its process died") for run in running if _is_lost(run))


def give_back(run: TrainingRun, *, why: str) -> bool:
    """Queues a running run again, to resume where it stopped. Fails it after its last attempt.

    Returns whether the run was still ours.
    """
    if run.attempts < MAX_ATTEMPTS:
        changed = bool(_ours(run).update(status=RunStatus.QUEUED, lease_until=None))
    else:
        reason = f"{why}, in {run.attempts} attempts, the last one in stage “{run.stage}”: see the log, then retrain."
        changed = end(run, RunStatus.FAILED, error=reason)
    if changed:
        what_next = "queued again" if run.attempts < MAX_ATTEMPTS else "failed"
        logger.warning("Training %s, attempt %s, stage %s: %s; %s", run.pk, run.attempts, run.stage, why, what_next)
    return changed


def cancel(run: TrainingRun, *, by: str) -> bool:
    """Cancels a run that isn't over; its process, if any, ends within seconds. Returns whether it was cancelled."""
    living = TrainingRun.objects.filter(pk=run.pk, status__in=LIVING)
    cancelled = {"status": RunStatus.CANCELLED, "error": f"Cancelled by {by}."[:500], "lease_until": None}
    return bool(living.update(**cancelled, finished_at=timezone.now()))


def end(run: TrainingRun, status: str, **values: Any) -> bool:
    """Ends the run if it is still ours. Returns whether it was."""
    return bool(_ours(run).update(status=status, finished_at=timezone.now(), lease_until=None, **values))


def renew(run: TrainingRun, **state: Any) -> bool:
    """Renews the lease and writes the progress if the run is still ours. Returns whether it was."""
    now = timezone.now()
    return bool(_ours(run).update(heartbeat_at=now, lease_until=now + LEASE, **state))


def why_not_ours(run: TrainingRun) -> Stopped:
    """The reason why a run is no longer ours."""
    status = TrainingRun.objects.filter(pk=run.pk).values_list("status", flat=True).first()
    if status == RunStatus.CANCELLED:
        return Cancelled("It was cancelled.")
    if status is None:
        return Cancelled("It was deleted.")
    return LeaseLost("Its lease ran out, and it was queued again.")


def lock_ours(run: TrainingRun) -> None:
    """Locks the row until the transaction ends. Raises Stopped unless the run is still ours."""
    if not _ours(run).select_for_update().exists():
        raise why_not_ours(run)


def _is_lost(run: TrainingRun) -> bool:
    expired = run.lease_until is None or run.lease_until < timezone.now()
    return expired or run_folder.is_abandoned(run.pk)


def _ours(run: TrainingRun) -> Any:
    return TrainingRun.objects.filter(pk=run.pk, lease=run.lease, status=RunStatus.RUNNING)
