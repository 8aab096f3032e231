"""The API's views: each checks its input, calls one function, and answers."""

import uuid

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters.utils import translate_validation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from predictor.api import inputs, outputs
from predictor.api.docs import VisitorScheme
from predictor.api.history_pages import HistoryPages
from predictor.drawings import consent, framing, history, intake, visitors
from predictor.errors import BadValue, NotFound
from predictor.models import Drawing, ModelVersion, Prediction, PredictionStatus
from predictor.reading import explanations, glances, queue
from predictor.reading.admission import place
from predictor.review import labels as review_labels
from predictor.versions import registry

ERRORS = {
    status: OpenApiResponse(outputs.ErrorOutput, description=description)
    for status, description in {
        400: "A bad value",
        403: "A CSRF token is missing",
        404: "Nothing there, or not yours",
        409: "Not possible in the drawing's current state",
        413: "Too large",
        415: "Not a picture we read, or a body that is neither JSON nor a form",
        429: "Too often; wait for Retry-After seconds",
        503: "A part of the site is down, or too many are waiting; nothing was stored",
    }.items()
}


class Drawings(APIView):
    """Lists a visitor's drawings, and takes new ones."""

    @extend_schema(
        operation_id="drawings_list",
        summary="Your drawings, newest first",
        parameters=inputs.history_parameters(),
        responses={200: outputs.HistoryOutput, **{status: ERRORS[status] for status in (400, 404)}},
    )
    def get(self, request: Request) -> Response:
        wanted = history.DrawingFilter(request.query_params, visitors.history_of(request))
        if not wanted.is_valid():
            raise translate_validation(wanted.errors)
        pages = HistoryPages()
        page: list[Drawing] | None = pages.paginate_queryset(history.for_showing(wanted.qs), request, view=self)
        found = {
            "next": pages.get_next_link(),
            "previous": pages.get_previous_link(),
            "results": [outputs.ShownDrawing.of(drawing) for drawing in page or []],
        }
        return Response(outputs.HistoryOutput(found).data)

    @extend_schema(
        summary="Send a drawing to be read",
        request=inputs.bodies(inputs.DrawingInput, inputs.DrawingForm),
        responses={
            201: outputs.DrawingOutput,
            202: OpenApiResponse(outputs.DrawingOutput, description="Stored, and not read yet: see Location"),
            **{status: ERRORS[status] for status in (400, 403, 413, 415, 429, 503)},
        },
    )
    @place()
    def post(self, request: Request) -> Response:
        submission = inputs.DrawingInput(data=request.data).submission()
        visitors.admit(request)
        drawing, prediction = intake.add_drawing(owner=visitors.owner_of(request), submission=submission)
        return _read_answer(drawing, prediction, status=201)


class OneDrawing(APIView):
    @extend_schema(summary="One of your drawings", responses={200: outputs.DrawingOutput, 404: ERRORS[404]})
    def get(self, request: Request, drawing_id: uuid.UUID) -> Response:
        return _answer(_own(request, drawing_id))

    @extend_schema(
        summary="Send a revision of a drawing that the client named",
        request=inputs.bodies(inputs.RevisionInput, inputs.RevisionForm),
        responses={
            200: outputs.DrawingOutput,
            201: outputs.DrawingOutput,
            202: OpenApiResponse(outputs.DrawingOutput, description="Stored, and not read yet: see Location"),
            **ERRORS,
        },
    )
    @place()
    def put(self, request: Request, drawing_id: uuid.UUID) -> Response:
        checked = inputs.RevisionInput(data=request.data)
        submission = checked.submission()
        visitors.admit(request)
        drawing, prediction, is_new = intake.put_revision(
            owner=visitors.owner_of(request),
            drawing_id=drawing_id,
            revision=checked.validated_data["revision"],
            submission=submission,
        )
        return _read_answer(drawing, prediction, status=201 if is_new else 200)

    @extend_schema(summary="Forget a drawing", responses={204: None, 403: ERRORS[403], 404: ERRORS[404]})
    def delete(self, request: Request, drawing_id: uuid.UUID) -> Response:
        intake.forget(drawing=_own(request, drawing_id))
        return Response(status=204)


