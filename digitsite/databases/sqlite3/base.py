"""SQLite whose connections are renewed after an error."""

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that was opened while the file was read-only stays read-only for good. So one that had an error is
    closed at the end of its request or with the worker's next heartbeat, by Django's `close_old_connections`.
    """

    def rollback(self) -> None:
        """Keeps the mark of an error, which Django takes off: on a read-only connection, too, a rollback succeeds."""
        failed = self.errors_occurred
        super().rollback()
        self.errors_occurred = failed

    def is_usable(self) -> bool:
        """Django asks after an error only."""
        return False
