"""Set-ups that would be unsafe: the site doesn't start with them, unless `DIGITSITE_UNSAFE=1`."""

from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_LENGTH, KEY_CHARACTERS = 32, 8
"""Least length of a SECRET_KEY, and least number of different characters in it."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Fault(NamedTuple):
    """What is unsafe, what mends it, and the id of its system check."""

    message: str
    mend: str
    id: str


def faults() -> list[Fault]:
    """All faults of the settings, DIGITSITE_UNSAFE disregarded."""
    found = []
    if settings.HOST not in LOOPBACK and "*" in settings.ALLOWED_HOSTS:
        found.append(
            Fault(
                f"The site listens on {settings.HOST}, where others reach it, and answers to any host name.",
                "Set ALLOWED_HOSTS to the site's host names and addresses, for example digits.example,192.168.1.20.",
                "digitsite.E002",
            )
        )
    if len(settings.SECRET_KEY) < KEY_LENGTH or len(set(settings.SECRET_KEY)) < KEY_CHARACTERS:
        found.append(
            Fault(
                "The SECRET_KEY can be guessed, and with it anybody's cookies can be made.",
                f"Use at least {KEY_LENGTH} random characters, or unset SECRET_KEY: the site makes one and keeps it.",
                "digitsite.E003",
            )
        )
    if settings.DEBUG and (settings.HTTPS or settings.HOST not in LOOPBACK):
        found.append(
            Fault(
                "With DEBUG, error pages show settings and code to anyone who reaches the site.",
                "Unset DEBUG. It is for development on one's own machine: HOST=127.0.0.1, without HTTPS.",
                "digitsite.E004",
            )
        )
    if settings.HTTPS and not settings.DIGITSITE_TRUST_PROXY:
        found.append(
            Fault(
                "With HTTPS, every request is redirected to a port where nothing speaks TLS.",
                "Put a proxy in front that terminates TLS and sets X-Forwarded-Proto and X-Forwarded-For, and set "
                "DIGITSITE_TRUST_PROXY=1; or unset HTTPS.",
                "digitsite.E005",
            )
        )
    return found


def check() -> None:
    """Raises ImproperlyConfigured that names all faults and their mends, unless DIGITSITE_UNSAFE is set."""
    found = [] if settings.DIGITSITE_UNSAFE else faults()
    if found:
        said = [f"{fault.message} {fault.mend}" for fault in found]
        raise ImproperlyConfigured(
            "\n".join(["This set-up is unsafe.", *said, "To try it all the same, set DIGITSITE_UNSAFE=1."])
        )
