"""Glances: readings of a drawing that is still being drawn and isn't stored.

A glance has no row, because the next stroke outdates its answer. The picture stays in Redis, under the id that the
message carries, only while somebody waits for the answer. A late or repeated message finds no picture.
"""

import base64
import json
import logging
import time
import uuid
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from digitsite import broker
from ml.pictures.cropping import Box
from ml.pictures.decoding import KeptPicture
from predictor.errors import Unavailable
from predictor.reading import queue

logger = logging.getLogger(__name__)

SECONDS = 1
"""How long to wait for an answer."""
SHARE = 0.5
"""Share of a visitor's readings that glances may use; the rest is reserved for stored drawings."""


def read(
    kept: KeptPicture, *, mode: str, strokes: dict[str, Any] | None = None, box: Box | None = None
) -> dict[str, Any]:
    """Reads a picture; returns `width`, `height` and `prediction`. Raises Unavailable if no worker answers in time."""
    started = time.perf_counter()
    glance_id = uuid.uuid4().hex
    picture = {
        "image": base64.b64encode(kept.data).decode(),
        "width": kept.width,
        "height": kept.height,
        "mode": mode,
        "strokes": strokes,
        "box": box,
    }
    answer = _ask(glance_id, json.dumps(picture))
    if not answer:
        raise Unavailable(_("Nobody is there to read this now. Try again in a moment."))
    elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
    return {
        "width": kept.width,
        "height": kept.height,
        "prediction": {**json.loads(answer), "elapsed_ms": elapsed_ms},
    }


def take_picture(glance_id: str) -> dict[str, Any] | None:
    """Called by the worker: removes and returns the picture of a glance. None if nobody waits for it any more."""
    client = broker.connect(settings.REDIS_URL)
    pipeline = client.pipeline()
    pipeline.get(_key(glance_id))
    pipeline.delete(_key(glance_id))
    taken = pipeline.execute()[0]
    if taken is None:
        return None
    picture: dict[str, Any] = json.loads(taken)
    return {**picture, "image": base64.b64decode(picture["image"])}


def topic_of(glance_id: str) -> str:
    return f"glance:{glance_id}"


def _ask(glance_id: str, picture: str) -> str | None:
    try:
        broker.connect(settings.REDIS_URL).set(_key(glance_id), picture, ex=SECONDS)
    except redis.RedisError as error:
        logger.warning("Glance %s could not be sent: %s", glance_id, error)
        return None
    if not queue.add("glance", glance_id):
        return None
    return queue.wait(topic_of(glance_id), seconds=SECONDS)


def _key(glance_id: str) -> str:
    return f"{broker.PREFIX}glance:{glance_id}"
