"""The pages. Each asks the predictor's domain for what it shows; what changes something is a plain form."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from frontend import show, statics
from predictor import intake, review, visitors
from predictor.errors import DomainError
from predictor.models import Drawing


@require_safe
@ensure_csrf_cookie
def draw(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/draw.html", {"modules": statics.drawing_modules()})


@require_safe
@ensure_csrf_cookie
def drawing(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    own = _own(request, drawing_id)
    return render(request, "frontend/drawing.html", {"card": show.card(own), "glyphs": show.glyphs(own)})


@require_POST
def label(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    own = _own(request, drawing_id)
    text = "" if "none" in request.POST else request.POST.get("text", "").strip()
    if not text and "none" not in request.POST:
        messages.error(request, _("Write the digits that you drew, or press “Not a digit”."))
        return redirect("frontend:drawing", own.pk)
    try:
        review.propose_label(drawing=own, text=text, owner=own.owner)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Thank you. A reviewer looks at it."))
    return redirect("frontend:drawing", own.pk)


@require_POST
def withdraw(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    own = _own(request, drawing_id)
    try:
        review.withdraw_label(drawing=own, owner=own.owner)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken back."))
    return redirect("frontend:drawing", own.pk)


@require_POST
def consent(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    own = _own(request, drawing_id)
    intake.set_consent(drawing=own, consent="yes" in request.POST)
    said = _("Thank you. The site may learn from this drawing.") if own.consent else _("The site won't learn from it.")
    messages.success(request, said)
    return redirect("frontend:drawing", own.pk)


@require_POST
def delete(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    intake.forget(drawing=_own(request, drawing_id))
    messages.success(request, _("The drawing is deleted, with all that was read and said of it."))
    return redirect("frontend:history")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/privacy.html")


def _own(request: HttpRequest, drawing_id: uuid.UUID) -> Drawing:
    """One's own drawing, or the 404 that another's gets too."""
    own = show.with_readings(visitors.drawings_of(request), of_glyphs=True)
    return get_object_or_404(own.select_related("owner"), pk=drawing_id)
