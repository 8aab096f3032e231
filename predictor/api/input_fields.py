"""The fields of the API's input: pictures, strokes, boxes, labels."""

import base64
import json
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

STROKES_LIMIT, POINTS_LIMIT, STROKES_BYTES = 1_000, 40_000, 2 * 2**20
"""The most strokes of a drawing, their points, and the bytes of both as JSON."""
LARGEST_NUMBER = 1e9


@extend_schema_field({"type": "string", "format": "data-url", "description": "A picture as a data URL in base64."})
class PictureField(serializers.Field[bytes, Any, Any, Any]):
    """An uploaded file or a `data:` URL, validated into bytes. b"" if strokes came instead."""

    default_error_messages = {
        "not_a_picture": _("Send a file, or a data URL such as data:image/png;base64,…."),
        "broken_base64": _("The base64 of the data URL is broken."),
        "empty": _("The picture is empty (0 bytes)."),
    }

    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)
        return b"" if value is empty and dictionary.get("strokes") else value

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is empty:
            self.fail("required")
        return (True, data) if data == b"" else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> bytes:
        content = data.read() if hasattr(data, "read") else self._from_data_url(data)
        if not content:
            self.fail("empty")
        return bytes(content)

    def to_representation(self, value: Any) -> Any:
        return value

    def _from_data_url(self, data: Any) -> bytes:
        if not isinstance(data, str) or not data.startswith("data:") or ";base64," not in data[:100]:
            self.fail("not_a_picture")
        try:
            return base64.b64decode(data.partition(";base64,")[2], validate=True)
        except ValueError:  # binascii.Error, or letters that are not ASCII
            self.fail("broken_base64")
            raise


@extend_schema_field({"type": "string", "format": "binary", "description": "A picture's file."})
class PictureFileField(PictureField):
    """The same in a form."""


_NUMBER = {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}
_COLOUR = {"type": "string", "pattern": "^[ -~]{0,40}$", "example": "#000000"}
_POINT = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 4}
_STROKE = {
    "type": "object",
    "properties": {"colour": _COLOUR, "width": _NUMBER, "points": {"type": "array", "items": _POINT}},
    "required": ["points"],
}


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "width": _NUMBER,
            "height": _NUMBER,
            "background": {**_COLOUR, "example": "#ffffff"},
            "strokes": {"type": "array", "items": _STROKE, "maxItems": STROKES_LIMIT},
        },
        "required": ["width", "height", "strokes"],
    }
)
class StrokesField(serializers.Field[dict[str, Any] | None, Any, Any, Any]):
    """The pen's movements beside the picture: `points` are [x, y, t_ms, pressure]."""

    default_error_messages = {
        "shape": _("Strokes are {shape}."),
        "number": _("Strokes hold finite numbers only, not NaN or infinity."),
        "too_many": _("That is too much: at most {strokes} strokes, {points} points and {megabytes} MB are taken."),
    }

    def get_value(self, dictionary: Any) -> Any:
        return dictionary.get(self.field_name, empty)  # an empty text in a form is no JSON

    def to_internal_value(self, data: Any) -> dict[str, Any] | None:
        value = data
        if isinstance(value, str):  # a form's field
            if len(value) > STROKES_BYTES:
                self._fail_too_many()
            try:
                value = json.loads(value, parse_constant=lambda _name: self.fail("number"))
            except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, or nested as deep
                self._fail_shape()
        if value is None:
            return None
        if not isinstance(value, dict) or not isinstance(value.get("strokes"), list):
            self._fail_shape()
        return {
            "width": self._number(value.get("width")),
            "height": self._number(value.get("height")),
            "background": self._colour(value.get("background", "#ffffff")),
            "strokes": self._strokes(value["strokes"]),
        }

    def to_representation(self, value: Any) -> Any:
        return value

    def _strokes(self, strokes: list[Any]) -> list[dict[str, Any]]:
        if len(strokes) > STROKES_LIMIT:
            self._fail_too_many()
        checked, points = [], 0
        for stroke in strokes:
            if not isinstance(stroke, dict) or not isinstance(stroke.get("points"), list):
                self._fail_shape()
            points += len(stroke["points"])
            if points > POINTS_LIMIT:
                self._fail_too_many()
            checked.append(
                {
                    "colour": self._colour(stroke.get("colour", "#000000")),
                    "width": self._number(stroke.get("width", 1)),
                    "points": [self._point(point) for point in stroke["points"]],
                }
            )
        # A number takes up to 24 bytes; few drawings could take as many as are allowed.
        if points > POINTS_LIMIT // 2 and len(json.dumps(checked)) > STROKES_BYTES:
            self._fail_too_many()
        return checked

    def _point(self, point: Any) -> list[float]:
        if not isinstance(point, list) or not 2 <= len(point) <= 4:
            self._fail_shape()
        return [self._number(value) for value in point]

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fail_shape()
        if not abs(value) <= LARGEST_NUMBER:
            self.fail("number")
        return float(value)

    def _colour(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > 40 or not (value.isascii() and value.isprintable()):
            self._fail_shape()
        return str(value)

    def _fail_too_many(self) -> None:
        self.fail("too_many", strokes=STROKES_LIMIT, points=POINTS_LIMIT, megabytes=STROKES_BYTES // 2**20)

    def _fail_shape(self) -> None:
        shape = (
            '{"width", "height", "background", "strokes": [{"colour", "width", "points": [[x, y, t_ms, pressure]]}]}'
        )
        self.fail("shape", shape=shape)


@extend_schema_field(
    {
        "type": "array",
        "items": _NUMBER,
        "minItems": 4,
        "maxItems": 4,
        "example": [82, 41, 130, 214],
        "description": "x, y, width and height of the part to read, in pixels of the upright picture.",
    }
)
class BoxField(serializers.Field[tuple[float, ...] | None, Any, Any, Any]):
    """A part of the picture: [x, y, width, height]. A form sends it as JSON, or as four values of the same name."""

    default_error_messages = {
        "shape": _("A box is four finite numbers, [x, y, width, height], with a width and height above 0."),
    }

    def get_value(self, dictionary: Any) -> Any:
        sent = dictionary.getlist(self.field_name) if hasattr(dictionary, "getlist") else []
        return sent if len(sent) > 1 else super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> tuple[float, ...] | None:
        values = self._parsed(data) if isinstance(data, str) else data
        if values is None:
            return None
        if not isinstance(values, list) or len(values) != 4:
            self.fail("shape")
        box = tuple(map(self._number, values))
        if min(box[2:]) <= 0:
            self.fail("shape")
        return box

    def to_representation(self, value: Any) -> Any:
        return value

    def _number(self, value: Any) -> float:
        number = self._parsed(value) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= LARGEST_NUMBER:
            self.fail("shape")
        return float(number)

    def _parsed(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            self.fail("shape")


@extend_schema_field({"type": "string", "pattern": "^[0-9]{0,32}$"})
class LabelText(serializers.CharField):
    """Digits, as a text; `review.labels` checks them by the drawing's mode."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


_SPELLED = serializers.BooleanField.TRUE_VALUES | serializers.BooleanField.FALSE_VALUES
_TEXTS = sorted(value for value in _SPELLED if isinstance(value, str))


@extend_schema_field(
    {
        "anyOf": [
            {"type": "boolean"},
            {"type": "integer", "minimum": 0, "maximum": 1},
            {"type": "string", "enum": _TEXTS},
        ],
        "example": True,
    }
)
class GivenBooleanField(serializers.BooleanField):
    """A yes or no that must be there. In a form, DRF would take a missing one for a no."""

    default_empty_html = empty
