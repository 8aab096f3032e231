"""Liveness and readiness probes."""

import itertools

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from predictor import errors
from predictor.reading import queue
from predictor.web import readiness


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if the process answers at all. Asks neither the database nor Redis."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the site can store and read drawings, else 503 with an error that says what is missing.

    `database`: a row can be written. `disk`: it has room. `broker`: Redis answers. `worker`: a worker has lately read a
    test glyph; `champion`: with the champion, whose file is whole. `queue`: no drawing waits for long. `troubles`: the
    workers', by their names.
    """
    rows, shown = readiness.ROWS.found(), readiness.WORKERS.found()
    workers = shown or queue.Workers(ready=False, makeshift=False, troubles={})
    waited = (timezone.now() - rows.oldest).total_seconds() if rows and rows.oldest else 0.0
    parts = {
        "database": rows is not None,
        "disk": readiness.disk_has_room(),
        "broker": shown is not None,
        "worker": workers.ready or workers.makeshift,
        "champion": workers.ready,
        "queue": waited < readiness.OLDEST_SECONDS,
    }
    told = {**parts, **({"troubles": workers.troubles} if workers.troubles else {})}
    if all(parts.values()):
        return JsonResponse({"status": "ready", **told})
    missing = {part: [_missing(part, waited)] for part, is_there in parts.items() if not is_there}
    if workers.troubles and not workers.ready:
        missing["champion"] = [f"{worker}: {trouble}" for worker, trouble in workers.troubles.items()]
    elif not parts["worker"]:
        del missing["champion"]  # nobody reads at all
    message = " ".join(itertools.chain(*missing.values()))
    return JsonResponse({"status": "not ready", **told, **errors.body("unavailable", message, missing)}, status=503)


def _missing(part: str, waited: float) -> str:
    return {
        "database": "The database doesn't take a row.",
        "disk": f"Less than {settings.DIGITSITE_FREE_DISK} MB are free on the disk.",
        "broker": "Redis doesn't answer.",
        "worker": f"No predict worker has read a test glyph for {queue.READY_SECONDS} s.",
        "champion": "No predict worker reads with the champion.",
        "queue": f"A drawing has waited for {waited:.0f} s.",
    }[part]
