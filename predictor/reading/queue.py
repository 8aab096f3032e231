"""The queue of readings as the web process sees it: hint at rows that wait, wait for an answer, supersede.

Rows are the truth and messages only hints: a hint that is lost, doubled or late changes nothing. Nothing here imports
the network or the code that makes glyphs.
"""

import logging
from collections.abc import Iterable

import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from digitsite import broker
from digitsite.celery import app
from predictor.models import Drawing, Prediction, PredictionKind, PredictionStatus

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 30
"""How long an answer stays in Redis for whoever waits for it."""
WAITERS = 3
"""Processes that may wait for the same answer: a repeated request, for example."""

READY_KEY = f"{broker.PREFIX}ready"
UNREACHABLE = OperationalError, redis.RedisError, OSError
"""What is raised where Redis can't be reached."""


def enqueue(predictions: Iterable[int]) -> None:
    """Sends a hint for each of these queued predictions. The worker's sweep makes up for a hint that can't be sent."""
    for prediction_id in predictions:
        if not send("read", prediction_id):
            logger.warning("Prediction %s has no hint; the worker's sweep will find it", prediction_id)


def send(task: str, *arguments: int | str) -> bool:
    """Sends a task of `predictor.tasks` by its name; False where Redis can't be reached."""
    try:
        app.signature(f"predictor.tasks.{task}", args=arguments).apply_async()
    except UNREACHABLE as error:
        logger.warning("Task %s%s was not sent: %s", task, arguments, error)
        return False
    return True


def wait(topic: str, *, seconds: float) -> str | None:
    """Blocks until a worker answers on `topic`, or `seconds` have passed: the answer, or None."""
    if seconds <= 0:
        return None
    try:
        answer = broker.connect(settings.REDIS_URL).blpop([_key(topic)], timeout=seconds)
    except redis.RedisError as error:
        logger.warning("No answer on %s: Redis can't be reached: %s", topic, error)
        return None
    return str(answer[1]) if answer else None


def answer(topics: Iterable[str], content: str = "", *, waiters: int = WAITERS) -> None:
    """Wakes whoever waits on these topics. What is to last is in a row before this is called."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for topic in topics:
        pipeline.rpush(_key(topic), *[content] * waiters)
        pipeline.expire(_key(topic), ANSWER_SECONDS)
    try:
        pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Answers could not be sent; clients will ask again: %s", error)


def topic_of(prediction_id: int) -> str:
    """The topic on which the end of a queued prediction is told."""
    return f"prediction:{prediction_id}"


def wait_for(prediction: Prediction, *, seconds: float) -> Prediction:
    """The prediction once it is no longer queued, or as it is after `seconds`. Not inside a transaction."""
    if prediction.status == PredictionStatus.QUEUED:
        wait(topic_of(prediction.pk), seconds=seconds)
        prediction.refresh_from_db()
    return prediction


def supersede(drawing: Drawing) -> None:
    """Ends the queued predictions of older revisions. In the transaction that stores the newer one."""
    older = Prediction.objects.filter(
        drawing=drawing,
        kind=PredictionKind.LIVE,
        status=PredictionStatus.QUEUED,
        revision__lt=drawing.revision,
    )
    ids = list(older.values_list("pk", flat=True))
    if ids:
        older.filter(pk__in=ids).update(status=PredictionStatus.SUPERSEDED)
        transaction.on_commit(lambda: answer(map(topic_of, ids)))


def is_ready() -> bool:
    """Whether a worker has lately read a test glyph. Raises redis.RedisError where Redis can't be reached."""
    return bool(broker.connect(settings.REDIS_URL).exists(READY_KEY))


def _key(topic: str) -> str:
    return f"{broker.PREFIX}answer:{topic}"
