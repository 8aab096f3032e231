"""What `/readyz` looks at. Each look is taken in a thread of its own, one at a time, however many ask."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections
from django.utils import timezone

from predictor.models import Prediction, PredictionStatus, Probe
from predictor.reading import queue

logger = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""How long what was found in the database counts: a row isn't written for each who asks."""
PATIENCE_SECONDS = 2.0
"""Who asks waits for so long. What takes longer counts as no answer."""
OLDEST_SECONDS = 10.0
"""A drawing may wait for so long to be read."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Rows:
    """What was found in the database, into which a row was written."""

    oldest: datetime | None
    """Since when the oldest queued prediction waits."""


class Watched(Generic[Found]):
    """A look that may take long. `look`: returns what is found, or None if the part doesn't answer. `is_kept`: whether
    that counts for FRESH_SECONDS.
    """

    def __init__(self, look: Callable[[], Found | None], *, is_kept: bool) -> None:
        self._look = look
        self._is_kept = is_kept
        self._found: Found | None = None
        self._at = float("-inf")
        self._is_looking = False
        self._changed = threading.Condition()

    def found(self) -> Found | None:
        """What is found, or was lately; None if that takes PATIENCE_SECONDS."""
        with self._changed:
            if not self._is_looking:
                if self._is_kept and time.monotonic() - self._at < FRESH_SECONDS:
                    return self._found
                self._is_looking = True
                threading.Thread(target=self._take, daemon=True).start()
            return self._found if self._changed.wait_for(lambda: not self._is_looking, PATIENCE_SECONDS) else None

    def _take(self) -> None:
        found = None
        try:
            found = self._look()
        finally:
            with self._changed:
                self._found, self._at, self._is_looking = found, time.monotonic(), False
                self._changed.notify_all()


def _look_at_rows() -> Rows | None:
    """Writes a row on a connection of its own. On SQLite it is a new one, as a new thread of the site would open it."""
    try:
        Probe.objects.bulk_create(
            [Probe(pk=1, written_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["written_at"],
        )
        queued = Prediction.objects.filter(status=PredictionStatus.QUEUED).order_by("pk")
        return Rows(queued.values_list("created_at", flat=True).first())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The site isn't ready: no row can be written: %s", error)
        return None
    finally:
        connections.close_all()  # this thread's own


def _look_at_workers() -> queue.Workers | None:
    try:
        return queue.workers()
    except redis.RedisError as error:
        logger.warning("The site isn't ready: Redis doesn't answer: %s", error)
        return None


ROWS = Watched(_look_at_rows, is_kept=True)
WORKERS = Watched(_look_at_workers, is_kept=False)


def disk_has_room() -> bool:
    """Whether the folders of the data and of SQLite's file have DIGITSITE_FREE_DISK megabytes left."""
    folders = {Path(settings.DATA_DIR)}
    if connection.vendor == "sqlite":
        folders.add(Path(str(connection.settings_dict["NAME"])).parent)
    try:
        return all(shutil.disk_usage(each).free >= settings.DIGITSITE_FREE_DISK * 10**6 for each in folders)
    except OSError:
        return False
