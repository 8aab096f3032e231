"""The drawing page, and its forms for visitors without JavaScript: upload a picture, answer about consent."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from frontend import static_files
from predictor.drawings import intake, visitors
from predictor.drawings.consent import answer as answer_consent
from predictor.errors import DomainError, Throttled
from predictor.models import Mode, Source
from predictor.reading import queue
from predictor.reading.admission import place


class UploadForm(forms.Form):
    image = forms.FileField(allow_empty_file=True)
    mode = forms.ChoiceField(choices=Mode.choices)


@require_safe
@gzip_page
@ensure_csrf_cookie
def draw(request: HttpRequest) -> HttpResponse:
    shown = {
        "modules": static_files.drawing_modules(),
        "consent": visitors.owner_of(request).consent,
        "bytes_limit": intake.BYTES_LIMIT,
        "limit": intake.BYTES_LIMIT // 2**20,
    }
    return render(request, "frontend/draw.html", shown)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Stores the picture as a drawing and redirects to the drawing's page."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose a picture first."))
        return redirect("frontend:draw")
    owner = visitors.owner_of(request)
    submission = intake.Submission(
        data=form.cleaned_data["image"].read(),
        mode=form.cleaned_data["mode"],
        source=Source.UPLOAD,
        consent=owner.consent,
    )
    try:
        with place():
            visitors.admit(request)
            drawing, prediction = intake.add_drawing(owner=owner, submission=submission)
            queue.wait_for(prediction, seconds=settings.DIGITSITE_WAIT)
    except Throttled:
        raise
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("frontend:draw")
    return redirect("frontend:drawing", drawing.pk)


@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """Stores whether the site may learn from the visitor's drawings. Anything but "yes" is a no."""
    may = "yes" in request.POST
    try:
        answer_consent(owner=visitors.returning(request), may=may)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        said = _("Thank you. You can change your mind at any time.")
        messages.success(request, said if may else _("The site won’t learn from your drawings."))
    return redirect("frontend:privacy" if "privacy" in request.POST else "frontend:draw")
