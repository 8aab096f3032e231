"""What the admin's pages have in common."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework.request import Request

from predictor.percentages import percent


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rows that only the site itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def reviewer(request: HttpRequest | Request) -> User:
    """The signed-in user. The views that call this are open only to signed-in users."""
    return cast("User", request.user)


def image(url: str, size: int, alt: str) -> SafeString:
    return format_html('<img src="{}" width="{}" height="{}" alt="{}" loading="lazy">', url, size, size, alt)


def part_url(drawing_id: Any) -> str:
    """Where the part of a drawing's picture is that is read: all of it without a box."""
    return reverse("api:image", args=[drawing_id]) + "?part=box"


def accuracy(found: Any) -> str:
    """The accuracy among a version's metrics, in percent; a dash for a metric that is none."""
    share = found.get("share", found.get("accuracy")) if isinstance(found, dict) else found
    return percent(share, 2) if isinstance(share, float) else "–"
