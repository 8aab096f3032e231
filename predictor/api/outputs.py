"""What the API answers. The serializers are the schema; `drawing` fills them."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from predictor.models import Drawing, Label, Prediction, PredictionStatus


class GlyphOutput(serializers.Serializer[Any]):
    box = serializers.ListField(
        child=serializers.IntegerField(), min_length=4, max_length=4, help_text="x, y, width, height in the picture"
    )
    digit = serializers.IntegerField(min_value=0, max_value=9)
    confidence = serializers.FloatField(help_text="the calibrated probability that the digit is right")
    probabilities = serializers.ListField(child=serializers.FloatField(), min_length=10, max_length=10)
    pixels = serializers.CharField(help_text="data URL of the 28×28 picture that the network saw")


class PredictionOutput(serializers.Serializer[Any]):
    text = serializers.CharField(
        allow_blank=True, help_text='the best guess, also when not sure; "" for nothing to read'
    )
    confidence = serializers.FloatField(
        allow_null=True, help_text="the calibrated probability that the whole text is right; null for nothing to read"
    )
    sure = serializers.BooleanField()
    model = serializers.CharField(help_text="the version of the network that read it")
    elapsed_ms = serializers.FloatField(help_text="milliseconds from arrival to reading")
    glyphs = GlyphOutput(many=True)


class GlanceOutput(serializers.Serializer[Any]):
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    prediction = PredictionOutput()


class LabelOutput(serializers.Serializer[Any]):
    text = serializers.CharField(allow_blank=True)
    by = serializers.ChoiceField(choices=["visitor", "reviewer"])
    state = serializers.ChoiceField(choices=["proposed", "accepted", "rejected"])


class DrawingOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    mode = serializers.ChoiceField(choices=["digit", "number"])
    source = serializers.ChoiceField(  # type: ignore[assignment]  # "source" is the contract's name
        choices=["canvas", "upload", "camera", "api", "import"]
    )
    created_at = serializers.DateTimeField()
    image_url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["done", "queued", "failed"])
    label = LabelOutput(allow_null=True)  # type: ignore[assignment]
    prediction = PredictionOutput(allow_null=True)


class HistoryOutput(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DrawingOutput(many=True)


class StrokeOutput(serializers.Serializer[Any]):
    colour = serializers.CharField()
    width = serializers.FloatField()
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=4),
        help_text="x, y, milliseconds, pressure; the last two where they were sent",
    )


class StrokesOutput(serializers.Serializer[Any]):
    width = serializers.FloatField()
    height = serializers.FloatField()
    background = serializers.CharField()
    strokes = StrokeOutput(many=True)


class ConsentOutput(serializers.Serializer[Any]):
    consent = serializers.BooleanField(allow_null=True, help_text="null: not asked yet")


class ExplainedGlyphOutput(serializers.Serializer[Any]):
    box = serializers.ListField(child=serializers.IntegerField())
    digit = serializers.IntegerField()
    pixels = serializers.CharField()
    importance = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="28 rows of 28 values, −1 to 1: how much each place speaks for the digit",
    )


class ExplanationOutput(serializers.Serializer[Any]):
    model = serializers.CharField()
    method = serializers.CharField()
    glyphs = ExplainedGlyphOutput(many=True)


class ModelOutput(serializers.Serializer[Any]):
    version = serializers.CharField()
    status = serializers.ChoiceField(choices=["candidate", "champion", "retired", "failed"])
    bundled = serializers.BooleanField()
    sha256 = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    network = serializers.CharField()
    metrics = serializers.DictField()
    created_at = serializers.DateTimeField()
    promoted_at = serializers.DateTimeField(allow_null=True)


class ErrorDetail(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(required=False)  # type: ignore[assignment]


class ErrorOutput(serializers.Serializer[Any]):
    error = ErrorDetail()


def drawing(stored: Drawing, prediction: Prediction | None, label: Label | None) -> dict[str, Any]:
    """A drawing as the API shows it; `prediction` is the live one of its newest revision."""
    status = prediction.status if prediction else PredictionStatus.FAILED
    return {
        "id": str(stored.pk),
        "revision": stored.revision,
        "mode": stored.mode,
        "source": stored.source,
        "created_at": stored.created_at.isoformat(),
        "image_url": reverse("api:image", args=[stored.pk]),
        "width": stored.width,
        "height": stored.height,
        "status": "queued" if status == PredictionStatus.SUPERSEDED else str(status),
        "label": {"text": label.text, "by": label.by, "state": label.state} if label else None,
        "prediction": _prediction(prediction) if prediction and status == PredictionStatus.DONE else None,
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "text": prediction.text,
        "confidence": prediction.confidence,
        "sure": prediction.sure,
        "model": str(prediction.model_id),
        "elapsed_ms": prediction.elapsed_ms,
        "glyphs": prediction.glyphs,
    }
