"""The queues and who works on them."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from digitsite.celery import app
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
