"""The page of a drawing: its readings and labels, and the forms that change the drawing."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from frontend import presentation
from frontend.views.shared import link
from predictor.drawings import history, intake, record, sharing, visitors
from predictor.errors import DomainError, Throttled
from predictor.models import PredictionStatus
from predictor.reading import queue
from predictor.reading.admission import place
from predictor.review import labels as review_labels


@require_safe
@ensure_csrf_cookie
def drawing(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    mine = _own(request, drawing_id)
    readings = record.readings_of(mine)
    token = mine.share_token
    shown = {
        "card": presentation.card(mine),
        "glyphs": presentation.glyphs(mine),
        "readings": [presentation.reading(each) for each in readings],
        "datasets": record.datasets_of(mine),
        "unread_by": record.unread_by_champion(mine, readings),
        "has_strokes": mine.has_strokes,
        "link": link(request, token) if token else "",
    }
    return render(request, "frontend/drawing.html", shown)


@require_POST
def label(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    mine = _own(request, drawing_id)
    text = "" if "none" in request.POST else request.POST.get("text", "").strip()
    if not text and "none" not in request.POST:
        messages.error(request, _("Enter the digits that you drew, or press “Not a digit”."))
        return redirect("frontend:drawing", mine.pk)
    try:
        review_labels.propose_label(drawing=mine, text=text, owner=mine.owner)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Thank you. A reviewer will look at it."))
    return redirect("frontend:drawing", mine.pk)


@require_POST
def withdraw(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    mine = _own(request, drawing_id)
    try:
        review_labels.withdraw_label(drawing=mine, owner=mine.owner)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken back."))
    return redirect("frontend:drawing", mine.pk)


@require_POST
def consent(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    mine = _own(request, drawing_id)
    intake.set_consent(drawing=mine, consent="yes" in request.POST)
    said = (
        _("Thank you. The site may learn from this drawing.")
        if mine.consent
        else _("The site won’t learn from this drawing.")
    )
    messages.success(request, said)
    return redirect("frontend:drawing", mine.pk)


@require_POST
def reread(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    mine = _own(request, drawing_id)
    try:
        with place():
            visitors.admit(request)
            read = queue.wait_for(record.reread(drawing=mine), seconds=settings.DIGITSITE_WAIT)
    except Throttled:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        done = _("Read again.") if read.status == PredictionStatus.DONE else _("It will be read again in a moment.")
        messages.success(request, done)
    return redirect("frontend:drawing", mine.pk)


@require_POST
def delete(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    intake.forget(drawing=_own(request, drawing_id))
    messages.success(request, _("The drawing is deleted, with its readings and labels."))
    return redirect("frontend:history")


@require_POST
def share(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    mine = _own(request, drawing_id)
    visitors.limit(request, "shares", settings.DIGITSITE_SHARES)
    sharing.share(drawing=mine)
    messages.success(request, _("Anyone who has the link can see this drawing and its reading."))
    return redirect("frontend:drawing", drawing_id)


@require_POST
def unshare(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    sharing.unshare(drawing=_own(request, drawing_id))
    messages.success(request, _("The link no longer works."))
    return redirect("frontend:drawing", drawing_id)


def _own(request: HttpRequest, drawing_id: uuid.UUID) -> Any:
    """The visitor's own drawing, annotated with `has_strokes`. Raises Http404, also for someone else's."""
    drawings = history.for_showing(visitors.drawings_of(request)).select_related("owner")
    return get_object_or_404(drawings.annotate(has_strokes=Q(strokes__isnull=False)), pk=drawing_id)
