"""Serializers that share their fields with all others of their class: copying fields costs more than serializing.

So the fields must hold nothing of a request.
"""

import functools
from typing import Any

from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict


class SharedFields(serializers.Serializer[Any]):  # no docstring: it would describe each subclass in the API's schema
    @property
    def fields(self) -> BindingDict:
        return _fields_of(type(self))


@functools.cache
def _fields_of(serializer: type[SharedFields]) -> BindingDict:
    made = serializer()
    fields = BindingDict(made)
    fields.update(made.get_fields())
    return fields
