"""Computes missing perceptual hashes: of drawings not read yet, or stored before hashes were introduced."""

import logging
from collections.abc import Callable

from django.db.models import Exists, OuterRef, QuerySet

from predictor.models import Drawing, Prediction, PredictionStatus
from predictor.reading.stored_pictures import find_candidates, keep_hash, picture_of

logger = logging.getLogger(__name__)

BATCH = 8


def is_due() -> bool:
    """Whether a drawing lacks its hash and no reading is queued that will compute it."""
    return _not_queued().exists()


def hash_some() -> int:
    """Hashes the next few drawings; returns how many."""
    return _hash(_not_queued())


def hash_all(*, report: Callable[[int], object] | None = None) -> None:
    """Hashes every drawing that has no hash; calls `report` with the number done so far."""
    count = 0
    while done := _hash(_unhashed()):
        count += done
        if report:
            report(count)


def _not_queued() -> QuerySet[Drawing]:
    queued = Prediction.objects.filter(drawing=OuterRef("pk"), status=PredictionStatus.QUEUED)
    return _unhashed().exclude(Exists(queued))


def _unhashed() -> QuerySet[Drawing]:
    return Drawing.objects.filter(perceptual_hash=None).order_by("pk")


def _hash(drawings: QuerySet[Drawing]) -> int:
    batch = list(drawings[:BATCH])
    for drawing in batch:
        try:
            found = find_candidates(picture_of(drawing))
        except Exception:  # one bad picture must not hold up the others
            logger.exception("Drawing %s could not be isolated; it gets the hash of an empty drawing", drawing.pk)
            found = []
        keep_hash(drawing, found)
    return len(batch)
