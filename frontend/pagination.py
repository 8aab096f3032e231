"""Keyset pagination, which makes the last page as fast as the first."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from predictor.drawings import history
from predictor.models import Drawing

SIZE = 24


@dataclass(frozen=True)
class Page:
    drawings: list[Drawing]
    older: str
    """The parameter `before` of the next page; "" on the last page."""
    is_first: bool


def older_than(drawings: QuerySet[Drawing], before: str) -> Page:
    """The page after `before`: a value of `Page.older`, or "" for the first page. Raises Http404 for other values.

    Finds the ids in an index first, and fetches only the page's rows.
    """
    if before:
        drawings = history.before(drawings, *_parsed(before))
    ids = drawings.order_by("-created_at", "-id").values("pk")[: SIZE + 1]
    page = Drawing.objects.filter(pk__in=ids).order_by("-created_at", "-id")
    found = list(history.for_showing(page, glyphs=False))
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
