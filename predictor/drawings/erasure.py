"""Erases what was deleted from the bytes of SQLite's files, too.

`secure_delete` (`digitsite/settings.py`) overwrites deleted content in the database file. Older versions of a row still
stand in the write-ahead log, until that is moved into the database file and emptied.
"""

import logging

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

WAIT_MS = 500
"""How long a deletion waits for others that read an older state, before the next upkeep does it."""


def empty_the_log() -> None:
    """Empties SQLite's write-ahead log. Does nothing on another database, and within a transaction."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    usual = int(1000 * float(connection.settings_dict["OPTIONS"].get("timeout", 5)))
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout={WAIT_MS}")
            try:
                [is_busy, *_] = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                cursor.execute(f"PRAGMA busy_timeout={usual}")
    except DatabaseError as error:
        is_busy = error
    if is_busy:
        logger.warning("SQLite's write-ahead log is in use and still holds deleted rows; trying again within an hour")
