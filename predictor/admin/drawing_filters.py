"""The filters and the search of the list of drawings. Each goes along an index, the newest label or reading first."""

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.http import HttpRequest

from predictor.models import Drawing, Label, LabelState, Owner, Prediction, PredictionKind, PredictionStatus

Drawings = QuerySet[Drawing]
ORDERS = ("-said__pk", "-shown__pk", "-searched__pk")


class LabelStateFilter(admin.SimpleListFilter):
    title = "label"
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        waiting = [(LabelState.PROPOSED, "waits for review"), ("disagrees", "waits, and differs from the reading")]
        return [*waiting, (LabelState.ACCEPTED, "accepted"), (LabelState.REJECTED, "rejected"), ("none", "none")]

    def queryset(self, request: HttpRequest, queryset: Drawings) -> Drawings:
        state = self.value()
        if state == "none":
            return queryset.exclude(Exists(_labels().exclude(state=LabelState.WITHDRAWN)))
        if state == "disagrees":
            live = Prediction.objects.filter(drawing=OuterRef("pk"), kind=PredictionKind.LIVE)
            agrees = live.filter(revision=OuterRef("revision"), text=OuterRef("said__text"))
            return _labelled(queryset, LabelState.PROPOSED).filter(~Exists(agrees))
        return _labelled(queryset, state) if state in LabelState.values else queryset


class SureFilter(admin.SimpleListFilter):
    title = "reading"
    parameter_name = "sure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "sure"), ("no", "not sure"), ("waiting", "not read yet")]

    def queryset(self, request: HttpRequest, queryset: Drawings) -> Drawings:
        if self.value() == "waiting":
            return _read(queryset, "shown", status=PredictionStatus.QUEUED)
        if self.value() in {"yes", "no"}:
            # SQLite takes "NOT sure" for no value of an index's column.
            return _read(queryset, "shown", status=PredictionStatus.DONE, sure__in=[self.value() == "yes"])
        return queryset


def search(drawings: Drawings, term: str) -> Drawings:
    """The drawing with this id; for digits, those read so; for anything else, those of the user of this name."""
    try:
        return drawings.filter(pk=uuid.UUID(term))
    except ValueError:
        pass
    if term.isdecimal():
        return _read(drawings, "searched", status=PredictionStatus.DONE, text=term)
    return drawings.filter(owner__in=list(Owner.objects.filter(user__username=term).values_list("pk", flat=True)))


def _labelled(drawings: Drawings, state: str) -> Drawings:
    """The drawings with a label in this state, the newest of them as `said`."""
    newer = _labels().filter(state=state, pk__gt=OuterRef("said__pk"))
    joined = drawings.alias(said=FilteredRelation("labels", condition=Q(labels__state=state)))
    return _newest_first(joined.filter(~Exists(newer), said__isnull=False), "said")


def _read(drawings: Drawings, name: str, **conditions: Any) -> Drawings:
    """The drawings whose shown reading, under this name, meets the conditions."""
    conditions["kind"] = PredictionKind.LIVE
    live = Q(**{f"predictions__{column}": value for column, value in conditions.items()})
    joined = drawings.alias(**{name: FilteredRelation("predictions", condition=live)})
    found = joined.filter(**{f"{name}__isnull": False, f"{name}__revision": F("revision")})
    return _newest_first(found, name)


def _newest_first(found: Drawings, name: str) -> Drawings:
    """The first filter decides: its rows are walked, and the others are looked up for each."""
    is_decided = found.query.order_by and found.query.order_by[0] in ORDERS
    return found if is_decided else found.order_by(f"-{name}__pk")


def _labels() -> QuerySet[Label]:
    return Label.objects.filter(drawing=OuterRef("pk"))
