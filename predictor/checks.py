"""System checks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import default_storage

from digitsite import safety


@register(Tags.security)
def the_set_up_is_safe(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """What is unsafe is an error; with DIGITSITE_UNSAFE, a warning."""
    kind = CheckWarning if settings.DIGITSITE_UNSAFE else Error
    return [kind(fault.message, hint=fault.mend + _ANYWAY, id=fault.id) for fault in safety.faults()]


_ANYWAY = " To try it all the same, set DIGITSITE_UNSAFE=1."


@register(Tags.files, deploy=True)
def the_storage_can_be_used(app_configs: Any, **_: Any) -> list[Error]:
    """Asks the storage for a file. Only `check --deploy` does so, because it may take seconds."""
    try:
        default_storage.exists("models")
    except OSError as error:
        return [Error(str(error), hint="See docs/operating.md, Several hosts.", id="digitsite.E001")]
    return []
