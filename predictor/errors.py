"""Domain errors, and the one place that turns exceptions into API responses.

Every error has the body `{"error": {"code", "message", "fields"?}}`.
"""

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from rest_framework.response import Response

logger = logging.getLogger(__name__)

NO_DATABASE = gettext_lazy("The site cannot reach its database. Nothing was stored; try again in a moment.")


class DomainError(Exception):
    """An error that the caller can do something about; the message says what."""

    status: int = 400
    code = "bad_value"

    def __init__(self, message: str, *, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})


class BadValue(DomainError):
    pass


class NotFound(DomainError):
    """It doesn't exist, or it belongs to someone else."""

    status = 404
    code = "not_found"


class Conflict(DomainError):
    """Not possible in the current state."""

    status = 409
    code = "conflict"


class TooLarge(DomainError):
    status = 413
    code = "too_large"


class NotAPicture(DomainError):
    status = 415
    code = "not_a_picture"


class Throttled(DomainError):
    status = 429
    code = "throttled"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part of the site can't be reached; nothing was stored."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def body(code: str, message: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of every error."""
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = dict(fields)
    return {"error": error}


def answer(error: Exception, context: Mapping[str, Any] | None = None) -> "Response":
    """DRF's exception handler: turns an exception raised by an API view into a response."""
    # Workers raise these errors too, and need none of DRF, whose import takes 0.2 s.
    from rest_framework import exceptions
    from rest_framework.response import Response

    headers: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None) or getattr(error, "wait", None)
    if retry_after:
        headers["Retry-After"] = str(math.ceil(retry_after))
    if isinstance(error, DomainError):
        return Response(body(error.code, error.message, error.fields), error.status, headers=headers)
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"": error.detail}
        return Response(body("bad_value", _first_message(fields), fields), error.status_code, headers=headers)
    if isinstance(error, exceptions.APIException):
        codes = error.get_codes()
        code = codes if isinstance(codes, str) else error.default_code
        return Response(body(_NAMES.get(code, code), str(error.detail)), error.status_code, headers=headers)
    if isinstance(error, Http404):
        return Response(body("not_found", _("There is nothing here, or it is not yours.")), 404)
    if isinstance(error, PermissionDenied):
        return Response(body("forbidden", str(error) or _("You may not do this.")), 403)
    if isinstance(error, RequestDataTooBig):
        return Response(body("too_large", _("The request is too large.")), 413)
    if isinstance(error, SuspiciousOperation | RecursionError):  # JSON nested thousands deep
        return Response(body("bad_value", _("The request is malformed.")), 400)
    if isinstance(error, DatabaseError | InterfaceError):
        logger.error("The database can't be reached; the request is answered with 503", exc_info=error)
        return Response(body("unavailable", str(NO_DATABASE)), 503, headers={"Retry-After": "5"})
    logger.error(
        "Unexpected error in %s; the request is answered with 500", (context or {}).get("view"), exc_info=error
    )
    return Response(body("internal", _("Something went wrong here. It was logged; try again.")), 500)


_NAMES = {
    "parse_error": "bad_value",
    "permission_denied": "forbidden",
    "not_authenticated": "forbidden",
    "authentication_failed": "forbidden",
    "unsupported_media_type": "not_a_picture",
}


def _first_message(detail: Any, path: str = "") -> str:
    if isinstance(detail, dict):
        key, value = next(iter(detail.items()))
        return _first_message(value, f"{path}.{key}".strip("."))
    if isinstance(detail, list):
        return _first_message(detail[0], path) if detail else _("Bad value.")
    return f"{path}: {detail}" if path else str(detail)
