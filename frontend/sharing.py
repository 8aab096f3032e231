"""Links to one drawing: made and taken back by its owner, followed by anyone who has one."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from frontend import presentation, views
from predictor.drawings import sharing
from predictor.models import Drawing

HIDDEN = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
"""A link is for those it was given to, and ends when it is taken back."""


@require_POST
def share(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    sharing.share(drawing=views.own(request, drawing_id))
    messages.success(request, _("Whoever has the link sees this drawing and its reading."))
    return redirect("frontend:drawing", drawing_id)


@require_POST
def unshare(request: HttpRequest, drawing_id: uuid.UUID) -> HttpResponse:
    sharing.unshare(drawing=views.own(request, drawing_id))
    messages.success(request, _("The link leads nowhere any more."))
    return redirect("frontend:drawing", drawing_id)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    drawings = presentation.with_readings(Drawing.objects.all(), of_glyphs=False)
    drawing = get_object_or_404(drawings, share_token=token)
    response = render(request, "frontend/shared.html", {"card": presentation.card(drawing), "token": token})
    for name, value in HIDDEN.items():
        response[name] = value
    return response


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    drawing = get_object_or_404(Drawing.objects.only("image", "image_type"), share_token=token)
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=HIDDEN)
