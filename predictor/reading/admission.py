"""Whether a reading is admitted now: not too many by one visitor, not too many waiting.

One round trip to Redis, whose counters are atomic: a per-process cache would count per process.
Without Redis everyone is admitted: the rows are stored, and read when it is back.
"""

import logging
import time

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from digitsite import broker
from predictor.errors import Throttled, Unavailable

logger = logging.getLogger(__name__)


def admit(identity: str, *, share: float = 1.0) -> None:
    """Counts one reading; raises Throttled or Unavailable. `share`: of the limit, for what may be left out."""
    limit = settings.DIGITSITE_THROTTLE
    readings, window = limit or (0, 1)
    readings = int(readings * share)
    now = time.time()
    key = f"{broker.PREFIX}readings:{identity}:{int(now // window)}"
    try:
        pipeline = broker.connect(settings.REDIS_URL).pipeline(transaction=False)
        pipeline.llen(f"{broker.PREFIX}predict")
        if limit:
            pipeline.incr(key)
            pipeline.expire(key, window + 1)
        waiting, *counted = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Nobody is counted while Redis is away: %s", error)
        return
    if limit and counted[0] > readings:
        wait = window - now % window
        message = _("That is more than %(readings)d readings in %(window)d s. Wait %(wait)d s.")
        raise Throttled(message % {"readings": readings, "window": window, "wait": round(wait)}, retry_after=wait)
    if waiting >= settings.DIGITSITE_QUEUE_LIMIT:
        raise Unavailable(_("Too many drawings are waiting to be read. Try again in a moment."))
