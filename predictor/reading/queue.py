"""Reading what is queued: hints on a queue, batches of rows, answers.

The web process enqueues and waits; a predict worker reads. Nothing here imports TensorFlow until a
worker loads a network.
"""

import itertools
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from digitsite import broker
from ml import glyphs
from predictor.models import Drawing, Prediction, PredictionKind, PredictionStatus
from predictor.review import items as review_items

logger = logging.getLogger(__name__)

BATCH = 32
"""Predictions read in one forward pass at most."""
CLAIM_SECONDS = 8
"""How long a worker that took a prediction keeps others off it; one that died lets go by itself."""
READY_SECONDS = 5
QUIET_SECONDS = 0.3
"""After the last reading, until nobody seems to wait for another."""
SWEEP_SECONDS = 3
ANSWER_SECONDS = 30

READY_KEY = f"{broker.PREFIX}ready"


def enqueue(prediction_ids: Iterable[int]) -> None:
    """Hints that these rows are queued. A hint that can't be sent is made up for by the sweep."""
    from predictor import tasks

    for prediction_id in prediction_ids:
        try:
            tasks.read.delay(prediction_id)
        except (OperationalError, redis.RedisError, OSError) as error:
            logger.warning("Prediction %s waits for the sweep: %s", prediction_id, error)


def wait_for(prediction: Prediction, *, seconds: float) -> Prediction:
    """The prediction once it is no longer queued, or as it is after `seconds`. Not inside a transaction."""
    if prediction.status == PredictionStatus.QUEUED and seconds > 0:
        try:
            broker.connect(settings.REDIS_URL).blpop([_answer_key(prediction.pk)], timeout=seconds)
        except redis.RedisError as error:
            logger.warning("No waiting while Redis is away: %s", error)
    if prediction.status == PredictionStatus.QUEUED:
        prediction.refresh_from_db()
    return prediction


def supersede(drawing: Drawing) -> None:
    """A newer revision came: what is still queued of older ones is read no more."""
    older = Prediction.objects.filter(
        drawing=drawing,
        kind=PredictionKind.LIVE,
        status=PredictionStatus.QUEUED,
        revision__lt=drawing.revision,
    )
    ids = list(older.values_list("pk", flat=True))
    if ids:
        older.filter(pk__in=ids).update(status=PredictionStatus.SUPERSEDED)
        transaction.on_commit(lambda: _answer(ids))


def is_ready() -> bool:
    """Whether a worker has lately read a test glyph. Raises redis.RedisError when Redis is away."""
    return bool(broker.connect(settings.REDIS_URL).exists(READY_KEY))


# ── in the worker ──


def read(prediction_id: int) -> int:
    """Reads a queued prediction and whatever else is queued with it; returns how many were read.

    A prediction that is gone or no longer queued is none of our business any more.
    """
    queued = Prediction.objects.filter(status=PredictionStatus.QUEUED)
    waiting = list(queued.order_by("pk")[:BATCH])
    if len(waiting) == BATCH and prediction_id not in {prediction.pk for prediction in waiting}:
        waiting += queued.filter(pk=prediction_id)
    claimed = set(_claim([prediction.pk for prediction in waiting]))
    predictions = [prediction for prediction in waiting if prediction.pk in claimed]
    if predictions:
        _read_batch(predictions)
        note_reading()
    return len(predictions)


def wake_up() -> None:
    """A worker that starts: the network first, then what was queued while none was there."""
    from predictor.reading.serving import SERVING

    SERVING.refresh(wait=True)
    beat()


def note_reading() -> None:
    """Someone has had an answer just now."""
    global _last_read  # noqa: PLW0603  one worker, one clock
    _last_read = time.monotonic()


def is_busy() -> bool:
    """Whether someone waits for a reading, or had one a moment ago and may be drawing on."""
    if time.monotonic() - _last_read < QUIET_SECONDS:
        return True
    # One that waits for long waits for something else.
    lately = timezone.now() - timedelta(seconds=ANSWER_SECONDS)
    return Prediction.objects.filter(status=PredictionStatus.QUEUED, created_at__gt=lately).exists()


_beats = itertools.count()
_last_read = 0.0


