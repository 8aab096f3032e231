"""Reading what is not kept: a drawing while the pen is still down on it.

No row is made of it, since nobody misses an answer that the pen has left behind. The glyphs lie in Redis for as long as
the answer is waited for, under the id that the queue carries; a message that comes late or twice finds nothing.
"""

import json
import logging
import time
import uuid
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from digitsite import broker
from predictor.drawings import intake
from predictor.errors import Unavailable
from predictor.reading import queue

logger = logging.getLogger(__name__)

SECONDS = 1
"""How long an answer is worth waiting for."""
SHARE = 0.5
"""Of the readings that a visitor may ask for: the rest is left for what is kept."""


def read(*, data: bytes, mode: str, strokes: dict[str, Any] | None = None) -> dict[str, Any]:
    """How a picture is read: `width`, `height`, `prediction`.

    Raises the errors of `intake.prepare`, and Unavailable where no worker answers in time.
    """
    from predictor import tasks

    started = time.perf_counter()
    prepared = intake.prepare(data=data, mode=mode, strokes=strokes)
    glance_id = uuid.uuid4().hex
    client = broker.connect(settings.REDIS_URL)
    try:
        client.set(_glyphs_key(glance_id), json.dumps(prepared.candidates), ex=SECONDS)
        tasks.glance.delay(glance_id)
        answer = client.blpop([_answer_key(glance_id)], timeout=SECONDS)
    except (OperationalError, redis.RedisError, OSError) as error:
        logger.warning("Nobody glances while Redis is away: %s", error)
        answer = None
    if answer is None:
        raise Unavailable(_("Nobody is there to read this now. Try again in a moment."))
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    return {
        "width": prepared.kept.width,
        "height": prepared.kept.height,
        "prediction": {**json.loads(answer[1]), "elapsed_ms": elapsed_ms},
    }


def make(glance_id: str) -> None:
    """In the worker: reads the glyphs, if anyone still waits for them."""
    from predictor.reading.serving import SERVING

    client = broker.connect(settings.REDIS_URL)
    taking = client.pipeline()
    taking.get(_glyphs_key(glance_id))
    taking.delete(_glyphs_key(glance_id))
    glyphs = taking.execute()[0]
    if glyphs is None:
        return
    serving = SERVING.current()
    [outcome] = serving.read([json.loads(glyphs)])
    telling = client.pipeline()
    telling.rpush(_answer_key(glance_id), json.dumps({**outcome, "model": str(serving.version)}))
    telling.expire(_answer_key(glance_id), SECONDS)
    telling.execute()
    queue.note_reading()


def _glyphs_key(glance_id: str) -> str:
    return f"{broker.PREFIX}glance:{glance_id}"


def _answer_key(glance_id: str) -> str:
    return f"{broker.PREFIX}glanced:{glance_id}"
