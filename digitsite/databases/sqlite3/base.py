"""SQLite whose connections are renewed after an error."""

import os
import time

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that was opened while the file was read-only stays read-only for good. So such a one, and one that
    had an error, is closed at the end of its request or with the worker's next heartbeat, by `close_old_connections`.
    """

    def connect(self) -> None:
        super().connect()
        if not os.access(self.settings_dict["NAME"], os.W_OK):
            self.close_at = time.monotonic()

    def rollback(self) -> None:
        """Keeps the mark of an error, which Django takes off: on a read-only connection, too, a rollback succeeds."""
        failed = self.errors_occurred
        super().rollback()
        self.errors_occurred = failed

    def is_usable(self) -> bool:
        """Django asks after an error only."""
        return False
