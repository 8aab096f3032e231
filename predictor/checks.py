"""System checks."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import default_storage


@register(Tags.security)
def secure_where_reachable(app_configs: Any, **_: Any) -> list[CheckWarning]:
    """Warns if other machines can reach the site and any host name is allowed."""
    if settings.HOST in {"127.0.0.1", "localhost", "::1"} or settings.ALLOWED_HOSTS != ["*"]:
        return []
    return [
        CheckWarning(
            f"The site listens on {settings.HOST} and allows any host name.",
            hint="Set ALLOWED_HOSTS to the host names of the site.",
            id="digitsite.W001",
        )
    ]


@register(Tags.files, deploy=True)
def the_storage_can_be_used(app_configs: Any, **_: Any) -> list[Error]:
    """Asks the storage for a file. Only `check --deploy` does so, because it may take seconds."""
    try:
        default_storage.exists("models")
    except OSError as error:
        return [Error(str(error), hint="See docs/operating.md, Several hosts.", id="digitsite.E001")]
    return []
