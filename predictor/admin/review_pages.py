"""The review pages, and the views that their scripts call."""

import functools
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from predictor.admin import review_serializers as json_of
from predictor.admin.common import reviewer
from predictor.review import agreement as review_agreement
from predictor.review import claims
from predictor.review import desk as review_desk

GRID = 50
"""Drawings on one page of the grid, and the most that one request returns."""

View = Callable[[HttpRequest], HttpResponseBase]
Input = TypeVar("Input", bound=serializers.Serializer[Any])


def for_reviewers(view: View) -> View:
    """Redirects to the sign-in page; 403 for a user who may not review."""

    @functools.wraps(view)
    def handle(request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm("predictor.change_label"):
            raise PermissionDenied("You may not review: ask an administrator to add you to the group “reviewers”.")
        return view(request)

    return admin.site.admin_view(handle)


@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """One drawing at a time."""
    return _page(request, "predictor/review/desk.html", "Review", ahead=settings.REVIEW.ahead)


@require_GET
def grid(request: HttpRequest) -> HttpResponse:
    """Many drawings with the same reading."""
    waiting = claims.waiting_by_reading()
    readings = [(reading, waiting[reading]) for reading in (*"0123456789", "")]
    shown = {"count": GRID, "readings": readings, "counted": claims.COUNTED_BY_READING}
    return _page(request, "predictor/review/grid.html", "Review as a grid", **shown)


@require_GET
def agreement(request: HttpRequest) -> HttpResponse:
    found = {"overall": review_agreement.overall().items(), "reviewers": review_agreement.by_reviewer()}
    return _page(request, "predictor/review/agreement.html", "Agreement", **found)


def _page(request: HttpRequest, template: str, title: str, **values: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), "title": title, **values})


class ReviewView(APIView):
    """JSON in and out, with errors in the API's shape."""

    authentication_classes = (SessionAuthentication,)
    schema = None

    def sent(self, kind: type[Input]) -> Input:
        """What the script sent. Raises ValidationError and ParseError."""
        data = self.request.data
        # A page that is being closed can only send a form.
        if "json" in self.request.POST:
            try:
                data = json.loads(self.request.POST["json"])
            except ValueError as error:
                raise ParseError from error
        checked = kind(data=data)
        checked.is_valid(raise_exception=True)
        return checked

    def more(self, count: int, reading: str | None, holding: list[uuid.UUID]) -> dict[str, Any]:
        """The next drawings, for `BatchOutput`."""
        who = reviewer(self.request)
        taken = claims.take(reviewer=who, count=min(count, GRID), reading=reading, holding=holding)
        return {"drawings": review_desk.show(taken), "progress": review_desk.progress(who)}


class NextView(ReviewView):
    """More drawings."""

    def post(self, request: Request) -> Response:
        return Response(json_of.BatchOutput(self.more(**self.sent(json_of.MoreInput).validated_data)).data)


class AnswersView(ReviewView):
    """Records answers, and hands out more drawings."""

    def post(self, request: Request) -> Response:
        sent = self.sent(json_of.AnswersInput)
        wanted = {name: sent.validated_data[name] for name in ("count", "reading", "holding")}
        batch = uuid.uuid4() if sent.validated_data["batch"] else None
        done = review_desk.answer_all(reviewer=reviewer(request), answers=sent.given(), batch=batch)
        return Response(json_of.AnsweredOutput({"done": done, **self.more(**wanted)}).data)


class UndoView(ReviewView):
    def post(self, request: Request) -> Response:
        action = self.sent(json_of.UndoInput).validated_data["action"]
        who = reviewer(request)
        drawings = review_desk.undo_own(reviewer=who, action_id=action)
        return Response(json_of.BatchOutput({"drawings": drawings, "progress": review_desk.progress(who)}).data)


class ReleaseView(ReviewView):
    """Ends the claims on drawings that were not answered."""

    def post(self, request: Request) -> Response:
        claims.release(reviewer=reviewer(request), ids=self.sent(json_of.ReleaseInput).validated_data["ids"])
        return Response({})


urlpatterns = [
    path("", for_reviewers(desk), name="desk"),
    path("grid/", for_reviewers(grid), name="grid"),
    path("agreement/", for_reviewers(agreement), name="agreement"),
    path("next/", for_reviewers(NextView.as_view()), name="next"),
    path("answers/", for_reviewers(AnswersView.as_view()), name="answers"),
    path("undo/", for_reviewers(UndoView.as_view()), name="undo"),
    path("release/", for_reviewers(ReleaseView.as_view()), name="release"),
]
app_name = "review"
