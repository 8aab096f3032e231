"""What a predict worker does while nobody waits for an answer: it shows drawings to the version in the shadow, and
reads labelled ones again.

All of it runs in a thread beside the worker's own, a few drawings at a time, and rests as soon as someone draws.
"""

import logging
import threading

from django.db import connections

from predictor.reading import queue, rereading
from predictor.reading.shadow import SHADOW

logger = logging.getLogger(__name__)

_at_work = threading.Lock()


def use() -> None:
    """Called with each pulse: begins what is due, in the background, unless that is under way already."""
    SHADOW.refresh()
    if queue.is_busy() or not (SHADOW.is_due or rereading.is_due()) or not _at_work.acquire(blocking=False):
        return
    threading.Thread(target=_work_apart, daemon=True).start()


def work() -> None:
    """As long as nobody waits and something is due."""
    while not queue.is_busy() and (SHADOW.read_some() or rereading.read_some()):
        pass


def _work_apart() -> None:
    try:
        work()
    except Exception:
        logger.exception("Spare time was wasted")
    finally:
        connections.close_all()  # this thread's own
        _at_work.release()
