"""What the drawing page does by plain forms: a picture sent without JavaScript, and the answer about learning."""

import math

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from predictor.drawings import consent, intake, visitors
from predictor.errors import DomainError, Throttled
from predictor.models import Mode, Source
from predictor.reading import queue
from predictor.reading.admission import admit


class Upload(forms.Form):
    image = forms.FileField(allow_empty_file=True)
    mode = forms.ChoiceField(choices=Mode.choices)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """A picture from a form becomes a drawing, whose own page tells what was read."""
    form = Upload(request.POST, request.FILES)
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
        admit(visitors.identity_of(request))
        drawing, prediction = intake.add_drawing(owner=owner, submission=submission)
    except Throttled as error:
        response = render(request, "429.html", {"message": error.message}, status=error.status)
        response["Retry-After"] = str(math.ceil(error.retry_after))
        return response
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("frontend:draw")
    queue.wait_for(prediction, seconds=settings.DIGITSITE_WAIT)
    return redirect("frontend:drawing", drawing.pk)


@require_POST
def may_learn(request: HttpRequest) -> HttpResponse:
    """Whether the site may learn from one's drawings; anything but a yes is a no."""
    may = "yes" in request.POST
    consent.answer(owner=visitors.saved(visitors.owner_of(request)), may=may)
    said = (
        _("Thank you. You can take that back at any time.") if may else _("The site learns from none of your drawings.")
    )
    messages.success(request, said)
    return redirect("frontend:privacy" if "privacy" in request.POST else "frontend:draw")
