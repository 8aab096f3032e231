"""PostgreSQL whose connections don't wait for ever."""

from types import SimpleNamespace
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base

GRACE_SECONDS = 1.0
"""How much longer than the server's own limit a connection waits: a server that still runs says why it gives up."""


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself if the server hasn't answered a statement within DIGITSITE_DATABASE_SECONDS.

    The server's own limits don't help if it stands still or its host is gone.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's. Raises psycopg.OperationalError if the time is over."""
        limit = settings.DIGITSITE_DATABASE_SECONDS
        if timeout is not None or not limit:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, limit + GRACE_SECONDS)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001  psycopg has no public name for it
            self.close()
            raise psycopg.OperationalError(f"PostgreSQL hasn't answered for {limit} s") from error


class DatabaseWrapper(base.DatabaseWrapper):
    """Makes bounded connections, with a pool and without."""

    Database = SimpleNamespace(**{**vars(psycopg), "connect": BoundedConnection.connect})  # type: ignore[assignment]

    def __init__(self, settings_dict: dict[str, Any], *arguments: Any, **named: Any) -> None:
        if pool := settings_dict["OPTIONS"].get("pool"):
            pool["connection_class"] = BoundedConnection
        super().__init__(settings_dict, *arguments, **named)
