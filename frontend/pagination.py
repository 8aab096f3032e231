"""Long lists a page at a time, by the place in the order and not by a number: as fast on the last as on the first."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from frontend import presentation
from predictor.drawings import history
from predictor.models import Drawing

SIZE = 24


@dataclass(frozen=True)
class Page:
    drawings: list[Drawing]
    older: str
    """The `before` of the next page; "" on the last."""
    is_first: bool


def older_than(drawings: QuerySet[Drawing], before: str) -> Page:
    """The newest drawings before a place that `Page.older` named; "" is the beginning. Raises Http404 for no place.

    Only ids are looked for among the many, in an index; the rows are fetched for the page alone.
    """
    if before:
        drawings = history.before(drawings, *_parsed(before))
    ids = drawings.order_by("-created_at", "-id").values("pk")[: SIZE + 1]
    page = Drawing.objects.filter(pk__in=ids).order_by("-created_at", "-id")
    found = list(presentation.with_readings(page, of_glyphs=False))
    shown = found[:SIZE]
    return Page(shown, _place(shown[-1]) if len(found) > SIZE else "", not before)


def _place(drawing: Drawing) -> str:
    return f"{drawing.created_at.isoformat()}_{drawing.pk}"


def _parsed(place: str) -> tuple[datetime, uuid.UUID]:
    moment, _, drawing_id = place.replace(" ", "+").partition("_")
    try:
        parsed = datetime.fromisoformat(moment), uuid.UUID(drawing_id)
    except ValueError as error:
        raise Http404 from error
    if parsed[0].tzinfo is None:
        raise Http404
    return parsed
