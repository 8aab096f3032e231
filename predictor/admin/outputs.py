"""JSON that the admin's own pages ask for."""

from typing import Any

from rest_framework import serializers


class StageProgressOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # also a field's own label
    state = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)


class RunProgressOutput(serializers.Serializer[Any]):
    """A training's RunProgress."""

    status = serializers.CharField()
    over = serializers.BooleanField()
    stages = StageProgressOutput(many=True)
    detail = serializers.CharField()
    progress = serializers.FloatField()
    remaining = serializers.FloatField(allow_null=True)
    elapsed = serializers.IntegerField()
    time = serializers.CharField(help_text="`elapsed` and `remaining` as text")
    curves = serializers.ListField(child=serializers.DictField(child=serializers.FloatField()))
