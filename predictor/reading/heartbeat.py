"""The predict worker's heartbeat, once a second: keeps it ready and resends lost hints (`predictor.reading.queue`)."""

import itertools
import logging
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.db.models import Count, Min
from django.utils import timezone

from digitsite import broker
from predictor.models import Prediction, PredictionStatus
from predictor.reading import idle_work, queue
from predictor.reading.serving import SERVING
from predictor.review import queue_items

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
READY_SECONDS = 5
"""How long the site counts as ready after a heartbeat."""
SWEEP_EVERY = 3
"""Heartbeats between sweeps. A prediction queued for longer than that is assumed to have lost its hint."""

_heartbeats = itertools.count()


def start() -> None:
    """Loads the network, then reads what was queued while no worker ran."""
    SERVING.refresh(wait=True)
    heartbeat()


def heartbeat() -> None:
    """Switches to a newly promoted network, marks this worker as ready, resends lost hints, adds finished readings to
    the review queue, and starts idle work.
    """
    try:
        close_old_connections()
        SERVING.refresh(wait=False)
        if SERVING.reads_a_test_glyph():
            broker.connect(settings.REDIS_URL).set(queue.READY_KEY, "1", ex=READY_SECONDS)
        if next(_heartbeats) % SWEEP_EVERY == 0:
            sweep()
        queue_items.catch_up()
        idle_work.start_if_idle()
    except Exception:  # an exception would end the worker's timer
        logger.exception("The predict worker's heartbeat failed; the next one is in %s s", HEARTBEAT_SECONDS)


def sweep() -> int:
    """Sends a hint for predictions that have been queued for seconds; returns how many there are.

    One hint is enough, because a worker takes whatever is queued.
    """
    queue.lower_flag()
    before = timezone.now() - timedelta(seconds=SWEEP_EVERY * HEARTBEAT_SECONDS)
    queued = Prediction.objects.filter(status=PredictionStatus.QUEUED, created_at__lt=before)
    count, oldest = queued.aggregate(count=Count("pk"), oldest=Min("pk")).values()
    if count:
        queue.enqueue(oldest, count=count)
    return int(count)
