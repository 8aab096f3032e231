"""`GET /healthz` and `GET /readyz`."""

from typing import Any

import pytest
from django.test import Client

from predictor.reading import heartbeat, queue

NOBODY = "No predict worker has read a test glyph for 5 s."


def test_it_is_alive_when_it_serves(client: Client, redis_is_gone: None) -> None:
    """Without a database, too: no fixture of this test opens one."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_once_a_worker_has_read_a_test_glyph(client: Client, worker: None) -> None:
    before = client.get("/readyz")
    assert before.status_code == 503
    told = before.json()
    assert told.pop("error") == {"code": "unavailable", "message": NOBODY, "fields": {"worker": [NOBODY]}}
    assert told == {"status": "not ready", "database": True, "broker": True, "worker": False}
    heartbeat.heartbeat()
    after = client.get("/readyz")
    assert after.status_code == 200
    assert after.json() == {"status": "ready", "database": True, "broker": True, "worker": True}


def test_a_worker_that_is_gone_is_missed_within_seconds(client: Client, worker: None, redis: Any) -> None:
    heartbeat.heartbeat()
    assert 0 < redis.ttl(queue.READY_KEY) <= 5
    redis.delete(queue.READY_KEY)
    assert client.get("/readyz").status_code == 503


def test_it_is_not_ready_without_redis(client: Client, db: Any, redis_is_gone: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broker"] is False
    assert "Redis doesn't answer." in answer.json()["error"]["message"]


def test_it_is_not_ready_without_its_database(client: Client, database_is_gone: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] is False
    assert answer.json()["error"]["fields"]["database"] == ["The database doesn't answer."]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nobody_caches_it(client: Client, db: Any, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
