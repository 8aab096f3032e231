"""The codes of an authenticator app, for who signs in with one in the tests."""

from base64 import b32decode

from django_otp.oath import hotp

STEP = 30
"""Seconds that a code is shown."""


def code_at(secret: str, when: float) -> str:
    """The code that an app shows at a time (seconds since 1970). `secret`: in Base32, in groups or not."""
    return f"{hotp(b32decode(secret.replace(' ', '')), int(when) // STEP):06d}"
