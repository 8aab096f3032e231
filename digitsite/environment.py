"""Reads environment variables. A value that can't be used raises an error that names the variable."""

import os
import re
import secrets
from pathlib import Path
from typing import Any, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from ml.atomic_files import made_once


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


def kept_secret_key(folder: Path) -> str:
    """The secret key of this data folder, made once. Two processes that start together get the same key."""
    file = folder / "secret_key"
    with made_once(file, mode=0o600) as part:
        if part:
            part.write_text(secrets.token_urlsafe(50))
    key = file.read_text().strip()
    if len(key) < 40:
        raise ImproperlyConfigured(f"{file} is damaged: delete it (everyone is signed out), or set SECRET_KEY.")
    return key


def rate(name: str, default: str) -> tuple[int, int] | None:
    """'300/min' or '10/15min' as (times, seconds); '0' turns the limit off."""
    value = text(name, default)
    if value == "0":
        return None
    match = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,3})?(s|sec|m|min|h|hour|d|day)", value)
    if not match:
        raise ImproperlyConfigured(f"{name}={value!r}: use a form like 300/min or 10/15min, or 0 to turn it off.")
    return int(match[1]), int(match[2] or 1) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[3][0]]


def database(url: str) -> dict[str, Any]:
    try:
        parsed = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}") from error
    backend = str(parsed["ENGINE"]).rpartition(".")[2]
    if backend in {"sqlite3", "postgresql"}:
        parsed["ENGINE"] = f"digitsite.databases.{backend}"
    return parsed


def redis(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("REDIS_URL: use redis-py's form, redis://host:6379/0 or unix:///path?db=0.")
    return url


def storage(url: str, default: Path, part: str = "") -> dict[str, Any]:
    """An entry of Django's STORAGES. `url`: `s3://bucket/prefix`, a folder, or "" for the folder `default`.

    `part`: what is kept below the bucket's prefix or the folder.
    """
    if url.startswith("s3://"):
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
            raise ImproperlyConfigured(
                f"DIGITSITE_STORAGE={url!r}: a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens."
            )
        location = "/".join(filter(None, (*prefix.split("/"), part)))
        return {"BACKEND": "digitsite.s3.Bucket", "OPTIONS": {"bucket_name": bucket, "location": location}}
    if "://" in url:
        raise ImproperlyConfigured(f"DIGITSITE_STORAGE={url!r}: use s3://bucket, s3://bucket/prefix or a folder.")
    location = str(Path(url).expanduser().absolute() / part) if url else str(default)
    options = {"location": location, "allow_overwrite": True}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}


def public_url(name: str) -> str:
    """Scheme, host and port by which visitors reach the site, without a slash at the end; "" if it isn't set."""
    value = text(name).rstrip("/")
    if value and not re.fullmatch(r"https?://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?", value):
        raise ImproperlyConfigured(f"{name}={value!r}: use a form like https://digits.example, without a path.")
    return value


def contact(name: str) -> str:
    """An address as RFC 9116 wants it: mailto:, https:// or tel:; "" if it isn't set."""
    value = text(name)
    if value and not re.fullmatch(r"(mailto:[^\s@]+@[^\s@]+|https://\S+|tel:[+\d-]+)", value):
        raise ImproperlyConfigured(f"{name}={value!r}: use a form like mailto:security@digits.example.")
    return value


def time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise ImproperlyConfigured(f"TIME_ZONE={name!r}: use a name like Europe/Berlin.") from error
