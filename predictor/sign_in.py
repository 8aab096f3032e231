"""What passwords cost: guesses are limited by account and address, and a process hashes one password at a time.

Both apply to every door, the site's pages and the admin, because Django asks the same backends and hashers for all.
"""

import hashlib
import threading
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from predictor import limits, two_factor
from predictor.drawings import visitors
from predictor.errors import Unavailable

LOOSE = 10
"""How many times the limit of one account at one address an account may have from everywhere, and an address for all.

The tight limit is for who guesses from one place, and locks nobody out elsewhere. The loose one of an account stops
many who guess together; its owner waits for the end of one window at most after they stop.
"""
PLACES, WAIT_SECONDS = 16, 5.0
"""How many requests with a password a process takes at once, and how long each waits for its turn to hash."""
TOO_MANY = gettext_lazy("Many people are signing in. Try again in a moment.")

places = threading.BoundedSemaphore(PLACES)
"""Taken by `predictor.web.refusals`, before a request costs anything."""
_turn = threading.Lock()


class GuessLimit:
    """An authentication backend that knows nobody, and is asked first. Raises Throttled."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **_credentials: Any) -> None:
        if request is not None and username:
            count_guess(request, username)


class OneAtATime(PBKDF2PasswordHasher):
    """Django's hasher. Hashing takes a third of a second of a core by design, which must not be all cores at once."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises Unavailable if others take too long."""
        if not _turn.acquire(timeout=WAIT_SECONDS):
            raise Unavailable(str(TOO_MANY), retry_after=WAIT_SECONDS)
        try:
            return super().encode(password, salt, iterations)
        finally:
            _turn.release()


def count_guess(request: HttpRequest, username: str) -> None:
    """Counts a password, or a code after it, that is about to be checked. Raises Throttled."""
    address, rate = visitors.address_of(request), settings.DIGITSITE_SIGN_INS
    everywhere = limits.counter("account", _digest(username), rate, factor=LOOSE)
    limits.count(_here(request, username) + everywhere + limits.counter("guesses", address, rate, factor=LOOSE))


def count_sign_up(request: HttpRequest) -> None:
    """Counts an account that is about to be made. Raises Throttled."""
    limits.count(limits.counter("sign-ups", visitors.address_of(request), settings.DIGITSITE_SIGN_UPS))


@receiver(user_logged_in)
def _forgive(sender: Any, request: HttpRequest | None, user: User, **_kwargs: Any) -> None:
    """Whoever knows the password, and the code, didn't guess."""
    if request is not None and not two_factor.hold(request, user):
        limits.reset(_here(request, user.get_username()))


def _here(request: HttpRequest, username: str) -> list[limits.Counter]:
    who = f"{_digest(username)}:{visitors.address_of(request)}"
    return limits.counter("account-address", who, settings.DIGITSITE_SIGN_INS)


def _digest(username: str) -> str:
    return hashlib.blake2b(username.encode(errors="replace"), digest_size=16).hexdigest()
