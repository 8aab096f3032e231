"""Transactions on SQLite: one thread of a process writes at a time, and hands its turn on whatever happens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from predictor.models import Owner

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has row locks"),
]


def in_thread(work: "list[str]") -> threading.Thread:
    """A thread that stores an owner, and then adds "stored" to `work`."""

    def store() -> None:
        try:
            with transaction.atomic():
                Owner.objects.create(key=uuid4().hex)
            work.append("stored")
        finally:
            connection.close()

    thread = threading.Thread(target=store)
    thread.start()
    return thread


@contextmanager
def committed() -> Iterator[None]:
    with transaction.atomic():
        yield


@contextmanager
def rolled_back() -> Iterator[None]:
    with suppress(ZeroDivisionError), transaction.atomic():
        yield
        raise ZeroDivisionError


@contextmanager
def cut_off() -> Iterator[None]:
    with suppress(DatabaseError), transaction.atomic():
        yield
        connection.close()
        Owner.objects.create(key=uuid4().hex)


@pytest.mark.parametrize("ends", [committed, rolled_back, cut_off])
def test_others_wait_for_a_transaction_and_go_on_however_it_ends(ends: Callable[[], Any]) -> None:
    done: list[str] = []
    with ends():
        Owner.objects.create(key=uuid4().hex)
        other = in_thread(done)
        other.join(0.2)
        assert not done, "it waits"
    other.join(10)
    assert done == ["stored"]


def test_a_transaction_that_cannot_begin_gives_its_turn_on() -> None:
    """As with a disk that fails."""

    def fail(*_: Any) -> None:
        raise DatabaseError("disk I/O error")

    with connection.execute_wrapper(fail), pytest.raises(DatabaseError), transaction.atomic():
        pass
    done: list[str] = []
    in_thread(done).join(10)
    assert done == ["stored"]


def test_who_waits_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[DatabaseError] = []
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)

    def store() -> None:
        try:
            with transaction.atomic():
                Owner.objects.create(key=uuid4().hex)
        except DatabaseError as error:
            failed.append(error)

    with transaction.atomic():
        thread = threading.Thread(target=store)
        thread.start()
        thread.join(10)
    assert "database is locked" in str(failed)
    with transaction.atomic():
        Owner.objects.create(key=uuid4().hex)
