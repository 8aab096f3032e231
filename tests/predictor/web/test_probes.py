"""`GET /healthz` and `GET /readyz`."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from predictor.models import Prediction, Probe
from predictor.reading import heartbeat, queue
from predictor.web import readiness
from tests.predictor.stored import Send

NOBODY = "No predict worker has read a test glyph for 3 s."
READY = dict.fromkeys(("database", "disk", "broker", "worker", "champion", "queue"), True)


@pytest.fixture
def ready(worker: None) -> None:
    """A site that is ready."""
    heartbeat.heartbeat()


def missing(client: Client) -> dict[str, list[str]]:
    """What the site says is missing."""
    answer = client.get("/readyz")
    assert answer.status_code == 503
    told = answer.json()
    assert told["status"] == "not ready"
    assert told["error"]["message"] == " ".join(text for texts in told["error"]["fields"].values() for text in texts)
    fields: dict[str, list[str]] = told["error"]["fields"]
    assert all(told[part] is False for part in fields)
    return fields


def test_it_is_alive_when_it_serves(client: Client, redis_is_gone: None) -> None:
    """Without a database, too: no fixture of this test opens one."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_once_a_worker_has_read_a_test_glyph(client: Client, worker: None) -> None:
    assert missing(client) == {"worker": [NOBODY]}
    heartbeat.heartbeat()
    after = client.get("/readyz")
    assert after.status_code == 200
    assert after.json() == {"status": "ready", **READY}


def test_a_worker_that_is_gone_is_missed_within_seconds(client: Client, ready: None, redis: Any) -> None:
    assert 0 < redis.ttl(queue.READY_KEY) <= 3
    redis.delete(queue.READY_KEY)
    assert missing(client) == {"worker": [NOBODY]}


def test_it_is_not_ready_without_redis(client: Client, transactional_db: None, redis_is_gone: None) -> None:
    assert missing(client)["broker"] == ["Redis doesn't answer."]


def test_it_is_not_ready_without_its_database(client: Client, ready: None, database_is_gone: None) -> None:
    assert missing(client)["database"] == ["The database doesn't take a row."]


def test_it_is_not_ready_while_rows_can_be_read_but_not_written(client: Client, ready: None) -> None:
    """On SQLite, another process holds the write lock; on PostgreSQL, a lock on the row."""
    Probe.objects.update_or_create(pk=1, defaults={"written_at": timezone.now()})
    with connection.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE" if connection.vendor == "sqlite" else "BEGIN")
        cursor.execute("UPDATE predictor_probe SET written_at = written_at")
        started = time.monotonic()
        try:
            assert missing(client) == {"database": ["The database doesn't take a row."]}
            assert time.monotonic() - started < readiness.PATIENCE_SECONDS + 1
            assert client.get("/healthz").status_code == 200
        finally:
            cursor.execute("ROLLBACK")
    until = time.monotonic() + 30
    while client.get("/readyz").status_code != 200:
        heartbeat.heartbeat()
        assert time.monotonic() < until


def test_it_is_not_ready_while_the_disk_is_nearly_full(client: Client, ready: None, settings: Any) -> None:
    settings.DIGITSITE_FREE_DISK = 10**9
    assert missing(client) == {"disk": ["Less than 1000000000 MB are free on the disk."]}


def test_it_is_not_ready_while_drawings_wait(client: Client, ready: None, send: Send) -> None:
    send()
    assert client.get("/readyz").status_code == 200
    Prediction.objects.update(status="queued", created_at=timezone.now() - timedelta(seconds=15))
    assert list(missing(client)) == ["queue"]


def test_many_that_ask_at_once_cost_one_row(
    client: Client, ready: None, monkeypatch: pytest.MonkeyPatch, redis: Any
) -> None:
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 60.0)
    monkeypatch.setattr(readiness.ROWS, "_at", float("-inf"))
    assert client.get("/readyz").status_code == 200
    written = Probe.objects.get().written_at
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
    assert Probe.objects.get().written_at == written


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nobody_caches_it(client: Client, transactional_db: None, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
