"""Limits readings: how many are requested, how many may wait in the queue, and for how many a process waits.

Redis is asked once for all of it. While it is unreachable, every reading is admitted: its row is stored, and read once
Redis is back.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from django.conf import settings
from django.utils.translation import gettext_lazy

from digitsite import broker, task_list
from predictor import limits
from predictor.errors import Unavailable
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


def admit(counters: list[limits.Counter]) -> None:
    """Counts one reading. Raises Throttled or Unavailable."""
    try:
        pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
        pipeline.llen(task_list.TASKS_KEY)
        pipeline.get(queue.WAITING_KEY)
        limits.add_to(pipeline, counters)
        tasks, waiting, *counted = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Redis can't be reached; readings are not limited until it can: %s", error)
        return
    limits.check(counters, counted)
    if max(tasks, int(waiting or 0)) >= settings.DIGITSITE_QUEUE_LIMIT:
        raise Unavailable(str(TOO_MANY))
