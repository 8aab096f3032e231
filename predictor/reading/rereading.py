"""After a promotion, rereads the labelled drawings with the new champion while nobody waits for a reading."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from redis.exceptions import LockError

from digitsite import broker
from predictor.models import (
    Drawing,
    Label,
    LabelState,
    Prediction,
    PredictionKind,
    PredictionStatus,
    Rereading,
    VersionStatus,
)
from predictor.reading import background_readings
from predictor.reading.serving import SERVING
from predictor.reading.stored_pictures import isolate_drawing
from predictor.reading.worker import GivenUp

BATCH = 8
"""Drawings per batch. It is small, because a live reading that arrives competes with the batch for the CPU."""
LOCK_SECONDS = 30
"""How long the lock of a process that died keeps other processes from continuing."""

_LOCK = f"{broker.PREFIX}rereading"


def is_due() -> bool:
    return _due().exists()


def read_some() -> int:
    """Processes the next few drawings; returns how many. 0 if nothing is due or another process holds the lock."""
    walk = _due().first()
    if walk is None:
        return 0
    lock = broker.connect(settings.REDIS_URL).lock(_LOCK, timeout=LOCK_SECONDS, blocking=False)
    if not lock.acquire():
        return 0
    try:
        return _walk_on(walk)
    finally:
        with suppress(LockError):  # it took too long, and another worker may hold the lock by now
            lock.release()


def labelled() -> QuerySet[Drawing]:
    """The drawings with a proposed or accepted label."""
    standing = Label.objects.filter(drawing=OuterRef("pk"), state__in=(LabelState.ACCEPTED, LabelState.PROPOSED))
    return Drawing.objects.filter(Exists(standing))


def _due() -> QuerySet[Rereading]:
    return Rereading.objects.filter(version__status=VersionStatus.CHAMPION, finished_at=None)


def _walk_on(walk: Rereading) -> int:
    serving = SERVING.current()
    if serving is None or serving.version != walk.version_id:
        return 0  # not loaded yet
    if walk.total is None:
        walk.total = labelled().count()
    coming = labelled() if walk.after is None else labelled().filter(pk__gt=walk.after)
    ids = list(coming.order_by("pk").values_list("pk", flat=True)[:BATCH])
    ended = Prediction.objects.filter(drawing=OuterRef("pk"), error__startswith=GivenUp.__name__)
    drawings = list(Drawing.objects.filter(~Exists(ended), pk__in=set(ids) - _read_by(walk.version_id, ids)))
    found_in = (
        (drawing, isolate_drawing(drawing, serving.finder, otherwise="it is not reread")) for drawing in drawings
    )
    isolated = [(drawing, found) for drawing, found in found_in if found is not None]
    outcomes = serving.read([found for _, found in isolated])
    with transaction.atomic():
        # Advance before storing readings: if another promotion has restarted this rereading, nothing is written.
        as_known = Rereading.objects.filter(pk=walk.pk, began_at=walk.began_at, walked=walk.walked)
        moved: dict[str, Any] = {"walked": walk.walked + len(ids), "total": walk.total}
        moved |= {"after": ids[-1]} if ids else {"finished_at": timezone.now()}
        if not as_known.update(**moved):
            return 0
        background_readings.store(
            [(drawing, outcome) for (drawing, _), outcome in zip(isolated, outcomes, strict=True)],
            kind=PredictionKind.REREAD,
            version=walk.version_id,
        )
    return len(ids)


def _read_by(version: int, ids: Sequence[Any]) -> set[Any]:
    """The drawings that the version has already read in their newest revision."""
    read = Prediction.objects.filter(
        drawing__in=ids,
        model=version,
        kind__in=(PredictionKind.LIVE, PredictionKind.REREAD),
        status=PredictionStatus.DONE,
        revision=F("drawing__revision"),
    )
    return set(read.values_list("drawing", flat=True))
