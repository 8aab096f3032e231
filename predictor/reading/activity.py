"""Tells idle work whether somebody is waiting for a reading."""

import time
from datetime import timedelta

from django.utils import timezone

from predictor.models import Prediction, PredictionStatus

QUIET_SECONDS = 0.3
"""Seconds after the last reading until the visitor is assumed to have stopped drawing."""
WAITING_SECONDS = 30
"""A prediction queued for longer than this no longer holds up idle work."""

_last_reading = 0.0


def note_reading() -> None:
    """Records that a reading has just been answered."""
    global _last_reading  # noqa: PLW0603  one worker, one clock
    _last_reading = time.monotonic()


def is_busy() -> bool:
    """Whether somebody is waiting for a reading, or got one a moment ago."""
    if time.monotonic() - _last_reading < QUIET_SECONDS:
        return True
    lately = timezone.now() - timedelta(seconds=WAITING_SECONDS)
    return Prediction.objects.filter(status=PredictionStatus.QUEUED, created_at__gt=lately).exists()
