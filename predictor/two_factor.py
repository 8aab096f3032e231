"""Two-factor authentication of staff: after the password, a code of an app, or a recovery code. django-otp keeps both.

A staff member's session without the code is *held*: it counts as nobody's, and gets no further than the page that asks.
"""

import enum
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from predictor.errors import Throttled, body

RECOVERY_CODES = 10
PASSED = "two_factor"
"""Entry of a session: the id of the device whose code, or whose owner's recovery code, was given."""
HELD = "digitsite.held"
"""Entry of `request.META`: who signed in, and the page that their session has to pass."""
OPEN = frozenset({"logout", "frontend:language", "healthz", "readyz"})
"""Names of the views that a held session reaches, besides the page that it has to pass."""


class Hurdle(enum.StrEnum):
    """The pages that hold a session, by the names of their views."""

    CODE = "code"
    SET_UP = "two_factor"


def hold(request: HttpRequest, user: User) -> Hurdle | None:
    """The page that this session of a user has to pass."""
    if not user.is_staff:
        return None
    device = _devices(TOTPDevice, user).values_list("pk", flat=True).first()
    if device is None:
        return Hurdle.SET_UP if settings.DIGITSITE_STAFF_MFA else None
    return None if request.session.get(PASSED) == device else Hurdle.CODE


def held(request: HttpRequest, page: Hurdle) -> User | None:
    """Who is held at this page."""
    user, at = request.META.get(HELD, (None, None)) if request.user.is_anonymous else (None, None)
    return user if at == page else None


class Gate:
    """Middleware, after Django's authentication: makes nobody of those who are held, and leads them to the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = request.user
        request.user = SimpleLazyObject(lambda: _let_in(request, signed_in))  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or name in OPEN:
            return None
        try:
            page = next((page for page in Hurdle if held(request, page)), None)
        except (DatabaseError, InterfaceError):
            return None  # the view asks who it is, too, and knows how to say that
        if page is None or name == page:
            return None
        if request.path.startswith("/api/"):
            said = _("You have not signed in completely: open %(page)s.") % {"page": reverse(page)}
            return JsonResponse(body("forbidden", said), status=403)
        after = f"?{urlencode({'next': request.get_full_path()}, safe='/')}" if request.method == "GET" else ""
        return HttpResponseRedirect(reverse(page) + after)


def device_of(user: User) -> TOTPDevice | None:
    """The device that makes a user's codes; None while two-factor authentication is off."""
    return _devices(TOTPDevice, user).first()


def proposed_device(user: User) -> TOTPDevice:
    """The device that a user is setting up, with its key."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        return TOTPDevice.objects.get_or_create(user_id=user.pk, confirmed=False, defaults={"name": "app"})[0]


def turn_on(user: User, code: str) -> list[str]:
    """Returns the recovery codes; none if the code isn't one of the proposed device. Raises Throttled."""
    with transaction.atomic():
        device = _devices(TOTPDevice, user, confirmed=False).select_for_update().first()
        if device is None or not _accepts(device, code):
            return []
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        StaticDevice.objects.filter(user_id=user.pk).delete()
        recovery = StaticDevice.objects.create(user_id=user.pk, name="recovery codes")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=recovery, token=each) for each in codes)
    return codes


def turn_off(user: User) -> None:
    """Forgets the key and the recovery codes."""
    with transaction.atomic():
        for kind in (TOTPDevice, StaticDevice):
            kind.objects.filter(user_id=user.pk).delete()


def verify(user: User, code: str) -> bool:
    """Uses up a code of a user's device, or one of their recovery codes. Raises Throttled after wrong ones."""
    code = re.sub(r"[\s-]", "", code).lower()
    with transaction.atomic():  # the lock makes two requests with one code wait for each other
        kind = TOTPDevice if re.fullmatch(r"[0-9]{6}", code) else StaticDevice
        device = _devices(kind, user).select_for_update().first()
        return device is not None and _accepts(device, code)


def let_pass(request: HttpRequest, user: User) -> None:
    """Completes the sign-in of a user who gave a code, as a sign-in of its own: with a new session key."""
    device = device_of(user)
    request.session[PASSED] = device and device.pk
    request.session.cycle_key()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")


def recovery_codes(user: User) -> int:
    """How many are left."""
    return int(StaticToken.objects.filter(device__user_id=user.pk).count())


def _let_in(request: HttpRequest, user: Any) -> Any:
    page = hold(request, user) if user.is_authenticated else None
    if page:
        request.META[HELD] = (user, page)
    return AnonymousUser() if page else user


def _devices(kind: Any, user: User, *, confirmed: bool = True) -> Any:
    return kind.objects.filter(user_id=user.pk, confirmed=confirmed).order_by("pk")


def _accepts(device: Any, code: str) -> bool:
    """Raises Throttled while the device has to wait: 1, 2, 4, … s after wrong codes one after the other."""
    is_allowed, why = device.verify_is_allowed()
    if not is_allowed:
        wait = max(1.0, (why["locked_until"] - timezone.now()).total_seconds())
        raise Throttled(_("Too many codes were wrong. Wait %(wait)d s.") % {"wait": round(wait)}, retry_after=wait)
    return bool(device.verify_token(code))
