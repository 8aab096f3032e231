"""What was deleted stands in no byte of SQLite's files."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from predictor.drawings import erasure, sharing
from predictor.models import Drawing
from tests.predictor.people import Person, new_id
from tests.reliability import Note

MARK = 217.318281828
"""A coordinate that stands in no other row."""
EMAIL = "someone-who-leaves@digits.example"


@pytest.fixture(autouse=True)
def files(transactional_db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's vacuum frees what was deleted")


def _bytes() -> bytes:
    """What stands in the database file and its write-ahead log."""
    file = Path(str(connection.settings_dict["NAME"]))
    return b"".join(each.read_bytes() for each in (file, file.with_name(f"{file.name}-wal")) if each.exists())


def _strokes(count: int) -> dict[str, Any]:
    points = [[MARK, y % 300, 10 * y, 0.5] for y in range(count)]
    stroke = {"colour": "#000000", "width": 9, "points": points}
    return {"width": 300, "height": 300, "background": "#ffffff", "strokes": [stroke]}


def _revises(person: Person) -> Any:
    """Sends a drawing in three revisions, the last of which needs pages of its own."""
    drawing_id = new_id()
    for revision, count in ((1, 20), (2, 60), (3, 900)):
        assert person.put(drawing_id, revision, strokes=_strokes(count)).status_code in {200, 201, 202}
    assert str(MARK).encode() in _bytes(), "or else there is nothing to erase"
    return drawing_id


def test_a_deleted_drawing_leaves_no_stroke(owner: Person, reliability: Note) -> None:
    drawing_id = _revises(owner)
    token = sharing.share(drawing=Drawing.objects.get(pk=drawing_id)).encode()
    before = _bytes()
    assert token in before
    assert owner.delete(drawing_id).status_code == 204
    left = _bytes()
    assert str(MARK).encode() not in left
    assert token not in left
    count = before.count(str(MARK).encode())
    seen = f"a mark in its strokes stood {count} times in SQLite's files, then not once; nor did its link"
    reliability("doors", "a drawing with three revisions and a shared link is deleted", seen)


def test_nor_do_all_that_are_deleted_on_the_page(owner: Person) -> None:
    for _ in range(3):
        _revises(owner)
    owner.client.post("/history/delete/")
    assert not Drawing.objects.exists()
    assert str(MARK).encode() not in _bytes()


def test_nor_does_a_deleted_account(transactional_db: None) -> None:
    user = User.objects.create_user("leaves", EMAIL, "correct-horse-battery")
    person = Person(user=user)
    _revises(person)
    assert EMAIL.encode() in _bytes()
    person.client.post("/accounts/delete/", {"password": "correct-horse-battery"})
    left = _bytes()
    assert str(MARK).encode() not in left
    assert EMAIL.encode() not in left


@pytest.fixture
def reading_elsewhere(owner: Person) -> Iterator[sqlite3.Connection]:
    """Another connection that reads an older state of the database for a while."""
    file = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        yield other


def test_a_reader_of_an_older_state_puts_it_off_until_the_next_upkeep(
    owner: Person, reading_elsewhere: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    drawing_id = _revises(owner)
    reading_elsewhere.execute("BEGIN")
    reading_elsewhere.execute("SELECT count(*) FROM predictor_drawing").fetchone()
    assert owner.delete(drawing_id).status_code == 204
    assert "still holds deleted rows" in caplog.text
    assert str(MARK).encode() in _bytes()
    reading_elsewhere.execute("COMMIT")
    erasure.empty_the_log()
    assert str(MARK).encode() not in _bytes()
    with connection.cursor() as cursor:
        [waits] = cursor.execute("PRAGMA busy_timeout").fetchone()
    assert waits == 20_000, "other statements wait as long as before"
