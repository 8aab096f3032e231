"""Between the web process and the worker: hints in one direction, answers in the other."""

from typing import Any

import pytest
from django.db import connection
from django.forms.models import model_to_dict

from predictor.models import ModelVersion, Prediction
from predictor.reading import heartbeat, queue, serving
from predictor.reading import worker as predict_worker
from tests.predictor.stored import Send, states

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = "digitsite:predict"


# ── hints ──


def test_one_hint_is_on_its_way_for_all_that_waits(send: Send, redis: Any) -> None:
    for _ in range(3):
        send()
    assert redis.llen(MESSAGES) == 1


def test_after_a_worker_has_looked_the_next_drawing_sends_a_hint(
    champion: ModelVersion, send: Send, redis: Any
) -> None:
    for n in (1, 2, 3):
        predict_worker.read(send().pk)
        assert redis.llen(MESSAGES) == n


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
    redis.delete(MESSAGES)
    read = serving.Serving.read
    with monkeypatch.context() as patch:
        patch.setattr(serving.Serving, "read", lambda *found: (late.append(send()), read(*found))[1])
        assert predict_worker.read(first.pk) == 1
    assert redis.llen(MESSAGES) == 1
    assert predict_worker.read(late[0].pk) == 1
    assert states() == ["done", "done"]


def test_what_a_batch_has_no_room_for_is_offered_to_other_workers_before_it_is_read(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_worker, "BATCH", 2)
    first, *_, last = [send() for _ in range(4)]
    redis.delete(MESSAGES)
    isolate = predict_worker._isolate
    by_another: list[int] = []

    def while_another_reads(*arguments: Any) -> Any:
        if not by_another:
            assert redis.llen(MESSAGES) == 1
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
    redis.delete(MESSAGES)
    send()
    assert redis.llen(MESSAGES) == 0
    assert 0 < redis.ttl(queue.HINT_KEY) <= queue.HINT_SECONDS
    redis.delete(queue.HINT_KEY)
    send()
    assert redis.llen(MESSAGES) == 1


def test_the_sweep_sends_a_lost_hint_again_whatever_the_flag_says(
    send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "SWEEP_EVERY", 0)
    send()
    redis.delete(MESSAGES)
    assert redis.exists(queue.HINT_KEY)
    assert heartbeat.sweep() == 1
    assert redis.llen(MESSAGES) == 1


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
