"""The site's connections to SQLite. Those to PostgreSQL: tests/predictor/on_postgresql.py."""

import os
from pathlib import Path

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from predictor.models import Owner

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("another database")


def become_read_only() -> None:
    """As a connection that was opened while the file was."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")


def test_a_connection_is_renewed_after_an_error_in_a_transaction() -> None:
    become_read_only()
    with pytest.raises(OperationalError, match="readonly"), transaction.atomic():
        Owner.objects.create(key="first")
    close_old_connections()
    Owner.objects.create(key="second")


def test_a_connection_is_renewed_after_an_error_outside_one() -> None:
    become_read_only()
    with pytest.raises(OperationalError, match="readonly"):
        Owner.objects.update(key="first")
    close_old_connections()
    Owner.objects.create(key="second")


def test_a_connection_without_errors_is_kept() -> None:
    Owner.objects.create(key="first")
    held = connection.connection
    close_old_connections()
    assert connection.connection is held


def test_a_connection_to_a_file_that_cant_be_written_is_kept_for_one_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection.close()
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        assert not Owner.objects.exists()
    close_old_connections()
    assert connection.connection is None
