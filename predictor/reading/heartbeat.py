"""The predict worker's heartbeat, once a second: keeps it ready and resends lost hints (`predictor.reading.queue`)."""

import itertools
import logging
import math

from django.db import close_old_connections
from django.db.models import Count, Max, Min, Q

from digitsite import watchdog
from predictor.models import Prediction, PredictionStatus
from predictor.reading import idle_work, queue
from predictor.reading.serving import SERVING
from predictor.review import queue_items

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
SWEEP_EVERY = 3
"""Heartbeats between sweeps. A prediction that two of them find queued is assumed to have lost its hint."""

LOADING = "The champion is being loaded."

_heartbeats = itertools.count()
_newest: float = math.inf
"""The newest prediction that the last sweep found queued. A clock could jump."""
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
    """Sends a hint for predictions that were queued at the last sweep already; returns how many there are. The first
    sweep does for all.

    One hint is enough, because a worker takes whatever is queued.
    """
    global _newest  # noqa: PLW0603
    queue.lower_flag()
    queued = Prediction.objects.filter(status=PredictionStatus.QUEUED)
    older = Count("pk", filter=Q(pk__lte=_newest)) if _newest < math.inf else Count("pk")
    count, oldest, newest = queued.aggregate(count=older, oldest=Min("pk"), newest=Max("pk")).values()
    _newest = newest or 0
    if count:
        queue.enqueue(oldest, count=count)
    return int(count)
