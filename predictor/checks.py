"""System checks, with ids and hints."""

from typing import Any

from django.conf import settings
from django.core.checks import Tags, register
from django.core.checks import Warning as CheckWarning


@register(Tags.security)
def secure_where_reachable(app_configs: Any, **_: Any) -> list[CheckWarning]:
    """A site that others reach should say which names it answers to."""
    if settings.HOST in {"127.0.0.1", "localhost", "::1"} or settings.ALLOWED_HOSTS != ["*"]:
        return []
    return [
        CheckWarning(
            f"The site listens on {settings.HOST} and answers to any host name.",
            hint="Set ALLOWED_HOSTS to the names it is reached by.",
            id="digitsite.W001",
        )
    ]