class DrawingLabel(APIView):
    @extend_schema(
        summary="Say what a drawing is",
        request=inputs.LabelInput,
        responses={200: outputs.DrawingOutput, **{s: ERRORS[s] for s in (400, 403, 404, 415)}},
    )
    def post(self, request: Request, drawing_id: uuid.UUID) -> Response:
        said = inputs.LabelInput(data=request.data)
        said.is_valid(raise_exception=True)
        drawing = _own(request, drawing_id)
        review_labels.propose_label(drawing=drawing, text=said.validated_data["text"], owner=drawing.owner)
        return _answer(_own(request, drawing_id))

    @extend_schema(
        summary="Withdraw your label",
        responses={200: outputs.DrawingOutput, **{s: ERRORS[s] for s in (403, 404, 409)}},
    )
    def delete(self, request: Request, drawing_id: uuid.UUID) -> Response:
        drawing = _own(request, drawing_id)
        review_labels.withdraw_label(drawing=drawing, owner=drawing.owner)
        return _answer(_own(request, drawing_id))


class DrawingImage(APIView):
    @extend_schema(
        summary="The picture",
        parameters=[OpenApiParameter("part", enum=["box"], description="only the part within the drawing's box")],
        responses={
            **{(200, kind): OpenApiTypes.BINARY for kind in ("image/png", "image/jpeg")},
            304: OpenApiResponse(description="The same as its ETag in If-None-Match says"),
            **{status: ERRORS[status] for status in (400, 404)},
        },
    )
    def get(self, request: Request, drawing_id: uuid.UUID) -> HttpResponse:
        part = request.query_params.get("part")
        if part not in {None, "box"}:
            message = _("The only part is “box”.")
            raise BadValue(message, fields={"part": [message]})
        drawing = visitors.drawings_of(request).defer("strokes").filter(pk=drawing_id).first()
        if drawing is None and request.user.is_staff and request.user.has_perm("predictor.view_drawing"):
            drawing = Drawing.objects.filter(pk=drawing_id).first()
        if drawing is None:
            raise NotFound(_("There is no such drawing of yours."))
        box = drawing.box if part else None
        tag = "-".join(map(str, [drawing.image_hash, *(box or [])]))
        headers = {"ETag": f'"{tag}"'}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return HttpResponse(status=304, headers=headers)
        data, kind = framing.framed(drawing) if box else (bytes(drawing.image), drawing.image_type)
        return HttpResponse(data, content_type=kind, headers=headers)


class DrawingStrokes(APIView):
    @extend_schema(summary="The pen's movements", responses={200: outputs.StrokesOutput, 404: ERRORS[404]})
    def get(self, request: Request, drawing_id: uuid.UUID) -> Response:
        drawing = visitors.drawings_of(request).only("strokes").filter(pk=drawing_id).first()
        if drawing is None:
            raise NotFound(_("There is no such drawing of yours."))
        if drawing.strokes is None:
            raise NotFound(_("This drawing came without strokes."))
        return Response(outputs.StrokesOutput(drawing.strokes).data)


class DrawingExplanation(APIView):
    @extend_schema(
        summary="Why the drawing was read as it was",
        responses={
            200: outputs.ExplanationOutput,
            202: OpenApiResponse(outputs.ExplanationOutput, description="Not explained yet: ask again"),
            **{status: ERRORS[status] for status in (404, 429, 503)},
        },
    )
    @place()
    def get(self, request: Request, drawing_id: uuid.UUID) -> Response:
        prediction = _own(request, drawing_id).live_prediction
        if prediction and prediction.status == PredictionStatus.DONE:
            prediction.refresh_from_db(fields=["explanation"])
            if prediction.explanation is None:
                visitors.limit(request, "explanations", settings.DIGITSITE_EXPLANATIONS)
            if explanations.explain(prediction, seconds=settings.DIGITSITE_WAIT):
                return Response(outputs.ExplanationOutput(prediction.explanation).data)
        not_yet = {"model": "", "method": "occlusion", "glyphs": []}
        return Response(outputs.ExplanationOutput(not_yet).data, status=202, headers={"Retry-After": "1"})


