"""What the train worker does once an hour: deletes old drawings and expired sessions, and erases what was deleted."""

import logging
import threading
import time
from importlib import import_module

from django.conf import settings
from django.db import close_old_connections, connections

from predictor.drawings import erasure, retention

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0

_running = threading.Lock()
_last = float("-inf")


def start_if_due() -> None:
    """Starts the upkeep in the background, an hour after the last one. A worker's timer calls it."""
    global _last  # noqa: PLW0603  one worker, one clock
    if time.monotonic() - _last < EVERY_SECONDS or not _running.acquire(blocking=False):
        return
    _last = time.monotonic()
    threading.Thread(target=_run, daemon=True).start()


def _run() -> None:
    try:
        close_old_connections()
        for what, work in (
            ("Deleting old drawings", _purge),
            ("Deleting expired sessions", _clear_sessions),
            ("Erasing what was deleted", erasure.empty_the_log),
        ):
            try:
                work()
            except Exception:
                logger.exception("%s failed; trying again in an hour", what)
    finally:
        connections.close_all()  # this thread's own
        _running.release()


def _purge() -> None:
    policy = retention.configured()
    if not policy.is_on:
        return
    visitors = sum(retention.purge_owners(retention.empty_owners(policy)))
    count = sum(retention.purge(retention.plan(policy)))
    if count or visitors:
        message = "%s drawings and %s visitors without any were deleted by the settings; next time in an hour"
        logger.info(message, count, visitors)


def _clear_sessions() -> None:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
