"""Liveness and readiness probes."""

import redis
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from predictor.reading import queue


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database and the broker answer and a worker has recently read a test glyph, else 503."""
    parts = {"database": _database_answers(), "broker": True, "worker": False}
    try:
        parts["worker"] = queue.is_ready()
    except redis.RedisError:
        parts["broker"] = False
    ready = all(parts.values())
    return JsonResponse({"status": "ready" if ready else "not ready", **parts}, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True
