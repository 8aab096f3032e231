"""Limits how often something is done, and by whom: counts in Redis, which all processes share.

What has several counters is counted in all of them, or, if one is full, in none. So what is refused uses up nothing of
the limit of others at the same address. A counter begins with the first time, and ends `seconds` later.
"""

import logging
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from digitsite import broker
from predictor.errors import Throttled

logger = logging.getLogger(__name__)

Rate = tuple[int, int] | None
"""How many times in how many seconds; None for any number."""

_COUNT = """
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[2 * i - 1]) then return {i, redis.call('PTTL', key)} end
end
for i, key in ipairs(KEYS) do
  if redis.call('INCR', key) == 1 then redis.call('EXPIRE', key, ARGV[2 * i]) end
end
return {0, 0}
"""
"""Returns the place of the first full counter, or 0 if all have counted, and the milliseconds until that one ends."""


@dataclass(frozen=True)
class Counter:
    """Counts what `key` names: at most `times` in `seconds`."""

    key: str
    times: int
    seconds: int


def counter(what: str, who: str, rate: Rate, *, factor: float = 1.0) -> list[Counter]:
    """The counter for `who`, with `factor` times the rate; none if the rate is off."""
    return [Counter(f"{broker.PREFIX}limit:{what}:{who}", int(rate[0] * factor), rate[1])] if rate else []


def count(counters: list[Counter]) -> None:
    """Counts once. Raises Throttled if a counter is full. Doesn't count while Redis can't be reached."""
    try:
        pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
        add_to(pipeline, counters)
        found = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Redis can't be reached; nothing is limited until it can: %s", error)
        return
    check(counters, found)


def add_to(pipeline: Any, counters: list[Counter]) -> None:
    """Counts in a Redis pipeline, which returns what `check` takes: at most one result."""
    if counters:
        values = [value for each in counters for value in (each.times, each.seconds)]
        pipeline.eval(_COUNT, len(counters), *(each.key for each in counters), *values)


def check(counters: list[Counter], results: list[Any]) -> None:
    """Raises Throttled if a counter was full."""
    for place, milliseconds in results:
        if place:
            full, wait = counters[place - 1], max(1.0, milliseconds / 1000)
            message = _("That is more than %(times)d times in %(window)d s. Wait %(wait)d s.")
            values = {"times": full.times, "window": full.seconds, "wait": round(wait)}
            raise Throttled(message % values, retry_after=wait)


def reset(counters: list[Counter]) -> None:
    """Begins anew."""
    try:
        if counters:
            broker.connect(settings.REDIS_URL).delete(*(each.key for each in counters))
    except redis.RedisError as error:
        logger.warning("Redis can't be reached; the counters end by themselves: %s", error)
