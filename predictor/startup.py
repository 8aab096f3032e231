"""Prepares a site before it serves, and announces it. Each step does nothing if nothing has changed."""

import hashlib
import http.client
import json
import time
from contextlib import closing

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from digitsite.supervision import address
from ml.progress import Print
from predictor.versions import registry

REVIEWERS = "reviewers"
REVIEWERS_MAY = ("change_label", "view_drawing", "view_owner", "view_reviewaction")
"""Permissions to review, but not to see which reviews are second opinions. Reviewers also need "staff status"."""

UNUSED_STATIC = ["redoc"]
"""Ships with drf-spectacular-sidecar, but only Swagger UI is used. Redoc is half of what would be compressed."""

READY_WITHIN = 120.0
"""Seconds. Making the ONNX files of an older version takes most of a minute on a slow disk."""


def prepare(*, say: Print) -> None:
    """Migrates, collects static files, makes the reviewers' group, registers the bundled network.

    Raises errors.Unavailable if the storage for its files can't be used.
    """
    call_command("migrate", verbosity=0, interactive=False)
    _make_the_reviewers_group()
    _collect_static(say)
    version = registry.register_bundled()
    say(f"The bundled network is version {version.pk} ({version.status}).")


def announce(*, say: Print) -> bool:
    """Waits until the site is ready, and prints its address. If it isn't in time, prints where the logs are instead.

    Returns whether the site is ready.
    """
    missing, until = "", time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        missing = _what_is_missing()
        if not missing:
            say(f"\nDigitsite is ready at http://{address()}/   (Ctrl-C stops it)")
            if not get_user_model().objects.filter(is_superuser=True).exists():
                say("No administrator yet: .venv/bin/python manage.py createsuperuser, then open /admin/")
            return True
        time.sleep(0.2)
    say(f"\nDigitsite isn't ready after {READY_WITHIN:.0f} s: see the logs in {settings.DATA_DIR / 'log'}")
    say(missing)
    return False


def _make_the_reviewers_group() -> None:
    """Makes the group only if it is missing, so that an administrator's changes to it stay."""
    group, is_new = Group.objects.get_or_create(name=REVIEWERS)
    if is_new:
        site = Permission.objects.filter(content_type__app_label="predictor")
        group.permissions.set(site.filter(codename__in=REVIEWERS_MAY))


def _what_is_missing() -> str:
    """What `/readyz` says; "" if the site is ready."""
    # If the site listens on all addresses, ask on the loopback address.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    try:
        with closing(http.client.HTTPConnection(host, settings.PORT, timeout=5)) as web:
            web.request("GET", "/readyz")
            answer = web.getresponse()
            return "" if answer.status == 200 else str(json.loads(answer.read())["error"]["message"])
    except (OSError, ValueError, LookupError) as error:
        return f"The web process doesn't answer: {error}"


def _collect_static(say: Print) -> None:
    """Collecting and compressing takes seconds, so it runs only when a file has changed."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}\n".encode())
    done = settings.STATIC_ROOT / ".fingerprint"
    if done.is_file() and done.read_text() == digest.hexdigest():
        return
    say("Collecting static files …")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=UNUSED_STATIC)
    done.write_text(digest.hexdigest())