class Glances(APIView):
    @extend_schema(
        summary="Read a picture without keeping it, for example while the pen is down",
        request=inputs.bodies(inputs.GlanceInput, inputs.GlanceForm),
        responses={200: outputs.GlanceOutput, **{s: ERRORS[s] for s in (400, 403, 413, 415, 429, 503)}},
    )
    @place()
    def post(self, request: Request) -> Response:
        checked = inputs.GlanceInput(data=request.data)
        checked.is_valid(raise_exception=True)
        visitors.admit(request, share=glances.SHARE)
        given = {name: checked.validated_data[name] for name in ("mode", "strokes")}
        kept = intake.prepare(checked.validated_data["image"], given["strokes"])
        given["box"] = intake.box_in(kept, checked.validated_data["box"])
        return Response(outputs.GlanceOutput(glances.read(kept, **given)).data)


class Consent(APIView):
    @extend_schema(summary="Whether the site may learn from your drawings", responses={200: outputs.ConsentOutput})
    def get(self, request: Request) -> Response:
        return Response(outputs.ConsentOutput(visitors.owner_of(request)).data)

    @extend_schema(
        summary="Let the site learn from your drawings, or withdraw that for all of them",
        request=inputs.ConsentInput,
        auth=[{VisitorScheme.name: []}],  # type: ignore[list-item]  # they are dictionaries
        responses={200: outputs.ConsentOutput, **{s: ERRORS[s] for s in (400, 403, 415)}},
    )
    def put(self, request: Request) -> Response:
        said = inputs.ConsentInput(data=request.data)
        said.is_valid(raise_exception=True)
        may: bool = said.validated_data["consent"]
        consent.answer(owner=visitors.returning(request), may=may)
        return Response(outputs.ConsentOutput({"consent": may}).data)


class Models(APIView):
    @extend_schema(summary="The networks the site has had", responses={200: outputs.ModelOutput(many=True)})
    def get(self, request: Request) -> Response:
        return Response([outputs.ModelOutput(version).data for version in ModelVersion.objects.order_by("-pk")])


class Champion(APIView):
    @extend_schema(
        summary="The network that reads drawings now", responses={200: outputs.ModelOutput, 404: ERRORS[404]}
    )
    def get(self, request: Request) -> Response:
        champion = registry.champion()
        if champion is None:
            raise NotFound(_("There is no champion yet."))
        return Response(outputs.ModelOutput(champion).data)


def _own(request: Request, drawing_id: uuid.UUID) -> Drawing:
    drawing: Drawing | None = (
        history.for_showing(visitors.drawings_of(request).select_related("owner")).filter(pk=drawing_id).first()
    )
    if drawing is None:
        raise NotFound(_("There is no such drawing of yours."))
    return drawing


def _answer(drawing: Drawing) -> Response:
    return Response(outputs.DrawingOutput(outputs.ShownDrawing.of(drawing)).data)


def _read_answer(drawing: Drawing, prediction: Prediction, *, status: int) -> Response:
    """Waits for the reading and answers with the drawing; 202 if it takes too long."""
    queue.wait_for(prediction, seconds=settings.DIGITSITE_WAIT)
    if prediction.status == PredictionStatus.SUPERSEDED:
        drawing.refresh_from_db()
        prediction = drawing.live_prediction or prediction
    shown = outputs.ShownDrawing(drawing, prediction, drawing.shown_label if status == 200 else None)
    answer = outputs.DrawingOutput(shown).data
    if shown.status == PredictionStatus.QUEUED:
        return Response(answer, status=202, headers={"Location": reverse("api:drawing", args=[drawing.pk])})
    return Response(answer, status=status)
