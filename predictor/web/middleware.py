"""Middleware: the JSON form of errors, 413 for bodies that are too large, 503 for what can't be done now."""

import json
import math
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.defaults import server_error

from predictor.errors import NO_DATABASE, Throttled, Unavailable, body

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Handler = Callable[[HttpRequest], HttpResponse]

PROBES = {"/healthz", "/readyz"}
DRAINED_LIMIT = 64 * 2**20
"""Bytes read from a refused body. If it were not read, the client would see a broken pipe instead of the response."""


def one_error_shape(get_response: Handler) -> Handler:
    """Gives every API error its JSON form, even if no view was reached. Refuses bodies that are too large."""

    def handle(request: HttpRequest) -> HttpResponse:
        if _content_length(request.META) > settings.UPLOAD_LIMIT:
            drain(request.META)
            return _too_large(request)
        response = get_response(request)
        if response.status_code >= 400 and request.path.startswith("/api/") and not _is_shaped(response):
            code, message = _PLAIN.get(response.status_code, ("error", response.reason_phrase))
            # Keep the response with its cookies and headers; replace only its body.
            response.content = json.dumps(body(code, str(message))).encode()
            response.headers["Content-Type"] = "application/json"
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return handle


def leave_room_for_probes(get_response: Handler) -> Handler:
    """Refuses requests while this process answers REQUESTS_AT_ONCE others, so that a thread is left for `/healthz`
    whatever they wait for: a database that stands still, say.
    """
    places = threading.BoundedSemaphore(settings.REQUESTS_AT_ONCE)

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return get_response(request)
        if not places.acquire(blocking=False):
            drain(request.META)
            return _unavailable(request, gettext_lazy("Too many are here at once. Try again in a moment."), seconds=1)
        try:
            return get_response(request)
        finally:
            places.release()

    return handle


def answer_unhandled(request: HttpRequest) -> HttpResponse:
    """The answer to an exception that no view has handled: 503 if the database refused, else 500."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError | InterfaceError):
        return _unavailable(request, NO_DATABASE, seconds=5)
    return server_error(request)


class RefusalPages:
    """Answers a page's request that a view has refused for now, with a page that says why and when to come back."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Throttled | Unavailable):
            return None
        page = render_to_string(f"{error.status}.html", {"message": error.message}, request)
        return HttpResponse(page, status=error.status, headers={"Retry-After": str(math.ceil(error.retry_after))})


_PLAIN = {
    400: ("bad_value", gettext_lazy("The request is malformed.")),
    403: ("forbidden", gettext_lazy("You may not do this.")),
    404: ("not_found", gettext_lazy("There is nothing at this address; /api/v1/docs/ lists what there is.")),
    405: ("method_not_allowed", gettext_lazy("This address does not take that method.")),
    503: ("unavailable", NO_DATABASE),
    500: ("internal", gettext_lazy("Something went wrong here. It was logged; try again.")),
}


def _unavailable(request: HttpRequest, message: "StrPromise", *, seconds: int) -> HttpResponse:
    """503 without asking the database for anything, with a page for people."""
    headers = {"Retry-After": str(seconds)}
    with translation.override(translation.get_language_from_request(request)):
        if request.path.startswith("/api/"):
            return JsonResponse(body("unavailable", str(message)), status=503, headers=headers)
        page = render_to_string("503.html", {"message": message})
        return HttpResponse(page, status=503, headers=headers)


def _too_large(request: HttpRequest) -> HttpResponse:
    # No other middleware has run yet, so no language is active for this request.
    with translation.override(translation.get_language_from_request(request)):
        said = _("The request is too large: at most %(size)d MB are read.") % {"size": settings.UPLOAD_LIMIT // 2**20}
        if request.path.startswith("/api/"):
            return JsonResponse(body("too_large", said), status=413)
        return HttpResponse(render_to_string("413.html", {"message": said}), status=413)


def _is_shaped(response: HttpResponse) -> bool:
    if "json" not in response.get("Content-Type", "") or response.streaming:
        return False
    return "error" in json.loads(response.content or b"{}")


def _content_length(environ: dict[str, Any]) -> int:
    value = environ.get("CONTENT_LENGTH") or "0"
    return int(value) if value.isdigit() else 0


def drain(environ: dict[str, Any]) -> None:
    """Reads the body of a request that is refused, up to DRAINED_LIMIT bytes."""
    left = min(_content_length(environ), DRAINED_LIMIT)
    while left > 0 and (chunk := environ["wsgi.input"].read(min(left, 2**16))):
        left -= len(chunk)