def beat() -> None:
    """A worker's pulse, once a second: a promoted network taken up, readiness shown, rows swept, what was read noted
    for review, spare time used."""
    from predictor.reading import idle_work
    from predictor.reading.serving import SERVING

    try:
        close_old_connections()
        SERVING.refresh(wait=False)
        if SERVING.reads_a_test_glyph():
            broker.connect(settings.REDIS_URL).set(READY_KEY, "1", ex=READY_SECONDS)
        if next(_beats) % SWEEP_SECONDS == 0:
            sweep()
        review_items.catch_up()
        idle_work.use()
    except Exception:  # a pulse that raises would end the worker's timer
        logger.exception("A pulse was missed")


def sweep() -> int:
    """Enqueues again what is queued and has no hint any more; returns how many.

    One hint a batch is enough: a reading takes along what waits beside it.
    """
    before = timezone.now() - timedelta(seconds=SWEEP_SECONDS)
    queued = Prediction.objects.filter(status=PredictionStatus.QUEUED, created_at__lt=before)
    left = list(queued.order_by("pk").values_list("pk", flat=True)[: 16 * BATCH])
    enqueue(left[::BATCH])
    return len(left)


def _claim(prediction_ids: Sequence[int]) -> list[int]:
    """Those that no other worker is reading now."""
    if not prediction_ids:
        return []
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for prediction_id in prediction_ids:
        pipeline.set(f"{broker.PREFIX}claim:{prediction_id}", "1", nx=True, ex=CLAIM_SECONDS)
    return [pk for pk, taken in zip(prediction_ids, pipeline.execute(), strict=True) if taken]


def _read_batch(predictions: Sequence[Prediction]) -> None:
    from predictor.reading.serving import SERVING
    from predictor.reading.shadow import SHADOW

    started = time.perf_counter()
    serving = SERVING.current()  # where no network can be loaded, the rows stay queued
    predictions = [prediction for prediction in predictions if _is_isolated(prediction)]
    try:
        outcomes = serving.read([prediction.candidates or [] for prediction in predictions])
    except Exception as error:
        logger.exception("%d predictions failed", len(predictions))
        _fail(predictions, error)
        return
    each_ms = (time.perf_counter() - started) * 1000 / max(1, len(predictions))
    done = dict(zip((prediction.pk for prediction in predictions), outcomes, strict=True))
    _finish(
        predictions,
        lambda prediction: {
            **done[prediction.pk],
            "status": PredictionStatus.DONE,
            "model_id": serving.version,
            "preprocessing_version": prediction.preprocessing_version,
            "read_ms": each_ms,
        },
    )
    SHADOW.note(predictions)


def _finish(predictions: Sequence[Prediction], values: Any) -> None:
    """Writes results by conditional update: whoever comes second changes nothing."""
    with transaction.atomic():
        for prediction in predictions:
            queued = Prediction.objects.filter(pk=prediction.pk, status=PredictionStatus.QUEUED)
            queued.update(candidates=[], done_at=timezone.now(), **values(prediction))
    _answer([prediction.pk for prediction in predictions])


def _is_isolated(prediction: Prediction) -> bool:
    """Isolates again what was isolated in another way, or never; a picture that can't be fails alone."""
    if prediction.preprocessing_version == glyphs.VERSION and prediction.candidates is not None:
        return True
    try:
        _isolate_again(prediction)
    except Exception as error:
        logger.exception("Drawing %s can't be isolated", prediction.drawing_id)
        _fail([prediction], error)
        return False
    return True


def _isolate_again(prediction: Prediction) -> None:
    from predictor.drawings.intake import isolate_again

    prediction.candidates = isolate_again(prediction.drawing)
    prediction.preprocessing_version = glyphs.VERSION


def _fail(predictions: Sequence[Prediction], error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"[:200]
    _finish(predictions, lambda _: {"status": PredictionStatus.FAILED, "error": reason})


def _answer(prediction_ids: Sequence[int]) -> None:
    """Wakes those who wait. The answer itself is in the row."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for prediction_id in prediction_ids:
        pipeline.rpush(_answer_key(prediction_id), "1", "1", "1")
        pipeline.expire(_answer_key(prediction_id), ANSWER_SECONDS)
    try:
        pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Nobody could be told of %d answers: %s", len(prediction_ids), error)


def answer_on(key: str) -> None:
    """Wakes whoever waits on a key of their own."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    pipeline.rpush(key, "1")
    pipeline.expire(key, ANSWER_SECONDS)
    pipeline.execute()


def _answer_key(prediction_id: int) -> str:
    return f"{broker.PREFIX}answer:{prediction_id}"
