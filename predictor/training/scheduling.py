"""Requests a training: checks that it is worthwhile, queues its row, and sends its message to the train worker."""

import logging
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone

from digitsite import broker
from predictor import errors
from predictor.datasets import snapshots
from predictor.models import Dataset, ModelVersion, RunStatus, Side, TrainingRun
from predictor.reading import queue
from predictor.training import runs
from predictor.training.config import Config
from predictor.versions import registry

logger = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=20)
"""How long a run may stay queued before its message is sent again."""


class NothingToLearn(errors.Conflict):
    """No drawing has an accepted label and consent."""


class NothingChanged(errors.Conflict):
    """The same data and configuration as in the last training."""


def plan(config: Config) -> tuple[Dataset, ModelVersion]:
    """The snapshot and the champion that a training would start from.

    Raises NoChampion, and NothingToLearn or NothingChanged if a training would be pointless.
    """
    champion = registry.champion()
    if champion is None:
        raise registry.NoChampion("There is no champion to compare with: run `manage.py prepare` first.")
    dataset = snapshots.snapshot()
    if not snapshots.size(dataset, Side.TRAIN) and not config.from_scratch:
        raise NothingToLearn(
            "There is nothing to learn from: no training drawing has an accepted label and its visitor's consent."
            " Accept some labels in the admin first."
        )
    last = TrainingRun.objects.filter(status=RunStatus.DONE, fingerprint=config.fingerprint(dataset)).first()
    if last and champion.pk in (last.champion_id, last.candidate_id):
        raise NothingChanged(
            f"Nothing changed since training {last.pk}. The same training would give the same result: {last.verdict}"
        )
    return dataset, champion


def request_run(config: Config, *, at_once: bool = False) -> TrainingRun:
    """Queues a run. Returns the existing one if the same run is already queued.

    Raises what `plan` raises, and AlreadyRunning if the same training is running or, with `at_once`, if any is.
    """
    runs.requeue_lost()
    dataset, champion = plan(config)
    if at_once and TrainingRun.objects.filter(status=RunStatus.RUNNING).exists():
        raise runs.AlreadyRunning("Another training is running: wait for it, or cancel it in the admin.")
    fingerprint = config.fingerprint(dataset)
    for run in TrainingRun.objects.filter(status__in=runs.LIVING, fingerprint=fingerprint, champion=champion):
        if run.config == asdict(config):
            if run.status == RunStatus.RUNNING:
                raise runs.AlreadyRunning(f"Training {run.pk} is the same and is running: see it in the admin.")
            return run
    return TrainingRun.objects.create(
        config=asdict(config), dataset=dataset, champion=champion, fingerprint=fingerprint
    )


def enqueue(config: Config) -> TrainingRun:
    """Queues a run and sends it to the train worker. Raises what `request_run` raises."""
    run = request_run(config)
    transaction.on_commit(lambda: _send(run.pk))
    return run


def sweep() -> None:
    """Queues lost runs again, and resends the oldest lost message. The train worker calls it every few seconds."""
    try:
        close_old_connections()
        runs.requeue_lost()
        if TrainingRun.objects.filter(status=RunStatus.RUNNING).exists():
            return
        queued = TrainingRun.objects.filter(status=RunStatus.QUEUED, created_at__lt=timezone.now() - RESEND_AFTER)
        run_id = queued.order_by("pk").values_list("pk", flat=True).first()
        if run_id and not broker.connect(settings.REDIS_URL).llen(f"{broker.PREFIX}train"):
            _send(run_id)
    except Exception:
        logger.exception("Checking for lost trainings failed; trying again in a few seconds")


def _send(run_id: int) -> None:
    if not queue.send("retrain", run_id):
        logger.warning("Training %s was not sent to the train worker; it will be sent again", run_id)
