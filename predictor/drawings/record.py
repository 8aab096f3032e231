"""What became of a drawing: who read it as what, and in which datasets its label went."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from predictor import errors
from predictor.models import (
    DatasetItem,
    Drawing,
    ModelVersion,
    Prediction,
    PredictionKind,
    PredictionStatus,
    TrainingRun,
)
from predictor.reading import queue
from predictor.versions import registry


@dataclass(frozen=True)
class Lesson:
    """A dataset that a drawing is in, as what, and the versions that were trained with that dataset."""

    dataset: int
    label: str
    made: datetime
    versions: list[int]


def readings_of(drawing: Drawing) -> list[Prediction]:
    """Every reading that came to an end, the oldest first; without glyphs."""
    # Not `drawing.predictions`: whoever shows a drawing has fetched a part of them, and that part would be filtered.
    ended = Prediction.objects.filter(
        drawing=drawing,
        kind__in=(PredictionKind.LIVE, PredictionKind.REREAD),
        status__in=(PredictionStatus.DONE, PredictionStatus.FAILED),
    )
    return list(ended.only("drawing", "revision", "kind", "status", "model", "text", "confidence", "sure", "done_at"))


def lessons_of(drawing: Drawing) -> list[Lesson]:
    """The datasets that hold the picture as it is now, the first one first."""
    items = DatasetItem.objects.filter(drawing_id=drawing.pk, image_hash=drawing.image_hash)
    found = list(items.select_related("dataset").order_by("dataset"))
    made = TrainingRun.objects.filter(dataset__in=[item.dataset_id for item in found], candidate__isnull=False)
    by_dataset: dict[int, list[int]] = {}
    for dataset, version in made.order_by("candidate").values_list("dataset", "candidate").distinct():
        by_dataset.setdefault(dataset or 0, []).append(version or 0)
    return [
        Lesson(item.dataset_id, item.label, item.dataset.created_at, by_dataset.get(item.dataset_id, []))
        for item in found
    ]


def unread_by_champion(drawing: Drawing, readings: list[Prediction]) -> ModelVersion | None:
    """The champion, where it has not read the drawing as it is now."""
    champion = registry.champion()
    if champion is None:
        return None
    read = {each.model_id for each in readings if each.revision == drawing.revision and each.status == "done"}
    return None if champion.pk in read else champion


def reread(*, drawing: Drawing) -> Prediction:
    """Queues another reading beside those that were. Raises Conflict where the champion has read it already."""
    if unread_by_champion(drawing, readings_of(drawing)) is None:
        raise errors.Conflict(_("The present model has read this drawing already."))
    with transaction.atomic():
        prediction = Prediction.objects.create(
            drawing=drawing,
            revision=drawing.revision,
            kind=PredictionKind.REREAD,
        )
        transaction.on_commit(lambda: queue.enqueue([prediction.pk]))
    return prediction
