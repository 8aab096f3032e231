"""Liveness and readiness probes."""

import itertools

import redis
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from predictor import errors
from predictor.reading import queue


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database and the broker answer and a worker has recently read a test glyph, else 503 with an error.

    `troubles`: what keeps workers from reading, by their names.
    """
    parts = {"database": _database_answers(), "broker": True, "worker": False}
    troubles: dict[str, str] = {}
    try:
        parts["worker"], troubles = queue.is_ready(), queue.troubles()
    except redis.RedisError:
        parts["broker"] = False
    told = {**parts, **({"troubles": troubles} if troubles else {})}
    if all(parts.values()):
        return JsonResponse({"status": "ready", **told})
    missing = {part: [_MISSING[part]] for part, is_there in parts.items() if not is_there}
    if not parts["worker"] and troubles:
        missing["worker"] = [f"{worker}: {trouble}" for worker, trouble in troubles.items()]
    message = " ".join(itertools.chain(*missing.values()))
    return JsonResponse({"status": "not ready", **told, **errors.body("unavailable", message, missing)}, status=503)


_MISSING = {
    "database": "The database doesn't answer.",
    "broker": "Redis doesn't answer.",
    "worker": f"No predict worker has read a test glyph for {queue.READY_SECONDS} s.",
}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True
