"""The web process's side of the reading queue: adds hints, waits for answers, supersedes older predictions.

A hint is a task (`digitsite.task_list`) that tells a worker to look at the queued predictions. The rows are the queue,
so a lost, repeated or late hint changes no result. Nothing here imports the network or the code that makes glyphs.
"""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from kombu.exceptions import OperationalError
from redis.client import Pipeline

from digitsite import broker, task_list
from digitsite.celery import app
from digitsite.task_list import Task
from predictor.models import Drawing, Prediction, PredictionKind, PredictionStatus

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 30
"""How long an answer stays in Redis for whoever waits for it."""
WAITERS = 3
"""How many requests can wait for the same answer; a client may repeat its request."""

HINT_SECONDS = 1
"""If no worker has taken up a hint for this long, it may be lost: the flag expires, and the next drawing adds one."""

HINT_KEY = f"{broker.PREFIX}hint"
"""The flag: it is up while a hint waits."""
WAITING_KEY = f"{broker.PREFIX}waiting"
"""How many predictions are queued that no worker has taken yet."""
READY_KEY = f"{broker.PREFIX}ready"
"""A worker reads with the champion: the last one that has shown this."""
MAKESHIFT_KEY = f"{broker.PREFIX}makeshift"
"""A worker reads although it has a trouble: with an earlier version, or while the champion's file is damaged."""
TROUBLES_KEY = f"{broker.PREFIX}troubles"
"""The troubles of the workers, by their names."""
READY_SECONDS = 3
"""How long what a worker shows counts."""
_TAKE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
UNREACHABLE = OperationalError, redis.RedisError, OSError
"""Exceptions raised if Redis can't be reached."""


def enqueue(prediction_id: int, *, count: int = 1) -> None:
    """Adds a hint that a prediction is queued, unless one waits. Call it after the commit.

    Whoever raises the flag adds the hint. A worker lowers it before it looks at the rows, so it sees every row that
    was committed while the flag was up. A worker's sweep makes up for a hint that is lost. `count`: how many are queued
    with this one.
    """
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    pipeline.incrby(WAITING_KEY, count)
    task_list.add(Task("read", prediction_id), pipeline, flag=HINT_KEY, flag_seconds=HINT_SECONDS)
    if not _added(pipeline):
        logger.warning("No hint was added for prediction %s; the worker's sweep will find it", prediction_id)


def add(task: str, argument: int | str) -> bool:
    """Adds a task for a predict worker. Returns False if Redis can't be reached."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    task_list.add(Task(task, argument), pipeline)
    return _added(pipeline)


def _added(pipeline: Pipeline) -> bool:
    try:
        *_, must_wake = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Redis can't be reached: %s", error)
        return False
    return not must_wake or send("work")


def woken() -> None:
    """Says that a worker is awake: the next task that finds none that waits wakes another."""
    with suppress(redis.RedisError):
        task_list.woken()


def take(worker: str, *, seconds: float) -> Task | None:
    """Takes the next task for a worker, or waits up to `seconds` for one."""
    try:
        return task_list.take(worker, seconds=seconds)
    except redis.RedisError as error:
        logger.warning("No task was taken: Redis can't be reached: %s", error)
        return None


def leave(worker: str) -> None:
    """Says that a worker takes no more tasks until it is woken; wakes one for those that wait."""
    try:
        if task_list.leave(worker):
            send("work")
    except redis.RedisError as error:
        logger.warning("No worker was woken: Redis can't be reached: %s", error)


def lower_flag() -> int:
    """Says that a worker is about to look at the rows: what is committed later needs another hint.

    Returns how many were enqueued since this was last called. All at once, so that each is counted or adds a hint.
    """
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=True)
    pipeline.get(WAITING_KEY)
    pipeline.delete(HINT_KEY, WAITING_KEY)
    return int(pipeline.execute()[0] or 0)


def send(task: str, *arguments: int | str) -> bool:
    """Sends a message for a task of `predictor.tasks`. Returns False if Redis can't be reached."""
    try:
        app.signature(f"predictor.tasks.{task}", args=arguments).apply_async()
    except UNREACHABLE as error:
        logger.warning("Task %s%s was not sent: %s", task, arguments, error)
        return False
    return True


