"""What a predict worker does while nobody waits for an answer: shadow readings, rereadings, missing hashes.

It runs in one background thread, a few drawings at a time, and stops as soon as somebody draws.
"""

import logging
import threading

from django.db import connections

from predictor.reading import activity, hashing, rereading
from predictor.reading.shadow_readings import SHADOW

logger = logging.getLogger(__name__)

_running = threading.Lock()
_failure = ""
"""Of the last idle work. One that lasts is logged once."""


def start_if_idle() -> None:
    """Starts idle work that is due, unless somebody waits or it is already running. Called by each heartbeat."""
    SHADOW.refresh()
    if activity.is_busy() or not _is_due() or not _running.acquire(blocking=False):
        return
    threading.Thread(target=_run, daemon=True).start()


def work() -> None:
    """Works until somebody waits or nothing is due."""
    while not activity.is_busy() and (SHADOW.read_some() or rereading.read_some() or hashing.hash_some()):
        pass


def _is_due() -> bool:
    return SHADOW.is_due or rereading.is_due() or hashing.is_due()


def _run() -> None:
    global _failure  # noqa: PLW0603
    try:
        work()
        _failure = ""
    except Exception as error:
        if _failure != (_failure := repr(error)):
            logger.exception("Idle work failed; each heartbeat starts it again, until it succeeds")
    finally:
        connections.close_all()  # this thread's own
        _running.release()
