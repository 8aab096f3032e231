"""Reads environment variables and fails loudly, naming the variable, on a value it cannot use."""

import os
from pathlib import Path
from typing import overload

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: use 1 or 0.")


@overload
def number(name: str, default: int, *, minimum: int, maximum: int) -> int: ...
@overload
def number(name: str, default: float, *, minimum: float, maximum: float) -> float: ...


def number(name: str, default: float, *, minimum: float, maximum: float) -> float:
    value = text(name)
    if not value:
        return default
    try:
        parsed = type(default)(value)
    except ValueError:
        parsed = None
    if parsed is None or not minimum <= parsed <= maximum:
        raise ImproperlyConfigured(f"{name}={value!r}: use a number from {minimum} to {maximum}.")
    return parsed


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def folder(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().absolute()
