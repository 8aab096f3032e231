"""Refuses readings and passwords before Django sees them, while this process has no place for one.

A refusal takes a third of a millisecond here, and twice as long as a middleware: with four times the drawings that a
site can read, most requests are refusals.
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from django.core.handlers.wsgi import WSGIRequest
from django.template.loader import render_to_string
from django.utils import translation

from predictor import sign_in
from predictor.errors import body
from predictor.reading import admission
from predictor.web.middleware import drain

_READINGS = re.compile(r"/api/v1/(drawings/([^/]+/)?|glances/)")
_PASSWORDS = re.compile(r"/(accounts/(login|signup|password|delete)|admin/login)/")


def refuse_early(application: WSGIApplication) -> WSGIApplication:
    """The application, which is asked only while there is a place for another reading or password."""

    def handle(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method in {"POST", "PUT"} and _READINGS.fullmatch(path) and admission.is_full():
            return _refuse(environ, start_response, "application/json", 1)
        if method != "POST" or not _PASSWORDS.fullmatch(path):
            return application(environ, start_response)
        if not sign_in.places.acquire(blocking=False):
            return _refuse(environ, start_response, "text/html; charset=utf-8", round(sign_in.WAIT_SECONDS))
        try:
            return application(environ, start_response)
        finally:
            sign_in.places.release()

    return handle


def _refuse(environ: dict[str, Any], start_response: StartResponse, kind: str, seconds: int) -> Iterable[bytes]:
    drain(environ)
    said = _refusal(translation.get_language_from_request(WSGIRequest(environ)), is_json=kind == "application/json")
    headers = {"Content-Type": kind, "Content-Length": str(len(said)), "Retry-After": str(seconds)}
    start_response("503 Service Unavailable", list(headers.items()))
    return [said]


@lru_cache(maxsize=64)
def _refusal(language: str, *, is_json: bool) -> bytes:
    with translation.override(language):
        if is_json:
            return json.dumps(body("unavailable", str(admission.TOO_MANY))).encode()
        return render_to_string("503.html", {"message": sign_in.TOO_MANY}).encode()
