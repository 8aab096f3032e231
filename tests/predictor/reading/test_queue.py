"""Between the web process and the worker: hints and other tasks in one direction, answers in the other."""

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.forms.models import model_to_dict

from predictor.models import ModelVersion, Prediction
from predictor.reading import heartbeat, queue, serving
from predictor.reading import worker as predict_worker
from tests.e2e.support.stack import wait_until
from tests.predictor.stored import Send, states

pytestmark = pytest.mark.django_db(transaction=True)

HINTS, MESSAGES, WAITERS = "digitsite:tasks", "digitsite:predict", "digitsite:waiting_workers"


# ── hints ──


def test_one_hint_is_on_its_way_for_all_that_waits(send: Send, redis: Any) -> None:
    for _ in range(3):
        send()
    assert redis.llen(HINTS) == 1


def test_after_a_worker_has_looked_the_next_drawing_sends_a_hint(
    champion: ModelVersion, send: Send, redis: Any
) -> None:
    for n in (1, 2, 3):
        predict_worker.read(send().pk)
        assert redis.llen(HINTS) == n


def test_the_flag_is_down_before_a_worker_looks(champion: ModelVersion, send: Send, redis: Any) -> None:
    """So a row that is committed too late for the look finds it down, and sends a hint."""
    waiting = send()
    is_up = [redis.exists(queue.HINT_KEY)]

    def note(execute: Any, *statement: Any) -> Any:
        is_up.append(redis.exists(queue.HINT_KEY))
        return execute(*statement)

    with connection.execute_wrapper(note):
        assert predict_worker.read(waiting.pk) == 1
    assert is_up == [1] + [0] * (len(is_up) - 1)
    assert len(is_up) > 1


