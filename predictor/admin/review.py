"""The page of review: its views, and what its script asks for."""

import functools
import json
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from predictor import errors
from predictor.admin.shared import reviewer
from predictor.review import agreement as review_agreement
from predictor.review import claims
from predictor.review import desk as review_desk

View = Callable[[HttpRequest], HttpResponse]
GRID = 50
AT_ONCE = 500
"""Answers, or drawings, that one request names at most."""


def for_reviewers(view: View) -> View:
    """Sign in first; 403 for who may not review."""

    @functools.wraps(view)
    def handle(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("predictor.change_label"):
            raise PermissionDenied("You may not review: ask an administrator to add you to the group “reviewers”.")
        return view(request)

    return admin.site.admin_view(handle)


def asked(answer: Callable[[HttpRequest, "Asked"], dict[str, Any]]) -> View:
    """A view that takes JSON and answers JSON, its errors in the one shape."""

    @require_POST
    def handle(request: HttpRequest) -> HttpResponse:
        try:
            return JsonResponse(answer(request, Asked(request)))
        except errors.DomainError as error:
            return JsonResponse(errors.body(error.code, error.message), status=error.status)

    return for_reviewers(functools.wraps(answer)(handle))


class Asked:
    """What the script sent, checked. Raises BadValue."""

    def __init__(self, request: HttpRequest) -> None:
        # A page that is left can send a form only.
        sent = request.POST.get("json") or request.body
        try:
            self._values = json.loads(sent)
        except ValueError as error:
            raise errors.BadValue("Send JSON.") from error
        if not isinstance(self._values, dict):
            raise errors.BadValue("Send a JSON object.")

    def number(self, name: str) -> int | None:
        value = self._values.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31):
            raise errors.BadValue(f"“{name}” is a whole number.")
        return value

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise errors.BadValue(f"“{name}” is a text.")
        return value

    def flag(self, name: str) -> bool:
        return self._values.get(name) is True

    def ids(self, name: str) -> list[uuid.UUID]:
        return [_id(each) for each in self._list(name)]

    def answers(self) -> list[dict[str, Any]]:
        found = []
        for each in self._list("answers"):
            if not isinstance(each, dict) or not isinstance(each.get("revision"), int):
                raise errors.BadValue("An answer has “id”, “revision”, and “text”, or null to skip.")
            if each.get("text") is not None and not isinstance(each["text"], str):
                raise errors.BadValue("An answer’s “text” is a text, or null to skip.")
            found.append({"drawing_id": _id(each.get("id")), "revision": each["revision"], "text": each.get("text")})
        return found

    def _list(self, name: str) -> list[Any]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or len(value) > AT_ONCE:
            raise errors.BadValue(f"“{name}” is a list of at most {AT_ONCE}.")
        return value


def _id(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise errors.BadValue("A drawing’s id is a UUID.") from error


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """One drawing at a time."""
    shown = {"ahead": int(settings.REVIEW["ahead"]), "newest": review_desk.newest(reviewer(request)) or ""}
    return _page(request, "predictor/review/desk.html", "Review", **shown)


@require_GET
def grid(request: HttpRequest) -> HttpResponse:
    """Many of one reading at a glance."""
    waiting = claims.waiting_by_reading()
    readings = [(reading, waiting[reading]) for reading in (*"0123456789", "")]
    return _page(request, "predictor/review/grid.html", "Review as a grid", count=GRID, readings=readings)


@require_GET
def agreement(request: HttpRequest) -> HttpResponse:
    found = {"overall": review_agreement.overall().items(), "reviewers": review_agreement.by_reviewer()}
    return _page(request, "predictor/review/agreement.html", "Agreement", **found)


def _page(request: HttpRequest, template: str, title: str, **values: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), "title": title, **values})


def next_ones(request: HttpRequest, sent: Asked) -> dict[str, Any]:
    """More drawings, beside those in hand."""
    return _hand(request, sent)


def answers(request: HttpRequest, sent: Asked) -> dict[str, Any]:
    """Answers in the order they were given, undone as one where they are a batch; then more drawings."""
    batch = uuid.uuid4() if sent.flag("batch") else None
    done = review_desk.answer_all(reviewer=reviewer(request), answers=sent.answers(), batch=batch)
    return {"done": done, **_hand(request, sent)}


def undo(request: HttpRequest, sent: Asked) -> dict[str, Any]:
    who = reviewer(request)
    drawings = review_desk.take_back(reviewer=who, action_id=sent.number("action"))
    return {"drawings": drawings, "progress": review_desk.progress(who)}


def release(request: HttpRequest, sent: Asked) -> dict[str, Any]:
    """Lets go of what was not answered."""
    claims.release(reviewer=reviewer(request), ids=sent.ids("ids"))
    return {}


def _hand(request: HttpRequest, sent: Asked) -> dict[str, Any]:
    who = reviewer(request)
    count = min(sent.number("count") or 0, GRID)
    taken = claims.take(reviewer=who, count=count, reading=sent.text("reading"), holding=sent.ids("holding"))
    return {"drawings": review_desk.show(taken), "progress": review_desk.progress(who)}


urlpatterns = [
    path("", for_reviewers(desk), name="desk"),
    path("grid/", for_reviewers(grid), name="grid"),
    path("agreement/", for_reviewers(agreement), name="agreement"),
    path("next/", asked(next_ones), name="next"),
    path("answers/", asked(answers), name="answers"),
    path("undo/", asked(undo), name="undo"),
    path("release/", asked(release), name="release"),
]
app_name = "review"
