"""The JSON of the review page: what its script sends, and what it gets."""

from typing import Any

from rest_framework import serializers

from predictor.admin.common import part_url
from predictor.glyph_output import GlyphOutput
from predictor.models import Mode
from predictor.review.desk import Answer, Shown

AT_ONCE = 500
"""The most answers, or drawings, that one request names."""


class TextField(serializers.CharField):
    """Text, kept exactly as it is sent. Numbers are refused."""

    default_error_messages = {"invalid": "Not a text."}

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def _ids(**options: Any) -> "serializers.ListField":
    return serializers.ListField(child=serializers.UUIDField(), max_length=AT_ONCE, **options)


class MoreInput(serializers.Serializer[Any]):
    """How many drawings the page wants in addition to those that it holds."""

    count = serializers.IntegerField(min_value=0)
    reading = TextField(
        allow_null=True, default=None, help_text="only drawings read as this digit; “” means read as nothing"
    )
    holding = _ids(default=list)


class AnswerInput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    text = TextField(allow_null=True, default=None, help_text="“” is “not a digit”, null skips")


class AnswersInput(MoreInput):
    """Answers in the order they were given. `batch`: they are undone together."""

    count = serializers.IntegerField(min_value=0, default=0)
    answers = AnswerInput(many=True, max_length=AT_ONCE)  # type: ignore[call-arg]  # an option of the list
    batch = serializers.BooleanField(default=False)

    def given(self) -> list[Answer]:
        return [Answer(each["id"], each["revision"], each["text"]) for each in self.validated_data["answers"]]


class UndoInput(serializers.Serializer[Any]):
    action = serializers.IntegerField(
        allow_null=True, default=None, help_text="null undoes the newest action that stands"
    )


class ReleaseInput(serializers.Serializer[Any]):
    ids = _ids()


class ReadingOutput(serializers.Serializer[Any]):
    text = serializers.CharField()
    confidence = serializers.FloatField()
    sure = serializers.BooleanField()
    model = serializers.IntegerField(source="model_id")
    glyphs = GlyphOutput(many=True)


class SimilarOutput(serializers.Serializer[Any]):
    text = serializers.CharField()
    pixels = serializers.CharField()


class ShownOutput(serializers.Serializer[Shown]):
    """A drawing as a reviewer sees it."""

    id = serializers.UUIDField(source="drawing.pk")
    revision = serializers.IntegerField(source="drawing.revision")
    mode = serializers.ChoiceField(source="drawing.mode", choices=Mode.choices)
    image = serializers.SerializerMethodField()
    width = serializers.SerializerMethodField()
    height = serializers.SerializerMethodField()
    reading = ReadingOutput()
    others = ReadingOutput(many=True)
    said = serializers.CharField()
    suggestion = serializers.CharField()
    why = serializers.ListField(child=serializers.CharField())
    flagged = serializers.SerializerMethodField()
    similar = SimilarOutput(many=True)

    def get_image(self, shown: Shown) -> str:
        return part_url(shown.drawing.pk)

    def get_width(self, shown: Shown) -> int:
        return int(shown.drawing.box[2] if shown.drawing.box else shown.drawing.width)

    def get_height(self, shown: Shown) -> int:
        return int(shown.drawing.box[3] if shown.drawing.box else shown.drawing.height)

    def get_flagged(self, shown: Shown) -> bool:
        return shown.drawing.owner.flagged_at is not None


class ResultOutput(serializers.Serializer[Any]):
    """Either `action` or `error`."""

    id = serializers.UUIDField(source="drawing_id")
    action = serializers.IntegerField()
    error = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}


class ReviewProgressOutput(serializers.Serializer[Any]):
    mine = serializers.IntegerField(source="by_reviewer")
    all = serializers.IntegerField(source="by_all")
    open = serializers.IntegerField()
    newest = serializers.IntegerField()


class BatchOutput(serializers.Serializer[Any]):
    """More drawings, and the day's progress."""

    drawings = ShownOutput(many=True)
    progress = ReviewProgressOutput()


class AnsweredOutput(BatchOutput):
    done = ResultOutput(many=True)
