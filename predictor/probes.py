"""For whoever watches the site: is the process alive, can it read?"""

import redis
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from predictor.reading import queue


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the process serves."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database, the broker, and a worker that has lately read a test glyph answer."""
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
