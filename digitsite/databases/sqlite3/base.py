"""SQLite whose connections are renewed after an error, and whose transactions take turns in a process.

SQLite has no queue: who finds the database locked tries again after 1 ms, then less and less often, at last every
100 ms. Among many threads, those that have waited longest come last. So one thread of a process tries at a time.
"""

import os
import threading
import time
from collections import defaultdict

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_turns: "defaultdict[str, threading.Lock]" = defaultdict(threading.Lock)
"""One for each database file."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that was opened while the file was read-only stays read-only for good. So such a one, and one that
    had an error, is closed at the end of its request or with the worker's next heartbeat, by `close_old_connections`.
    """

    _turn: "threading.Lock | None" = None
    """Held while a transaction is open."""

    def connect(self) -> None:
        super().connect()
        if not os.access(self.settings_dict["NAME"], os.W_OK):
            self.close_at = time.monotonic()

    def _start_transaction_under_autocommit(self) -> None:
        turn = _turns[str(self.settings_dict["NAME"])]
        if not turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            raise OperationalError("database is locked")
        self._turn = turn
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def commit(self) -> None:
        super().commit()
        self._end_turn()

    def rollback(self) -> None:
        """Keeps the mark of an error, which Django takes off: on a read-only connection, too, a rollback succeeds."""
        failed = self.errors_occurred
        try:
            super().rollback()
        finally:
            self._end_turn()
        self.errors_occurred = failed

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._end_turn()

    def is_usable(self) -> bool:
        """Django asks after an error only."""
        return False

    def _end_turn(self) -> None:
        if self._turn:
            self._turn.release()
            self._turn = None
