"""A drawing that takes too long, or ends the worker, fails alone and holds up no other."""

from typing import Any

import pytest
from django.db import OperationalError

from ml.deadline import limited
from ml.glyphs.perceptual_hash import NOTHING
from predictor.models import Drawing, ModelVersion, Prediction
from predictor.reading import stored_pictures
from predictor.reading import worker as predict_worker
from tests.predictor.people import Person
from tests.predictor.stored import Send, states


def test_a_drawing_that_takes_too_long_fails_and_the_others_are_read(
    champion: ModelVersion, owner: Person, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing_id = owner.send().json()["id"]
    whole = send()
    limits = iter([-1.0])
    monkeypatch.setattr(stored_pictures, "limited", lambda seconds: limited(next(limits, seconds)))
    predict_worker.read(whole.pk)
    assert states() == ["failed", "done"]
    shown = owner.get(drawing_id).json()
    assert (shown["status"], shown["prediction"]) == ("failed", None)
    assert "too long" in shown["failure"]


def _dies(redis: Any, *predictions: Prediction) -> None:
    """A worker claims these, and ends while it reads them."""
    predict_worker._claim([prediction.pk for prediction in predictions])
    predict_worker._begin(list(predictions))
    redis.delete(*redis.keys("digitsite:claim:*"))  # they run out


def test_a_drawing_that_ends_worker_after_worker_fails_alone(
    champion: ModelVersion, send: Send, redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Those that were read with it are read."""
    beside, poisoned, after = send(), send(), send()
    Drawing.objects.update(perceptual_hash=None)
    _dies(redis, beside, poisoned, after)
    assert predict_worker.read(beside.pk) == 1, "alone: it may be the one"
    _dies(redis, poisoned)
    _dies(redis, poisoned)
    assert predict_worker.read(poisoned.pk) == 0
    assert states() == ["done", "failed", "queued"]
    poisoned.refresh_from_db()
    assert poisoned.error == "GivenUp: 3 workers ended or hung while they read it."
    assert f"Prediction {poisoned.pk} fails" in caplog.text
    assert Drawing.objects.get(pk=poisoned.drawing_id).perceptual_hash == NOTHING, "idle work leaves it alone, too"
    assert predict_worker.read(after.pk) == 1
    assert states() == ["done", "failed", "done"]


def test_a_worker_that_lives_on_suspects_no_drawing(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any) -> None:
        raise OperationalError("the database is gone")

    first, second = send(), send()
    with monkeypatch.context() as patch:
        patch.setattr(predict_worker, "_read_isolated", unreachable)
        for _ in range(predict_worker.ATTEMPTS + 1):
            with pytest.raises(OperationalError):
                predict_worker.read(first.pk)
            redis.delete(*redis.keys("digitsite:claim:*"))
    assert predict_worker.read(second.pk) == 2