def wait(topic: str, *, seconds: float) -> str | None:
    """Waits up to `seconds` for a worker's answer on `topic`. Returns None if there is none.

    Don't call it in a transaction: it gives a pooled connection back.
    """
    if seconds <= 0:
        return None
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close()
    try:
        waiting = broker.connect(settings.REDIS_URL, waits=max(seconds, settings.DIGITSITE_WAIT))
        answer = waiting.blpop([_key(topic)], timeout=seconds)
    except redis.RedisError as error:
        logger.warning("No answer on %s: Redis can't be reached: %s", topic, error)
        return None
    return str(answer[1]) if answer else None


def answer(answers: Mapping[str, str], *, waiters: int = WAITERS) -> None:
    """Wakes whoever waits on these topics: the first gets the topic's answer, the others "".

    Answers expire, so write results to their rows first.
    """
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for topic, content in answers.items():
        pipeline.rpush(_key(topic), content, *[""] * (waiters - 1))
        pipeline.expire(_key(topic), ANSWER_SECONDS)
    try:
        pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Answers could not be sent; clients will ask again: %s", error)


def topic_of(prediction_id: int) -> str:
    """The topic that is answered once the prediction is no longer queued."""
    return f"prediction:{prediction_id}"


def answer_of(values: Mapping[str, Any]) -> str:
    """The answer that `wait_for` understands: the values that were written to the prediction's row."""
    return json.dumps({**values, "done_at": values["done_at"].isoformat()})


def wait_for(prediction: Prediction, *, seconds: float) -> Prediction:
    """Waits up to `seconds` until the prediction is no longer queued; returns it: as it was, if the database has gone
    since it was stored. Don't call it in a transaction.
    """
    if prediction.status == PredictionStatus.QUEUED:
        answer = wait(topic_of(prediction.pk), seconds=seconds)
        if answer:
            values = json.loads(answer)
            for name, value in (values | {"done_at": datetime.fromisoformat(values["done_at"])}).items():
                setattr(prediction, name, value)
        else:
            try:
                prediction.refresh_from_db()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("Prediction %s is stored; the client will ask for it again: %s", prediction.pk, error)
    return prediction


def supersede(drawing: Drawing) -> None:
    """Supersedes queued predictions of older revisions. Call it in the transaction that stores the newer one."""
    older = Prediction.objects.filter(
        drawing=drawing,
        kind=PredictionKind.LIVE,
        status=PredictionStatus.QUEUED,
        revision__lt=drawing.revision,
    )
    ids = list(older.values_list("pk", flat=True))
    if ids:
        older.filter(pk__in=ids).update(status=PredictionStatus.SUPERSEDED)
        transaction.on_commit(lambda: answer(dict.fromkeys(map(topic_of, ids), "")))


class Workers(NamedTuple):
    """What the workers have shown lately. `ready`: one reads with the champion. `makeshift`: one reads, in spite of a
    trouble. `troubles`: by the workers' names.
    """

    ready: bool
    makeshift: bool
    troubles: dict[str, str]


def show(worker: str, *, reads: bool, trouble: str) -> None:
    """Shows for READY_SECONDS whether this worker reads, and its trouble; takes back what it showed last, if that is no
    longer true and no other worker has shown it since. Raises redis.RedisError.
    """
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    for key, is_true in ((READY_KEY, reads and not trouble), (MAKESHIFT_KEY, reads and bool(trouble))):
        if is_true:
            pipeline.set(key, worker, ex=READY_SECONDS)
        else:
            pipeline.eval(_TAKE_BACK, 1, key, worker)
    if trouble:
        pipeline.hset(TROUBLES_KEY, worker, trouble)
        pipeline.expire(TROUBLES_KEY, READY_SECONDS)
    else:
        pipeline.hdel(TROUBLES_KEY, worker)
    pipeline.execute()


def workers() -> Workers:
    """What the workers have shown within READY_SECONDS. Raises redis.RedisError if Redis can't be reached."""
    pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
    pipeline.exists(READY_KEY)
    pipeline.exists(MAKESHIFT_KEY)
    pipeline.hgetall(TROUBLES_KEY)
    ready, makeshift, told = pipeline.execute()
    return Workers(bool(ready), bool(makeshift), {str(name): str(told[name]) for name in sorted(told)})


def is_ready() -> bool:
    """Whether a worker has lately read a test glyph with the champion. Raises as `workers`."""
    return workers().ready


def _key(topic: str) -> str:
    return f"{broker.PREFIX}answer:{topic}"
