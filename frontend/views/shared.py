"""A shared drawing, for anyone who has its link."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from frontend import presentation
from predictor.drawings import history
from predictor.models import Drawing

HIDDEN = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
"""Keeps a shared page out of search engines and caches, and its address out of Referer headers."""


def link(request: HttpRequest, token: str) -> str:
    """The whole address of a shared drawing; by the name that the request used, unless the settings say another."""
    path, site = reverse("frontend:shared", args=[token]), settings.DIGITSITE_PUBLIC_URL
    return f"{site}{path}" if site else request.build_absolute_uri(path)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    drawings = history.for_showing(Drawing.objects.all(), glyphs=False)
    drawing = get_object_or_404(drawings, share_token=token)
    response = render(request, "frontend/shared.html", {"card": presentation.card(drawing), "token": token})
    for name, value in HIDDEN.items():
        response[name] = value
    return response


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    drawing = get_object_or_404(Drawing.objects.only("image", "image_type"), share_token=token)
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=HIDDEN)
