"""Limits readings: how many a visitor may request, how many may wait in the queue, and for how many a process waits.

Redis counts them in one round trip, because a per-process cache would count per process. While Redis is unreachable,
every reading is admitted: its row is stored, and read once Redis is back.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from digitsite import broker, task_list
from predictor.errors import Throttled, Unavailable
from predictor.reading import queue

logger = logging.getLogger(__name__)

TOO_MANY = gettext_lazy("Too many drawings are waiting to be read. Try again in a moment.")
_places = threading.BoundedSemaphore(settings.READINGS_AT_ONCE)


def is_full() -> bool:
    """Whether this process has no place left for a reading."""
    if not _places.acquire(blocking=False):
        return True
    _places.release()
    return False


@contextmanager
def place() -> Iterator[None]:
    """One of the places for requests that wait for a worker. Raises Unavailable if this process has none left.

    So its other threads still answer everything else, and refuse at once what would come too late.
    """
    if not _places.acquire(blocking=False):
        raise Unavailable(str(TOO_MANY), retry_after=1)
    try:
        yield
    finally:
        _places.release()


def admit(identity: str, *, share: float = 1.0) -> None:
    """Counts one reading. Raises Throttled or Unavailable. `share`: how much of the visitor's limit it may use."""
    limit = settings.DIGITSITE_THROTTLE
    readings, window = limit or (0, 1)
    readings = int(readings * share)
    now = time.time()
    key = f"{broker.PREFIX}readings:{identity}:{int(now // window)}"
    try:
        pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
        pipeline.llen(task_list.TASKS_KEY)
        pipeline.get(queue.WAITING_KEY)
        if limit:
            pipeline.incr(key)
            pipeline.expire(key, window + 1)
        tasks, waiting, *counted = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Redis can't be reached; readings are not limited until it can: %s", error)
        return
    if limit and counted[0] > readings:
        wait = window - now % window
        message = _("That is more than %(readings)d readings in %(window)d s. Wait %(wait)d s.")
        raise Throttled(message % {"readings": readings, "window": window, "wait": round(wait)}, retry_after=wait)
    if max(tasks, int(waiting or 0)) >= settings.DIGITSITE_QUEUE_LIMIT:
        raise Unavailable(str(TOO_MANY))
