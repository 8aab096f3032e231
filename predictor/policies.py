"""Checks numbers in policies: the settings of review, datasets and the gate.

Policies are made while settings load, before Django's apps, so this imports only the standard library.
"""

import dataclasses
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def check_fields(policy: "DataclassInstance", setting: str) -> None:
    """Checks each field of a policy: a finite number, whole if the field is an int, at least 0.

    A field's metadata may hold other limits: `least`, `most` and `above` of `check_number`. Raises ValueError, which
    names the setting and the field.
    """
    for field in dataclasses.fields(policy):
        limits = {"least": 0, **field.metadata}
        check_number(f"{setting}.{field.name}", getattr(policy, field.name), whole=field.type is int, **limits)


def check_number(
    name: str,
    value: object,
    *,
    whole: bool = False,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
) -> None:
    """Raises ValueError unless it is a finite number (not a bool) from `least` to `most` and greater than `above`."""
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}: it must be {'a whole' if whole else 'a finite'} number.")
    if above < value and least <= value <= most:
        return
    if above >= least:
        allowed = f"above {above:g}" if most == math.inf else f"above {above:g} and up to {most:g}"
    else:
        allowed = f"at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
    raise ValueError(f"{name} is {value!r}: it must be {allowed}.")
