"""Stores readings that nobody waited for: repeated readings and shadow readings."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ml import glyphs
from predictor.models import Drawing, Prediction, PredictionStatus


def store(read: Sequence[tuple[Drawing, dict[str, Any]]], *, kind: str, version: int) -> None:
    """Stores each reading, unless its drawing was deleted or revised since it was read."""
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
