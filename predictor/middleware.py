"""Middleware: the JSON form of errors, and 413 for bodies that are too large."""

import json
import math
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from predictor.errors import Throttled, Unavailable, body
from predictor.reading import admission

Handler = Callable[[HttpRequest], HttpResponse]

DRAINED_LIMIT = 64 * 2**20
"""Bytes read from a refused body. If it were not read, the client would see a broken pipe instead of the response."""


def one_error_shape(get_response: Handler) -> Handler:
    """Gives every API error its JSON form, even if no view was reached. Refuses bodies that are too large."""

    def handle(request: HttpRequest) -> HttpResponse:
        if _content_length(request) > settings.UPLOAD_LIMIT:
            _drain(request)
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


def refuse_early(get_response: Handler) -> Handler:
    """Refuses readings before anything else is done for them, while this process has no place for one."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.method in {"POST", "PUT"} and _READINGS.fullmatch(request.path) and admission.is_full():
            _drain(request)
            with translation.override(translation.get_language_from_request(request)):
                return JsonResponse(
                    body("unavailable", str(admission.TOO_MANY)), status=503, headers={"Retry-After": "1"}
                )
        return get_response(request)

    return handle


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


_READINGS = re.compile(r"/api/v1/(drawings/([^/]+/)?|glances/)")
_PLAIN = {
    400: ("bad_value", gettext_lazy("The request is malformed.")),
    403: ("forbidden", gettext_lazy("You may not do this.")),
    404: ("not_found", gettext_lazy("There is nothing at this address; /api/v1/docs/ lists what there is.")),
    405: ("method_not_allowed", gettext_lazy("This address does not take that method.")),
    500: ("internal", gettext_lazy("Something went wrong here. It was logged; try again.")),
}


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


def _content_length(request: HttpRequest) -> int:
    value = request.META.get("CONTENT_LENGTH") or "0"
    return int(value) if value.isdigit() else 0


def _drain(request: HttpRequest) -> None:
    left = min(_content_length(request), DRAINED_LIMIT)
    stream = request.META.get("wsgi.input", request)
    while left > 0:
        chunk = stream.read(min(left, 2**16))
        if not chunk:
            return
        left -= len(chunk)
