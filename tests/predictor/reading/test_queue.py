"""Between the web process and the worker: answers, and whoever waits for them."""

from typing import Any

import pytest
from django.forms.models import model_to_dict

from predictor.models import ModelVersion, Prediction
from predictor.reading import queue, serving
from predictor.reading import worker as predict_worker
from tests.predictor.stored import Send

pytestmark = pytest.mark.django_db(transaction=True)


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
