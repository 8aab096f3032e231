"""What a predict worker does once it is woken: reads queued predictions, reads glances, makes explanations."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from digitsite import broker
from ml import glyphs
from ml.glyphs.looks import FindWriting
from ml.isolation import Isolated
from ml.network.explanation import occlusion_sensitivity
from ml.pictures.decoding import DRAWING_SIDE, pixels_of_data_url
from predictor.models import Drawing, Mode, Prediction, PredictionStatus
from predictor.reading import activity, explanations, glances, queue
from predictor.reading.serving import SERVING, Serving
from predictor.reading.shadow_readings import SHADOW
from predictor.reading.statements import fetch_queued, update_each
from predictor.reading.stored_pictures import StoredPicture, find_candidates, isolate_drawing, keep_hashes

logger = logging.getLogger(__name__)

BATCH = 32
"""The most predictions read in one batch, besides the one that the message names."""
LOOK_LIMIT = 16 * BATCH
"""The most queued predictions that a worker looks at for a batch; other workers may have claimed the first of them."""
ATTEMPTS, ATTEMPT_SECONDS = 3, 60
"""A prediction fails after so many workers died or hung while they read it, each within this long of the one before."""
CLAIM_SECONDS = 8
"""How long a claim keeps other workers off a prediction. The claim of a worker that died expires."""
ISOLATION_SECONDS = 0.2
"""After this long, a batch is read with what is isolated so far: large photos must not keep clients or the heartbeat
waiting."""

WORK_SECONDS = 0.5
"""How long a worker goes on with the next tasks, or waits for them. Its heartbeat waits for that."""


class GivenUp(Exception):
    """Reading a drawing has ended too many workers."""


IsolatedPrediction = tuple[Prediction, Isolated]
"""A prediction and what was isolated in its drawing."""


def work() -> None:
    """Does the tasks that wait, and those that come within WORK_SECONDS."""
    queue.woken()
    worker, until = uuid.uuid4().hex, time.monotonic() + WORK_SECONDS
    tasks: dict[str, Callable[[Any], object]] = {"read": read, "glance": read_glance, "explain": make_explanation}
    try:
        while task := queue.take(worker, seconds=until - time.monotonic()):
            tasks[task.name](task.argument)
            if time.monotonic() > until:
                break
    finally:
        queue.leave(worker)


def read(prediction_id: int) -> int:
    """Reads a queued prediction and whatever else is queued; returns how many predictions it read.

    A prediction that is gone or no longer queued is left alone, and so is everything while this worker may not read:
    another worker's sweep finds the rows.
    """
    serving = SERVING.current()
    if serving is None:
        return 0
    if queue.lower_flag() == 1:
        claimed = _claim([prediction_id])
    else:
        queued = Prediction.objects.filter(status=PredictionStatus.QUEUED)
        waiting = list(queued.order_by("pk").values_list("pk", flat=True)[:LOOK_LIMIT])
        claimed, rest = _claim_next(waiting)
        if prediction_id in rest:
            rest.remove(prediction_id)
            claimed += _claim([prediction_id])
        if rest:  # other workers read them meanwhile, or this one next
            queue.enqueue(rest[0], count=len(rest) if len(waiting) < LOOK_LIMIT else queued.count())
    predictions = _begin(fetch_queued(claimed))
    if not predictions:
        return 0
    try:
        late = _read_batch(predictions, serving)
    except Exception:
        _count(predictions, -1)  # the worker lives on: it isn't the drawings that end it
        raise
    _let_go(late)
    activity.note_reading()
    return len(predictions) - len(late)


def read_glance(glance_id: str) -> None:
    """Reads the picture of a glance, if somebody still waits for it."""
    serving = SERVING.current()
    picture = glances.take_picture(glance_id) if serving else None
    if serving is None or picture is None:
        return
    [reading] = serving.read([find_candidates(StoredPicture(**picture), serving.finder)])
    answer = json.dumps({**reading, "model_id": serving.version})
    queue.answer({glances.topic_of(glance_id): answer}, waiters=1)
    activity.note_reading()


def make_explanation(prediction_id: int) -> None:
    """Stores how much each part of each glyph supports the digit it was read as."""
    prediction = Prediction.objects.filter(pk=prediction_id, status=PredictionStatus.DONE).first()
    serving = SERVING.current()
    if prediction is None or prediction.explanation is not None or serving is None:
        return
    explained = []
    for glyph in prediction.glyphs:
        importance = occlusion_sensitivity(serving.reader, pixels_of_data_url(glyph["pixels"]), glyph["digit"])
        rows = [[round(float(value), 3) for value in row] for row in importance]
        explained.append({key: glyph[key] for key in ("box", "digit", "pixels")} | {"importance": rows})
    explanation = {"model": str(serving.version), "method": "occlusion", "glyphs": explained}
    Prediction.objects.filter(pk=prediction_id).update(explanation=explanation)
    queue.answer({explanations.topic_of(prediction_id): ""})


def _claim_next(waiting: list[int]) -> tuple[list[int], list[int]]:
    """Claims the first BATCH that no other worker has claimed. Also returns those behind them."""
    claimed: list[int] = []
    while waiting and len(claimed) < BATCH:
        count = BATCH - len(claimed)
        claimed += _claim(waiting[:count])
        waiting = waiting[count:]
    return claimed, waiting


def _claim(prediction_ids: Sequence[int]) -> list[int]:
    """Claims these predictions; returns those that no other worker had claimed."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for prediction_id in prediction_ids:
        pipeline.set(_claim_key(prediction_id), "1", nx=True, ex=CLAIM_SECONDS)
    return [pk for pk, taken in zip(prediction_ids, pipeline.execute(), strict=True) if taken]


