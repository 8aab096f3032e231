"""Trainings as rows, for tests in which nothing is trained."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from predictor.models import TrainingRun
from predictor.training import runs


def made(**values: Any) -> TrainingRun:
    return TrainingRun.objects.create(**values)


def claimed(**values: Any) -> TrainingRun:
    run = runs.claim(made(**values).pk)
    assert run
    return run


def lose(run: TrainingRun) -> None:
    """Its process has been silent for longer than its lease."""
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    runs.requeue_lost()
    run.refresh_from_db()
