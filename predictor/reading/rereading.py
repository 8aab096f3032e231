"""After a promotion, rereads the labelled drawings with the new champion while nobody waits for a reading."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from redis.exceptions import LockError

from digitsite import broker
from ml import glyphs
from ml.glyphs.glyph import Glyph
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
from predictor.reading.serving import SERVING
from predictor.reading.stored_pictures import find_candidates, picture_of

logger = logging.getLogger(__name__)

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
    if serving.version != walk.version_id:
        return 0  # not loaded yet
    if walk.total is None:
        walk.total = labelled().count()
    coming = labelled() if walk.after is None else labelled().filter(pk__gt=walk.after)
    ids = list(coming.order_by("pk").values_list("pk", flat=True)[:BATCH])
    drawings = list(Drawing.objects.filter(pk__in=set(ids) - _read_by(walk.version_id, ids)))
    isolated = [(drawing, found) for drawing in drawings if (found := _isolate(drawing)) is not None]
    outcomes = serving.read([found for _, found in isolated])
    with transaction.atomic():
        # Advance before storing readings: if another promotion has restarted this rereading, nothing is written.
        as_known = Rereading.objects.filter(pk=walk.pk, began_at=walk.began_at, walked=walk.walked)
        moved: dict[str, Any] = {"walked": walk.walked + len(ids), "total": walk.total}
        moved |= {"after": ids[-1]} if ids else {"finished_at": timezone.now()}
        if not as_known.update(**moved):
            return 0
        keep(
            [(drawing, outcome) for (drawing, _), outcome in zip(isolated, outcomes, strict=True)],
            kind=PredictionKind.REREAD,
            version=walk.version_id,
        )
    return len(ids)


def keep(read: Sequence[tuple[Drawing, dict[str, Any]]], *, kind: str, version: int) -> None:
    """Stores readings that nobody waited for, unless their drawing was deleted or revised since it was read."""
    with transaction.atomic():
        standing = Drawing.objects.select_for_update().filter(pk__in=[drawing.pk for drawing, _ in read])
        revisions = dict(standing.values_list("pk", "revision"))
        Prediction.objects.bulk_create(
            Prediction(
                drawing_id=drawing.pk,
                revision=drawing.revision,
                kind=kind,
                status=PredictionStatus.DONE,
                model_id=version,
                preprocessing_version=glyphs.VERSION,
                done_at=timezone.now(),
                **outcome,
            )
            for drawing, outcome in read
            if revisions.get(drawing.pk) == drawing.revision
        )


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


def _isolate(drawing: Drawing) -> list[Glyph] | None:
    """The drawing's candidate glyphs; None if the picture can't be isolated."""
    try:
        return find_candidates(picture_of(drawing))
    except Exception:
        logger.exception("Drawing %s could not be isolated; it is not reread", drawing.pk)
        return None
