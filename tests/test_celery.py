"""The queues and who works on them."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from kombu.connection import Connection

from digitsite import watchdog
from digitsite.celery import app
from digitsite.consumer import PersistentConsumer
from predictor import tasks

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("task", "queue"), [(tasks.work, "predict"), (tasks.echo, "predict"), (tasks.retrain, "train")]
)
def test_each_task_has_its_queue(task: object, queue: str) -> None:
    route = app.amqp.router.route({}, task.name)
    assert route["queue"].name == queue


def test_a_training_is_acknowledged_before_it_runs() -> None:
    """Redelivered after its hour, a message would start it a second time."""
    assert not tasks.retrain.acks_late


def test_no_result_is_stored_that_nobody_fetches() -> None:
    assert app.conf.task_ignore_result
    assert app.conf.result_backend is None


def test_its_keys_are_told_from_others_in_a_shared_redis() -> None:
    assert app.conf.broker_transport_options["global_keyprefix"] == "digitsite:"


def test_tasks_decide_nothing() -> None:
    """They parse, call one function, report: no task has a branch or a loop."""
    tree = ast.parse((ROOT / "predictor" / "tasks.py").read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.If | ast.For | ast.While)]


def test_a_predict_worker_that_would_fork_refuses_to_start(redis_server: str) -> None:
    """The threads that compute don't survive a fork: it would hang without a word."""
    command = [sys.executable, "-m", "celery", "-A", "digitsite", "worker", "-Q", "predict", "-P", "prefork", "-c", "1"]
    environment = {
        "PATH": os.environ["PATH"],
        "DIGITSITE_DATA": str(settings.DATA_DIR),
        "REDIS_URL": redis_server,
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "-P solo" in done.stdout + done.stderr


# ── a Redis that is gone ──


class Gone(Connection):
    """Is back at the seventh try."""

    recoverable_connection_errors = (ConnectionError,)

    def __init__(self) -> None:
        super().__init__("memory://localhost")
        self.tries = 0

    def _connection_factory(self) -> object:
        self.tries += 1
        if self.tries < 7:
            raise ConnectionError
        return super()._connection_factory()


class Reconnecting(PersistentConsumer):
    def __init__(self, *, has_been_connected: bool) -> None:
        self.app = app
        self.first_connection_attempt = not has_been_connected
        self.broker_connection_retry_attempt = 0


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been waited for."""
    taken: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", taken.append)
    return taken


@pytest.mark.parametrize("has_been_connected", [False, True])
def test_a_worker_tries_every_second_to_reach_redis_and_beats_meanwhile(
    pauses: list[float], has_been_connected: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    beats: list[Any] = []
    monkeypatch.setattr(watchdog, "beat", lambda: beats.append(1))
    Reconnecting(has_been_connected=has_been_connected).ensure_connected(Gone())
    assert [pause for pause in pauses if pause] == [1.0] * 6
    assert bool(beats) == has_been_connected, "the watchdog is patient until the first heartbeat"
    assert caplog.text.count("tried again every second") == 1
