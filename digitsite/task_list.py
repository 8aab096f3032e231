"""The predict workers' tasks: a list in Redis. A Celery message only wakes a worker that isn't looking at it.

A message costs both sides more than a reading's forward pass. So a worker that has been woken stays for a moment and
takes the next tasks straight from the list.
"""

import json
from typing import NamedTuple

from django.conf import settings
from redis.client import Pipeline

from digitsite import broker

TASKS_KEY = f"{broker.PREFIX}tasks"
WAITING_KEY = f"{broker.PREFIX}waiting_workers"
"""A sorted set of the workers that wait at the list, each with the time until which it does."""
WAKING_KEY = f"{broker.PREFIX}waking"
"""A flag: a message that wakes a worker is on its way."""
WAKING_SECONDS = 1
"""If no worker was woken for this long, the message may be lost: another is sent with the next task."""

SHORTEST_WAIT = 0.01
"""Seconds. Redis waits for ever if it rounds a shorter time to 0."""

# Each task finds a worker that waits, or else has one woken.
_ADD = """
if KEYS[4] and not redis.call('SET', KEYS[4], '1', 'NX', 'EX', ARGV[3]) then return 0 end
local time = redis.call('TIME')
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time[1] * 1000 + time[2] / 1000)
if redis.call('ZPOPMAX', KEYS[2])[1] then return 0 end
return redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[2]) and 1 or 0
"""
_WAIT = """
if redis.call('LLEN', KEYS[1]) > 0 then return redis.call('ZREM', KEYS[2], ARGV[1]) end
local time = redis.call('TIME')
return redis.call('ZADD', KEYS[2], time[1] * 1000 + time[2] / 1000 + ARGV[2], ARGV[1])
"""
_LEAVE = """
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('LLEN', KEYS[1]) == 0 then return 0 end
return redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[2]) and 1 or 0
"""
_KEYS = (TASKS_KEY, WAITING_KEY, WAKING_KEY)


class Task(NamedTuple):
    """What to do, and with which row or key."""

    name: str
    argument: int | str


def add(task: Task, pipeline: Pipeline, *, flag: str = "", flag_seconds: int = 1) -> None:
    """Adds a task, or nothing while the flag is up. The pipeline's result is 1 if a worker must be woken by a message.

    The flag is raised for so many seconds.
    """
    keys = [*_KEYS, flag] if flag else _KEYS
    pipeline.eval(_ADD, len(keys), *keys, json.dumps(task), WAKING_SECONDS, flag_seconds)


def woken() -> None:
    """Says that a worker is awake: if all are busy, the next task wakes another."""
    broker.connect(settings.REDIS_URL).delete(WAKING_KEY)


def take(worker: str, *, seconds: float) -> Task | None:
    """Takes the first task, or waits up to `seconds` for one. Raises redis.RedisError."""
    client = broker.connect(settings.REDIS_URL)
    if seconds < SHORTEST_WAIT:
        taken = client.lpop(TASKS_KEY)
    else:
        pipeline = client.pipeline(transaction=False)
        pipeline.eval(_WAIT, 2, TASKS_KEY, WAITING_KEY, worker, round(seconds * 1000))
        pipeline.blpop([TASKS_KEY], timeout=seconds)
        _, found = pipeline.execute()
        taken = found and found[1]
    return Task(*json.loads(str(taken))) if taken else None


def leave(worker: str) -> bool:
    """Says that a worker waits no more; returns whether one must be woken for what waits. Raises redis.RedisError."""
    client = broker.connect(settings.REDIS_URL)
    return bool(client.eval(_LEAVE, 3, *_KEYS, worker, WAKING_SECONDS))
