"""The API's input, validated."""

from typing import Any

from django.forms import Field
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from predictor.api.input_fields import (
    BoxField,
    GivenBooleanField,
    LabelText,
    PictureField,
    PictureFileField,
    StrokesField,
)
from predictor.api.shared_fields import SharedFields
from predictor.drawings import history
from predictor.drawings.intake import Submission
from predictor.models import Mode, Source

REVISION_LIMIT = 2**31 - 1
SENT_SOURCES = [choice for choice in Source.choices if choice[0] != Source.IMPORT]


class GlanceInput(SharedFields):
    """A picture to be read and not kept. Without one, its strokes are drawn."""

    image = PictureField(required=False)
    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.DIGIT)
    strokes = StrokesField(required=False, allow_null=True, default=None)
    box = BoxField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["image"] and attrs["strokes"] is None:  # a form's strokes that are the text null
            raise serializers.ValidationError({"image": [self.fields["image"].error_messages["required"]]}, "required")
        return attrs


class DrawingInput(GlanceInput):
    """A drawing as a client sends it."""

    source = serializers.ChoiceField(  # type: ignore[assignment]  # "source" is the contract's name
        choices=SENT_SOURCES, default=Source.API
    )
    consent = serializers.BooleanField(required=False, allow_null=True, default=None)

    def submission(self) -> Submission:
        """Raises ValidationError."""
        self.is_valid(raise_exception=True)
        known = ("mode", "source", "strokes", "box", "consent")
        values = {name: self.validated_data[name] for name in known}
        return Submission(data=self.validated_data["image"], **values)


class RevisionInput(DrawingInput):
    """One revision of a drawing that the client named."""

    revision = serializers.IntegerField(min_value=1, max_value=REVISION_LIMIT)


class GlanceForm(GlanceInput):
    """A picture's file to be read and not kept. Without one, its strokes are drawn."""

    image = PictureFileField(required=False)


class DrawingForm(DrawingInput):
    """A drawing as a client sends it in a form."""

    image = PictureFileField(required=False)


class RevisionForm(RevisionInput):
    """One revision of a drawing that the client named, in a form."""

    image = PictureFileField(required=False)


def bodies(sent: type[SharedFields], form: type[SharedFields]) -> dict[str, type[SharedFields]]:
    """The bodies of a call, by their type, for the API's schema."""
    return {"application/json": sent, "multipart/form-data": form}


class LabelInput(serializers.Serializer[Any]):
    """What a drawing is; "" for "not a digit"."""

    text = LabelText(allow_blank=True, max_length=64)


class ConsentInput(serializers.Serializer[Any]):
    """A visitor's answer to the question about consent."""

    consent = GivenBooleanField(help_text="false also withdraws consent for every earlier drawing")


def history_parameters() -> list[OpenApiParameter]:
    """The history's filters and pages, for the API's schema."""
    filters = [
        OpenApiParameter(name, _schema_of(each.field), description=each.extra["help_text"])
        for name, each in history.DrawingFilter.base_filters.items()
    ]
    limit = OpenApiParameter("limit", {"type": "integer", "minimum": 1}, description="the size of a page, up to 100")
    cursor = OpenApiParameter("cursor", str, description="a page, as `next` and `previous` name it")
    return [*filters, limit, cursor]


def _schema_of(field: Field) -> dict[str, Any]:
    """What a filter takes. An empty one is ignored: a page's form sends all of them."""
    if isinstance(field, history.DigitsField):
        return {"type": "string", "pattern": field.pattern}
    empty = {"type": "string", "maxLength": 0}
    if isinstance(field, history.FlagField):
        return {"type": "string", "enum": [*history.BOOLEANS, "null", ""]}
    return {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")] + [empty]}
