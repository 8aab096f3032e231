"""What makes up for lost messages: the sweep, the worker's heartbeat, hints once Redis is back."""

import logging
import math
import subprocess
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from digitsite import broker
from digitsite.celery import app
from predictor.models import Prediction
from predictor.reading import heartbeat, queue
from tests.predictor.stored import Send, states


@pytest.fixture(autouse=True)
def new_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hasn't swept yet."""
    monkeypatch.setattr(heartbeat, "_newest", math.inf)


@pytest.mark.parametrize("jump", [timedelta(), timedelta(hours=1)], ids=["", "the clock was set back"])
def test_the_sweep_sends_the_hints_of_rows_again_that_it_has_seen_before(
    transactional_db: None, send: Send, redis: Any, jump: timedelta
) -> None:
    heartbeat.sweep()
    for _ in range(3):
        send()
    Prediction.objects.update(created_at=timezone.now() + jump)
    redis.flushall()
    assert heartbeat.sweep() == 0, "what is new has its own message on its way"
    send()
    redis.flushall()
    assert heartbeat.sweep() == 3
    assert redis.llen("digitsite:tasks") == 1, "one hint a batch is enough"


def test_the_sweep_leaves_what_is_not_queued_alone(transactional_db: None, send: Send, redis: Any) -> None:
    for _ in range(2):
        send()
    redis.flushall()
    Prediction.objects.update(status="superseded")
    assert heartbeat.sweep() == 0
    assert redis.llen("digitsite:tasks") == 0


def test_a_starting_worker_reads_what_was_queued_while_none_was_there(
    worker: None, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    for _ in range(3):
        send()
    redis.flushall()
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    monkeypatch.setattr(heartbeat, "_heartbeats", iter([0]))
    heartbeat.start()
    assert states() == ["done", "done", "done"]


def test_a_heartbeat_sweeps_every_third_time_and_shows_that_the_worker_reads(
    worker: None, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    monkeypatch.setattr(heartbeat, "sweep", lambda: swept.append(1))
    for _ in range(6):
        heartbeat.heartbeat()
    assert len(swept) == 2
    assert queue.is_ready()


def test_what_a_worker_showed_is_taken_back_at_once_unless_another_has_shown_it_since(redis: Any) -> None:
    queue.show("a", reads=True, trouble="")
    queue.show("a", reads=True, trouble="a file is damaged")
    assert queue.workers()[:2] == (False, True)
    queue.show("a", reads=False, trouble="a file is damaged")
    assert queue.workers()[:2] == (False, False)
    queue.show("a", reads=True, trouble="")
    queue.show("b", reads=True, trouble="")
    queue.show("a", reads=False, trouble="a file is damaged")
    assert queue.workers()[:2] == (True, False)


def test_heartbeats_go_on_when_redis_is_away_and_the_log_says_it_once(
    worker: None, redis_is_gone: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "_failure", "")
    for _ in range(3):
        heartbeat.heartbeat()
    assert caplog.text.count("heartbeat failed") == 1


def test_hints_reach_redis_again_once_it_is_back(
    transactional_db: None, send: Send, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: Any
) -> None:
    """The connections that a process holds outlive their Redis."""
    settings.REDIS_URL = f"unix://{tmp_path}/own.sock?db=0"
    monkeypatch.setitem(app.conf, "broker_url", broker.celery_form(settings.REDIS_URL))
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    start = [
        broker.find_server(),
        "--port",
        "0",
        "--unixsocket",
        f"{tmp_path}/own.sock",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    client = broker.connect(settings.REDIS_URL)

    def running() -> Any:
        process = subprocess.Popen(start, stdout=subprocess.DEVNULL)
        for _ in range(3000):
            try:
                client.ping()
            except Exception:  # noqa: BLE001  until it is there
                time.sleep(0.02)
                continue
            return process
        raise AssertionError("no Redis")

    process = running()
    try:
        send()
        assert client.llen("digitsite:tasks") == 1
        process.kill()
        process.wait()
        with caplog.at_level(logging.WARNING):
            send()
        assert "the worker's sweep will find it" in caplog.text
        process = running()
        send()
        send()
        assert client.llen("digitsite:tasks") >= 1
    finally:
        process.kill()
        process.wait()
        client.close()
