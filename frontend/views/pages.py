"""The text pages: privacy and about."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from predictor.drawings import visitors


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/privacy.html", {"consent": visitors.owner_of(request).consent})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/about.html")
