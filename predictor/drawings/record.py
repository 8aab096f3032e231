"""The record of a drawing: its readings, the datasets that hold it, and the models trained on them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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

FAILURES = {
    "TooLong": gettext_lazy("It takes too long to read. Draw it simpler, or send a smaller picture."),
    "GivenUp": gettext_lazy("Reading it has failed several times. Draw it anew, or send another picture."),
    "": gettext_lazy("Something went wrong while it was read. Draw or send it again."),
}
"""Why a reading has failed, and what to do, by the kind of its error."""


@dataclass(frozen=True)
class DatasetEntry:
    """A dataset that holds a drawing, the drawing's label in it, and the versions trained on it."""

    dataset: int
    label: str
    made: datetime
    versions: list[int]


def failure_of(live: Prediction | None) -> str:
    """Why a drawing with this live prediction could not be read, and what to do; "" if it was, or waits to be."""
    if live and live.status != PredictionStatus.FAILED:
        return ""
    kind = live.error.partition(":")[0] if live else ""
    return str(FAILURES.get(kind, FAILURES[""]))


def readings_of(drawing: Drawing) -> list[Prediction]:
    """The drawing's finished and failed readings, oldest first; without glyphs."""
    # Not `drawing.predictions`: a view may have prefetched only some of them.
    ended = Prediction.objects.filter(
        drawing=drawing,
        kind__in=(PredictionKind.LIVE, PredictionKind.REREAD),
        status__in=(PredictionStatus.DONE, PredictionStatus.FAILED),
    )
    return list(ended.only("drawing", "revision", "kind", "status", "model", "text", "confidence", "sure", "done_at"))


def datasets_of(drawing: Drawing) -> list[DatasetEntry]:
    """The datasets that hold the drawing's current picture, oldest first."""
    items = DatasetItem.objects.filter(drawing_id=drawing.pk, image_hash=drawing.image_hash)
    found = list(items.select_related("dataset").order_by("dataset"))
    made = TrainingRun.objects.filter(dataset__in=[item.dataset_id for item in found], candidate__isnull=False)
    by_dataset: dict[int, list[int]] = {}
    for dataset, version in made.order_by("candidate").values_list("dataset", "candidate").distinct():
        by_dataset.setdefault(dataset or 0, []).append(version or 0)
    return [
        DatasetEntry(item.dataset_id, item.label, item.dataset.created_at, by_dataset.get(item.dataset_id, []))
        for item in found
    ]


def unread_by_champion(drawing: Drawing, readings: list[Prediction]) -> ModelVersion | None:
    """The champion if it has not read the drawing's current revision, else None."""
    champion = registry.champion()
    if champion is None:
        return None
    read = {each.model_id for each in readings if each.revision == drawing.revision and each.status == "done"}
    return None if champion.pk in read else champion


def reread(*, drawing: Drawing) -> Prediction:
    """Queues a reading by the champion; earlier readings are kept. Raises Conflict if the champion has read it."""
    if unread_by_champion(drawing, readings_of(drawing)) is None:
        raise errors.Conflict(_("The current model has already read this drawing."))
    with transaction.atomic():
        prediction = Prediction.objects.create(
            drawing=drawing,
            revision=drawing.revision,
            kind=PredictionKind.REREAD,
        )
        transaction.on_commit(lambda: queue.enqueue(prediction.pk))
    return prediction
