"""The predict worker's heartbeat, once a second: keeps it ready and resends lost hints (`predictor.reading.queue`)."""

import itertools
import logging
from datetime import timedelta

from django.db import close_old_connections
from django.db.models import Count, Min
from django.utils import timezone

from digitsite import watchdog
from predictor.models import Prediction, PredictionStatus
from predictor.reading import idle_work, queue
from predictor.reading.serving import SERVING
from predictor.review import queue_items

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
SWEEP_EVERY = 3
"""Heartbeats between sweeps. A prediction queued for longer than that is assumed to have lost its hint."""

LOADING = "The champion is being loaded."

_heartbeats = itertools.count()
_failure = ""
"""Of the last heartbeat. A failure that lasts is logged once."""


def start(worker: str = "predict") -> bool:
    """Loads the network, then does as `heartbeat`: what was queued while no worker ran is read."""
    SERVING.refresh(wait=True)
    return heartbeat(worker)


def heartbeat(worker: str = "predict") -> bool:
    """Switches to a newly promoted network and says that this worker reads, or what prevents it. If it reads, it also
    resends lost hints, adds finished readings to the review queue, and starts idle work.

    Returns whether this worker may take tasks.
    """
    global _failure  # noqa: PLW0603
    reads = False
    watchdog.beat()
    try:
        close_old_connections()
        SERVING.refresh(wait=False)
        reads = SERVING.reads_a_test_glyph()
        if reads and SERVING.stands_in and queue.is_ready():
            reads = False  # others read with the champion
        queue.show(worker, reads=reads, trouble=SERVING.trouble if SERVING.trouble or reads else LOADING)
        if reads:
            _do_what_is_due()
        _failure = ""
    except Exception as error:  # an exception would end the worker's timer
        if _failure != (_failure := repr(error)):
            logger.exception("The predict worker's heartbeat failed; the next one is in %s s", HEARTBEAT_SECONDS)
    return reads


def _do_what_is_due() -> None:
    if next(_heartbeats) % SWEEP_EVERY == 0:
        sweep()
    queue_items.catch_up()
    idle_work.start_if_idle()


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
