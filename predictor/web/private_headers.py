"""Middleware: keeps private pages and answers out of every cache, and turns off what no page uses of the browser."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

PRIVATE = (
    *("/history/", "/drawings/", "/accounts/", "/admin/"),
    *("/api/v1/drawings/", "/api/v1/glances/", "/api/v1/consent/"),
)
"""What lies below these paths shows a person's data."""
KEPT_BY_NOBODY = "private, no-store"
UNUSED = ("geolocation", "microphone", "payment", "usb", "midi", "display-capture", "browsing-topics")
POLICY = ", ".join(("camera=(self)", *(f"{feature}=()" for feature in UNUSED)))


def keep_private(get_response: Handler) -> Handler:
    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers["Permissions-Policy"] = POLICY
        if request.path_info.startswith(PRIVATE):
            response.headers["Cache-Control"] = KEPT_BY_NOBODY
        return response

    return handle
