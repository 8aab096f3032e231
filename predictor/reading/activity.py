"""Whether somebody waits for a reading: idle work asks before each step."""

import time
from datetime import timedelta

from django.utils import timezone

from predictor.models import Prediction, PredictionStatus

QUIET_SECONDS = 0.3
"""After the last reading, until nobody is expected to draw on."""
WAITING_SECONDS = 30
"""A prediction that is queued for longer waits for something else than this worker."""

_last_reading = 0.0


def note_reading() -> None:
    """Somebody has just had an answer."""
    global _last_reading  # noqa: PLW0603  one worker, one clock
    _last_reading = time.monotonic()


def is_busy() -> bool:
    """Whether somebody waits for a reading, or had one a moment ago."""
    if time.monotonic() - _last_reading < QUIET_SECONDS:
        return True
    lately = timezone.now() - timedelta(seconds=WAITING_SECONDS)
    return Prediction.objects.filter(status=PredictionStatus.QUEUED, created_at__gt=lately).exists()
