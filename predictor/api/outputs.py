"""The API's output."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from django.urls import reverse
from rest_framework import serializers

from predictor.api.shared_fields import SharedFields
from predictor.drawings import record
from predictor.glyph_output import GlyphOutput
from predictor.models import Drawing, Label, ModelVersion, Prediction, PredictionStatus


class IsoDateTimeField(serializers.DateTimeField):
    """ISO 8601 with the offset written out: 2026-01-31T12:00:00.123456+00:00."""

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


class StoredNumberField(serializers.FloatField):
    """A number of stored JSON, written as it is stored: 1 stays 1 and isn't turned into 1.0."""

    def to_representation(self, value: Any) -> Any:
        return value


class PredictionOutput(serializers.Serializer[Any]):
    text = serializers.CharField(
        allow_blank=True, help_text='the best guess, also when not sure; "" for nothing to read'
    )
    confidence = serializers.FloatField(
        allow_null=True, help_text="the calibrated probability that the whole text is right; null for nothing to read"
    )
    sure = serializers.BooleanField()
    several = serializers.BooleanField(
        help_text="the picture shows several digits and was sent in mode `digit`: send it in mode `number`"
    )
    model = serializers.CharField(source="model_id", help_text="the version of the network that read it")
    elapsed_ms = serializers.FloatField(help_text="milliseconds from queueing to reading")
    glyphs = GlyphOutput(many=True)


class GlanceOutput(SharedFields):
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    prediction = PredictionOutput()


class LabelOutput(serializers.Serializer[Any]):
    text = serializers.CharField(allow_blank=True)
    by = serializers.ChoiceField(choices=["visitor", "reviewer"])
    state = serializers.ChoiceField(choices=["proposed", "accepted", "rejected"])


@dataclass(frozen=True)
class ShownDrawing:
    """A drawing with the live prediction of its newest revision, and the label to show."""

    drawing: Drawing
    live: Prediction | None
    label: Label | None

    @classmethod
    def of(cls, drawing: Drawing) -> Self:
        """Of a drawing fetched with `history.for_showing`."""
        return cls(drawing, drawing.live_prediction, drawing.shown_label)

    @property
    def status(self) -> str:
        if self.live is None:
            return PredictionStatus.FAILED
        return PredictionStatus.QUEUED if self.live.status == PredictionStatus.SUPERSEDED else self.live.status

    @property
    def prediction(self) -> Prediction | None:
        return self.live if self.status == PredictionStatus.DONE else None

    @property
    def failure(self) -> str:
        return record.failure_of(self.live)

    @property
    def image_url(self) -> str:
        return reverse("api:image", args=[self.drawing.pk])


class DrawingOutput(SharedFields):
    id = serializers.UUIDField(source="drawing.pk")
    revision = serializers.IntegerField(source="drawing.revision")
    mode = serializers.ChoiceField(source="drawing.mode", choices=["digit", "number"])
    source = serializers.ChoiceField(  # type: ignore[assignment]  # "source" is the contract's name
        source="drawing.source", choices=["canvas", "upload", "camera", "api", "import"]
    )
    created_at = IsoDateTimeField(source="drawing.created_at")
    image_url = serializers.CharField()
    width = serializers.IntegerField(source="drawing.width")
    height = serializers.IntegerField(source="drawing.height")
    box = serializers.ListField(
        source="drawing.box",
        child=serializers.IntegerField(),
        min_length=4,
        max_length=4,
        allow_null=True,
        help_text="the part that is read: x, y, width and height; null for the whole picture",
    )
    status = serializers.ChoiceField(choices=["done", "queued", "failed"])
    failure = serializers.CharField(allow_blank=True, help_text='why its `status` is `failed`, and what to do; else ""')
    label = LabelOutput(allow_null=True)  # type: ignore[assignment]
    prediction = PredictionOutput(allow_null=True)


class HistoryOutput(SharedFields):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DrawingOutput(many=True)


class StrokeOutput(serializers.Serializer[Any]):
    colour = serializers.CharField()
    width = StoredNumberField()
    points = serializers.ListField(
        child=serializers.ListField(child=StoredNumberField(), min_length=2, max_length=4),
        help_text="x, y, milliseconds, pressure; the last two only if they were sent",
    )


class StrokesOutput(serializers.Serializer[Any]):
    width = StoredNumberField()
    height = StoredNumberField()
    background = serializers.CharField()
    strokes = StrokeOutput(many=True)


class ConsentOutput(serializers.Serializer[Any]):
    consent = serializers.BooleanField(allow_null=True, help_text="null: not asked yet")


class ExplainedGlyphOutput(serializers.Serializer[Any]):
    box = serializers.ListField(child=serializers.IntegerField())
    digit = serializers.IntegerField()
    pixels = serializers.CharField()
    importance = serializers.ListField(
        child=serializers.ListField(child=StoredNumberField()),
        help_text="28 rows of 28 values, −1 to 1: how much each pixel supports the digit",
    )


class ExplanationOutput(serializers.Serializer[Any]):
    model = serializers.CharField()
    method = serializers.CharField()
    glyphs = ExplainedGlyphOutput(many=True)


class ModelOutput(serializers.Serializer[ModelVersion]):
    version = serializers.CharField(source="pk")
    status = serializers.ChoiceField(choices=["candidate", "champion", "retired", "failed"])
    bundled = serializers.BooleanField()
    sha256 = serializers.CharField(help_text="of the artifact: of its reader and its ink finder")
    parent = serializers.CharField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    network = serializers.CharField(source="manifest.network", default="")
    metrics = serializers.DictField()
    created_at = serializers.DateTimeField(default_timezone=UTC)
    promoted_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)


class ErrorDetail(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(required=False)  # type: ignore[assignment]


class ErrorOutput(serializers.Serializer[Any]):
    error = ErrorDetail()
