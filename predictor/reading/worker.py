"""What a predict worker does: claims what is queued, isolates and reads it, writes the results; and its heartbeat."""

import itertools
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone

from digitsite import broker
from ml import glyphs
from ml.glyphs.glyph import Glyph
from predictor.models import Prediction, PredictionStatus
from predictor.reading import activity, idle_work, queue
from predictor.reading.candidates import find_candidates, keep_hash, picture_of
from predictor.reading.serving import SERVING
from predictor.reading.shadow import SHADOW
from predictor.review import items as review_items

logger = logging.getLogger(__name__)

BATCH = 32
"""Predictions read in one forward pass at most."""
CLAIM_SECONDS = 8
"""How long a claim keeps other workers off a prediction; the claim of a worker that died expires."""
HEARTBEAT_SECONDS = 1.0
READY_SECONDS = 5
"""How long the site counts as ready after a heartbeat."""
SWEEP_EVERY = 3
"""Heartbeats from one sweep to the next, and seconds after which a queued prediction is thought to have no hint."""
SWEPT = 16 * BATCH

_heartbeats = itertools.count()


def start() -> None:
    """Loads the network, then reads what was queued while no worker ran."""
    SERVING.refresh(wait=True)
    heartbeat()


def heartbeat() -> None:
    """Once a second: takes up a promoted network, shows that this worker is ready, sweeps, notes finished readings for
    review, and uses idle time.
    """
    try:
        close_old_connections()
        SERVING.refresh(wait=False)
        if SERVING.reads_a_test_glyph():
            broker.connect(settings.REDIS_URL).set(queue.READY_KEY, "1", ex=READY_SECONDS)
        if next(_heartbeats) % SWEEP_EVERY == 0:
            sweep()
        review_items.catch_up()
        idle_work.start_if_idle()
    except Exception:  # an exception would end the worker's timer
        logger.exception("Predict worker's heartbeat failed; the next one is in %s s", HEARTBEAT_SECONDS)


def sweep() -> int:
    """Sends new hints for what has been queued for seconds; returns how many predictions that is.

    One hint a batch is enough: a worker reads whatever else is queued along with it.
    """
    before = timezone.now() - timedelta(seconds=SWEEP_EVERY * HEARTBEAT_SECONDS)
    queued = Prediction.objects.filter(status=PredictionStatus.QUEUED, created_at__lt=before)
    ids = list(queued.order_by("pk").values_list("pk", flat=True)[:SWEPT])
    queue.enqueue(ids[::BATCH])
    return len(ids)


def read(prediction_id: int) -> int:
    """Reads a queued prediction and whatever else is queued with it; returns how many were read.

    A prediction that is gone or no longer queued is left alone.
    """
    queued = Prediction.objects.filter(status=PredictionStatus.QUEUED)
    waiting = list(queued.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if len(waiting) == BATCH and prediction_id not in waiting:
        waiting += queued.filter(pk=prediction_id).values_list("pk", flat=True)
    claimed = _claim(waiting)
    if claimed:
        _read_batch(list(queued.filter(pk__in=claimed).select_related("drawing").order_by("pk")))
        activity.note_reading()
    return len(claimed)


def _claim(prediction_ids: Sequence[int]) -> list[int]:
    """Those that no other worker is reading now."""
    if not prediction_ids:
        return []
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for prediction_id in prediction_ids:
        pipeline.set(f"{broker.PREFIX}claim:{prediction_id}", "1", nx=True, ex=CLAIM_SECONDS)
    return [pk for pk, taken in zip(prediction_ids, pipeline.execute(), strict=True) if taken]


def _read_batch(predictions: Sequence[Prediction]) -> None:
    serving = SERVING.current()  # where no network can be loaded, the rows stay queued
    isolated = list(_isolate(predictions))
    started = time.perf_counter()
    try:
        readings = serving.read([found for _, found in isolated])
    except Exception as error:
        logger.exception("Predictions %s failed", [prediction.pk for prediction, _ in isolated])
        _fail([prediction for prediction, _ in isolated], error)
        return
    each_ms = (time.perf_counter() - started) * 1000 / max(1, len(isolated))
    common = {"status": PredictionStatus.DONE, "model_id": serving.version, "preprocessing_version": glyphs.VERSION}
    _finish(
        (prediction, {**common, **reading, "isolated_ms": prediction.isolated_ms, "read_ms": each_ms})
        for (prediction, _), reading in zip(isolated, readings, strict=True)
    )
    SHADOW.note(isolated)


def _isolate(predictions: Sequence[Prediction]) -> Iterator[tuple[Prediction, list[Glyph]]]:
    """Each with its candidate glyphs; a prediction whose picture can't be isolated fails by itself."""
    for prediction in predictions:
        started = time.perf_counter()
        drawing = prediction.drawing
        try:
            found = find_candidates(picture_of(drawing))
            if drawing.perceptual_hash is None:
                keep_hash(drawing, found)
        except Exception as error:
            logger.exception("Prediction %s failed: drawing %s can't be isolated", prediction.pk, drawing.pk)
            _fail([prediction], error)
            continue
        prediction.isolated_ms = (time.perf_counter() - started) * 1000
        yield prediction, found


def _fail(predictions: Sequence[Prediction], error: Exception) -> None:
    failed = {"status": PredictionStatus.FAILED, "error": f"{type(error).__name__}: {error}"[:200]}
    _finish((prediction, failed) for prediction in predictions)


def _finish(results: Any) -> None:
    """Writes each prediction's values by conditional update, then wakes who waits: a second result changes nothing."""
    finished = []
    with transaction.atomic():
        for prediction, values in results:
            queued = Prediction.objects.filter(pk=prediction.pk, status=PredictionStatus.QUEUED)
            queued.update(done_at=timezone.now(), **values)
            finished.append(queue.topic_of(prediction.pk))
    queue.answer(finished)
