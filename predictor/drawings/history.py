"""One's own drawings narrowed to what one looks for: the history page and the API ask here."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from predictor.models import Drawing, Label, LabelState, Prediction, PredictionKind, PredictionStatus


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a drawing must be to be listed. A value that is left out asks for nothing.

    `digit` is the whole reading, `text` a part of it; `label` is the label that is shown ("" is "not a
    digit"). `wrong`: a label that stands differs from the reading. `unsure`: the reading isn't sure.
    """

    digit: str = ""
    text: str = ""
    label: str | None = None
    wrong: bool | None = None
    unsure: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return self == Wanted()


def narrowed(drawings: QuerySet[Drawing], wanted: Wanted) -> QuerySet[Drawing]:
    """The drawings that are wanted, in the order they came in.

    Each condition is a question about one drawing, answered from an index alone: the walk along
    `drawing_history` stops when a page is full and never touches the pictures of what it passes by.
    """
    if wanted.since:
        drawings = drawings.filter(created_at__gte=wanted.since)
    if wanted.until:
        drawings = drawings.filter(created_at__lte=wanted.until)
    if wanted.label is not None:
        drawings = drawings.annotate(shown=_label()).filter(shown=wanted.label)
    if wanted.digit or wanted.text:
        whole = {"text": wanted.digit} if wanted.digit else {}
        drawings = drawings.filter(_reading(text__contains=wanted.text, **whole))
    if wanted.unsure is not None:
        unsure = _reading(sure=False)
        drawings = drawings.filter(unsure if wanted.unsure else ~unsure)
    if wanted.wrong is not None:
        drawings = drawings.annotate(stands=_label(LabelState.REJECTED))
        agrees = Exists(_newest().filter(text=OuterRef("stands")))
        wrong = Exists(_newest()) & ~agrees
        if wanted.wrong:
            drawings = drawings.filter(stands__isnull=False).filter(wrong)
        else:
            drawings = drawings.exclude(wrong, stands__isnull=False)
    return drawings


def before(drawings: QuerySet[Drawing], moment: datetime, drawing_id: uuid.UUID) -> QuerySet[Drawing]:
    """What comes after this place, newest first: as quick a step on the last page as on the first."""
    # The first condition alone is what the index can walk along.
    older = Q(created_at__lte=moment) & (Q(created_at__lt=moment) | Q(pk__lt=drawing_id))
    return drawings.filter(older).order_by("-created_at", "-id")


def _newest() -> QuerySet[Prediction]:
    """The reading that is shown of a drawing: the live one of its newest revision, once it is done."""
    return Prediction.objects.filter(
        drawing=OuterRef("pk"),
        revision=OuterRef("revision"),
        kind=PredictionKind.LIVE,
        status=PredictionStatus.DONE,
    )


def _reading(**conditions: Any) -> Exists:
    return Exists(_newest().filter(**conditions))


def _label(*but: LabelState) -> Combinable:
    """The text of the label that is shown: accepted before proposed before rejected, as the alphabet has it."""
    said = Label.objects.filter(drawing=OuterRef("pk")).exclude(state__in=(LabelState.WITHDRAWN, *but))
    return Subquery(said.order_by("state", "-pk").values("text")[:1])