def _begin(predictions: list[Prediction]) -> list[Prediction]:
    """Counts an attempt at each prediction; returns those to read now.

    That is all of them, unless workers have died or hung over some. The first of these is read alone, so that nothing
    else is suspected with it, or given up.
    """
    attempts = _count(predictions, 1)
    doubtful = [place for place, count in enumerate(attempts) if count > 1]
    if not doubtful:
        return predictions
    first = doubtful[0]
    _let_go(predictions[:first] + predictions[first + 1 :])
    prediction = predictions[first]
    if attempts[first] <= ATTEMPTS:
        return [prediction]
    logger.error("Prediction %s fails: %s workers ended or hung while they read it", prediction.pk, ATTEMPTS)
    keep_hashes([(prediction.drawing, Isolated())])  # else idle work would isolate it again
    _fail([prediction], GivenUp(f"{ATTEMPTS} workers ended or hung while they read it."))
    return []


def _count(predictions: Sequence[Prediction], more: int) -> list[int]:
    """Counts attempts, or takes them back; returns how many each prediction has had."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for prediction in predictions:
        key = f"{broker.PREFIX}attempts:{prediction.pk}"
        pipeline.incrby(key, more)
        pipeline.expire(key, ATTEMPT_SECONDS)
    return [int(count) for count in pipeline.execute()[::2]]


def _read_batch(predictions: Sequence[Prediction], serving: Serving) -> list[Prediction]:
    """Reads the drawings of digits, then photos and numbers, which may take a hundred times as long; returns what is
    left for later.
    """
    quick = [each for each in predictions if _is_quick(each.drawing)]
    late: list[Prediction] = []
    for group in (quick, [each for each in predictions if each not in quick]):
        isolated, rest = _isolate(group, serving.finder)
        if isolated:
            _read_isolated(isolated, serving)
        late += rest
    return late


def _is_quick(drawing: Drawing) -> bool:
    return drawing.mode == Mode.DIGIT and max(drawing.width, drawing.height) <= DRAWING_SIDE


def _isolate(predictions: Sequence[Prediction], find: FindWriting) -> tuple[list[IsolatedPrediction], list[Prediction]]:
    """The predictions isolated within ISOLATION_SECONDS, at least one, and the rest.

    If a picture can't be isolated, only its prediction fails.
    """
    isolated: list[IsolatedPrediction] = []
    began = time.perf_counter()
    for place, prediction in enumerate(predictions):
        started = time.perf_counter()
        if place and started - began > ISOLATION_SECONDS:
            return isolated, list(predictions[place:])
        found = isolate_drawing(
            prediction.drawing,
            find,
            otherwise=f"prediction {prediction.pk} fails",
            on_error=partial(_fail, [prediction]),
        )
        if found is not None:
            prediction.isolated_ms = (time.perf_counter() - started) * 1000
            isolated.append((prediction, found))
    return isolated, []


def _read_isolated(isolated: Sequence[IsolatedPrediction], serving: Serving) -> None:
    started = time.perf_counter()
    try:
        readings = serving.read([found for _, found in isolated])
    except Exception as error:
        failed = [prediction for prediction, _ in isolated]
        logger.exception("The network could not read predictions %s; they failed", [each.pk for each in failed])
        _fail(failed, error)
        return
    each_ms = (time.perf_counter() - started) * 1000 / max(1, len(isolated))
    common = {"status": PredictionStatus.DONE, "model_id": serving.version, "preprocessing_version": glyphs.VERSION}
    results = [
        (prediction, {**common, **reading, "isolated_ms": prediction.isolated_ms, "read_ms": each_ms})
        for (prediction, _), reading in zip(isolated, readings, strict=True)
    ]
    with transaction.atomic():
        keep_hashes([(prediction.drawing, found) for prediction, found in isolated])
        _finish(results)
    SHADOW.note(prediction for prediction, _ in isolated)


def _let_go(predictions: Sequence[Prediction]) -> None:
    """Gives up the claims on these predictions and sends a hint, so that any worker reads them next."""
    if not predictions:
        return
    _count(predictions, -1)
    broker.connect(settings.REDIS_URL).delete(*(_claim_key(prediction.pk) for prediction in predictions))
    queue.enqueue(predictions[0].pk, count=len(predictions))


def _fail(predictions: Sequence[Prediction], error: Exception) -> None:
    failure = {"status": PredictionStatus.FAILED, "error": f"{type(error).__name__}: {error}"[:200]}
    _finish([(prediction, failure) for prediction in predictions])


def _finish(results: Sequence[tuple[Prediction, dict[str, Any]]]) -> None:
    """Writes each result if its prediction is still queued, so that a second result changes nothing.

    After the commit, wakes whoever waits, with the results if all were written.
    """
    values = {prediction.pk: {**result, "done_at": timezone.now()} for prediction, result in results}
    with transaction.atomic(savepoint=False):
        found_by = [{"id": pk, "status": PredictionStatus.QUEUED} for pk in values]
        are_written = update_each(Prediction, list(zip(found_by, values.values(), strict=True)))
        answers = {queue.topic_of(pk): queue.answer_of(each) if are_written else "" for pk, each in values.items()}
        transaction.on_commit(lambda: queue.answer(answers))


def _claim_key(prediction_id: int) -> str:
    return f"{broker.PREFIX}claim:{prediction_id}"
