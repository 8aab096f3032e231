"""A read glyph as JSON, for the API and the review pages."""

from typing import Any

from rest_framework import serializers


class GlyphOutput(serializers.Serializer[Any]):
    box = serializers.ListField(
        child=serializers.IntegerField(), min_length=4, max_length=4, help_text="x, y, width, height in the picture"
    )
    digit = serializers.IntegerField(min_value=0, max_value=9)
    confidence = serializers.FloatField(help_text="the calibrated probability that the digit is right")
    probabilities = serializers.ListField(child=serializers.FloatField(), min_length=10, max_length=10)
    pixels = serializers.CharField(help_text="data URL of the 28×28 picture that the network saw")