def test_what_is_stored_while_a_batch_is_read_sends_a_hint(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, late = send(), []
    redis.delete(HINTS)
    read = serving.Serving.read
    with monkeypatch.context() as patch:
        patch.setattr(serving.Serving, "read", lambda *found: (late.append(send()), read(*found))[1])
        assert predict_worker.read(first.pk) == 1
    assert redis.llen(HINTS) == 1
    assert predict_worker.read(late[0].pk) == 1
    assert states() == ["done", "done"]


def test_what_a_batch_has_no_room_for_is_offered_to_other_workers_before_it_is_read(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_worker, "BATCH", 2)
    first, *_, last = [send() for _ in range(4)]
    redis.delete(HINTS)
    isolate = predict_worker._isolate
    by_another: list[int] = []

    def while_another_reads(*arguments: Any) -> Any:
        if not by_another:
            assert redis.llen(HINTS) == 1
            by_another.append(0)
            by_another[0] = predict_worker.read(last.pk)
        return isolate(*arguments)

    monkeypatch.setattr(predict_worker, "_isolate", while_another_reads)
    assert predict_worker.read(first.pk) == 2
    assert by_another == [2]
    assert states() == ["done"] * 4


def test_a_flag_without_a_hint_expires(send: Send, redis: Any) -> None:
    """Its process was killed before it sent the hint, or the hint was lost."""
    send()
    redis.delete(HINTS)
    send()
    assert redis.llen(HINTS) == 0
    assert 0 < redis.ttl(queue.HINT_KEY) <= queue.HINT_SECONDS
    redis.delete(queue.HINT_KEY)
    send()
    assert redis.llen(HINTS) == 1


def test_the_sweep_sends_a_lost_hint_again_whatever_the_flag_says(
    send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "_newest", math.inf)
    send()
    redis.delete(HINTS)
    assert redis.exists(queue.HINT_KEY)
    assert heartbeat.sweep() == 1
    assert redis.llen(HINTS) == 1


# ── tasks, and who takes them ──


@pytest.fixture
def at_work(champion: ModelVersion, redis: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Thread]:
    """A worker that was woken and has nothing to do: it stays for some seconds."""
    monkeypatch.setattr(predict_worker, "WORK_SECONDS", 3)
    thread = threading.Thread(target=lambda: (predict_worker.work(), connections.close_all()))
    thread.start()
    wait_until(lambda: redis.zcard(WAITERS))
    yield thread
    thread.join()


def test_a_worker_that_waits_reads_without_a_message(at_work: threading.Thread, send: Send, redis: Any) -> None:
    for _ in range(3):
        waiting = queue.wait_for(send("7"), seconds=2)
        assert (waiting.status, waiting.text) == ("done", "7")
        wait_until(lambda: redis.zcard(WAITERS))
    assert redis.llen(MESSAGES) == 0


def test_what_comes_while_it_works_is_taken_next(
    at_work: threading.Thread, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = serving.Serving.read
    late = []

    def reads(*found: Any) -> Any:
        if not late:
            late.append(send())
        return read(*found)

    monkeypatch.setattr(serving.Serving, "read", reads)
    assert queue.wait_for(send(), seconds=2).status == "done"
    assert queue.wait_for(late[0], seconds=2).status == "done"
    assert redis.llen(MESSAGES) == 1, "this one was busy: another was to be woken"


def test_a_worker_that_has_left_is_waited_for_by_nobody(champion: ModelVersion, send: Send, redis: Any) -> None:
    predict_worker.work()
    assert redis.zcard(WAITERS) == 0
    send()
    assert redis.llen(MESSAGES) == 1


def test_a_worker_that_died_while_it_waited_keeps_nobody_from_waking_another(send: Send, redis: Any) -> None:
    queue.task_list.take("dies", seconds=0.02)
    assert redis.zcard(WAITERS) == 1
    time.sleep(0.03)
    send()
    assert redis.llen(MESSAGES) == 1


def test_a_worker_whose_time_is_up_wakes_the_next_for_what_is_left(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_worker, "WORK_SECONDS", 0)
    send()
    queue.add("glance", "one")
    redis.delete(MESSAGES)
    predict_worker.work()
    assert states() == ["done"]
    assert (redis.llen(HINTS), redis.llen(MESSAGES)) == (1, 1)


def test_a_task_that_fails_leaves_the_others_to_the_next(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.add("explain", 1)
    send()
    redis.delete(MESSAGES)
    with monkeypatch.context() as patch:
        patch.setattr(predict_worker, "make_explanation", _the_database_is_gone)
        with pytest.raises(OperationalError):
            predict_worker.work()
    assert redis.llen(MESSAGES) == 1
    predict_worker.work()
    assert states() == ["done"]


def _the_database_is_gone(_: int) -> None:
    raise OperationalError


def test_workers_wait_side_by_side_and_each_gets_a_task(redis: Any) -> None:
    with ThreadPoolExecutor(2) as workers:
        waiting = [workers.submit(queue.take, str(name), seconds=2) for name in range(2)]
        wait_until(lambda: redis.zcard(WAITERS) == 2)
        for name in ("one", "two"):
            queue.add("glance", name)
        assert {each.result().argument for each in waiting} == {"one", "two"}
    assert redis.llen(MESSAGES) == 0


# ── answers ──


def test_an_answer_holds_what_the_row_holds(champion: ModelVersion, send: Send, django_assert_num_queries: Any) -> None:
    waiting = send("7")
    predict_worker.read(waiting.pk)
    with django_assert_num_queries(0):
        queue.wait_for(waiting, seconds=5)
    stored = Prediction.objects.get()
    assert model_to_dict(waiting) == model_to_dict(stored)
    assert (waiting.text, waiting.elapsed_ms) == ("7", stored.elapsed_ms)


def test_a_failure_is_an_answer_too(champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("the network is broken")

    waiting = send()
    monkeypatch.setattr(serving.Serving, "read", fails)
    predict_worker.read(waiting.pk)
    assert queue.wait_for(waiting, seconds=5).status == "failed"
    assert waiting.error == "ValueError: the network is broken"


def test_a_repeated_request_gets_the_same_reading(champion: ModelVersion, send: Send) -> None:
    first = send("7")
    second = Prediction.objects.get()
    predict_worker.read(first.pk)
    for waiting in (first, second):
        queue.wait_for(waiting, seconds=5)
    assert model_to_dict(first) == model_to_dict(second)


def test_a_result_that_came_too_late_is_not_answered_with(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = serving.Serving.read

    def too_late(self: Any, candidates: Any) -> Any:
        found = read(self, candidates)
        Prediction.objects.update(status="superseded")
        return found

    waiting = send()
    monkeypatch.setattr(serving.Serving, "read", too_late)
    predict_worker.read(waiting.pk)
    assert (queue.wait_for(waiting, seconds=5).status, waiting.text) == ("superseded", "")
