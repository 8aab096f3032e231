"""The part of a Celery worker that is connected to Redis."""

import logging
from typing import Any

from celery.worker import consumer
from celery.worker.state import maybe_shutdown

from digitsite import watchdog

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class PersistentConsumer(consumer.Consumer):  # type: ignore[misc]  # Celery has no types
    """Tries once a second, for as long as it takes, to reach a Redis that is gone.

    Celery's own pauses grow to half a minute, and the watchdog would take them for a hang.
    """

    def ensure_connected(self, conn: Any) -> Any:
        pauses = {"interval_start": RETRY_SECONDS, "interval_step": 0, "interval_max": RETRY_SECONDS}
        conn.ensure_connection(self._say, callback=self._go_on, **pauses)
        return super().ensure_connected(conn)

    def _say(self, error: Exception, _interval: float) -> None:
        if not self.broker_connection_retry_attempt:  # Celery resets it once it is connected
            logger.error("Redis can't be reached, and is tried again every second: %s", error)
        self.broker_connection_retry_attempt += 1

    def _go_on(self) -> None:
        """Called between the tries."""
        if not self.first_connection_attempt:  # the watchdog is patient until the first heartbeat
            watchdog.beat()
        maybe_shutdown()
