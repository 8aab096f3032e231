"""Computes missing perceptual hashes: of drawings not read yet, or stored before hashes were introduced."""

from django.db.models import Exists, OuterRef, QuerySet

from ml.glyphs.looks import FindWriting
from ml.isolation import Isolated
from predictor.models import Drawing, Prediction, PredictionStatus
from predictor.reading.stored_pictures import isolate_drawing, keep_hashes
from predictor.versions import loading

BATCH = 8


def is_due() -> bool:
    """Whether a drawing lacks its hash and no reading is queued that will compute it."""
    return _not_queued().exists()


def hash_some() -> int:
    """Hashes the next few drawings; returns how many."""
    return _hash(_not_queued(), loading.champions_finder())


def hash_all() -> None:
    """Hashes every drawing that has no hash."""
    find = loading.champions_finder()
    while _hash(_unhashed(), find):
        pass


def _not_queued() -> QuerySet[Drawing]:
    queued = Prediction.objects.filter(drawing=OuterRef("pk"), status=PredictionStatus.QUEUED)
    return _unhashed().exclude(Exists(queued))


def _unhashed() -> QuerySet[Drawing]:
    return Drawing.objects.filter(perceptual_hash=None).order_by("pk")


def _hash(drawings: QuerySet[Drawing], find: FindWriting) -> int:
    batch = list(drawings[:BATCH])
    # A picture that can't be isolated must not hold up the others.
    otherwise = "it gets the hash of an empty drawing"
    keep_hashes((drawing, isolate_drawing(drawing, find, otherwise=otherwise) or Isolated()) for drawing in batch)
    return len(batch)
