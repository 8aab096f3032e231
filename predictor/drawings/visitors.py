"""Identifies who makes a request: a signed-in user, or an anonymous visitor by a signed cookie."""

import ipaddress
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from predictor import limits, two_factor
from predictor.drawings import consent
from predictor.errors import BadValue
from predictor.models import Drawing, Owner
from predictor.reading import admission
from predictor.review import trust

SALT = "digitsite.visitor"
NEW_SECONDS = 60
"""A cookie counts as a visitor of its own once it is so old: new ones are free."""
_NO_VISITORS = ("/admin/", "/healthz", "/readyz")
NEW_KEY = "digitsite.new_visitor"
"""Entry of `request.META` for a new visitor's key, which the response sets as a cookie."""
Handler = Callable[[HttpRequest], HttpResponse]


class VisitorAuthentication(BaseAuthentication):
    """Authenticates by session. A request with a session or visitor cookie needs a CSRF token."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, None] | None:
        cookies = request.COOKIES
        if settings.VISITOR_COOKIE in cookies or settings.SESSION_COOKIE_NAME in cookies:
            SessionAuthentication().enforce_csrf(request)
        user = getattr(_plain(request), "user", None)
        return (user, None) if user and user.is_active else None


def remember(get_response: Handler) -> Handler:
    """Middleware: gives every visitor of the pages and the API a cookie that identifies them."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        key = request.META.get(NEW_KEY)
        if key is None and not request.path.startswith(_NO_VISITORS) and _cookie_key(request) is None:
            key = _new_key(request)
        if key:
            response.set_signed_cookie(
                settings.VISITOR_COOKIE,
                key,
                salt=SALT,
                max_age=settings.VISITOR_COOKIE_AGE,
                httponly=True,
                secure=settings.HTTPS,
                samesite="Lax",
            )
        return response

    return handle


def owner_of(request: HttpRequest | Request) -> Owner:
    """The owner of this request's drawings; not saved yet if this person has never drawn."""
    request = _plain(request)
    if not request.user.is_authenticated:
        key = _cookie_key(request)
        if key is None:
            return Owner(key=_key_of(request))
        owner = Owner.objects.filter(key=key).first() or Owner(key=key)
        # The cookie of a user who has signed out no longer identifies anyone.
        return owner if owner.user_id is None else Owner(key=_new_key(request))
    known = Owner.objects.filter(user_id=request.user.pk).order_by("pk").first()
    return known or Owner(key=f"user:{secrets.token_urlsafe(18)}", user_id=request.user.pk)


def saved(owner: Owner) -> Owner:
    """Saves a new owner, or finds the row that another request of the same new owner saved meanwhile."""
    if owner.pk is None:
        Owner.objects.bulk_create([owner], update_conflicts=True, unique_fields=["key"], update_fields=["key"])
    return owner


def returning(request: HttpRequest | Request) -> Owner:
    """The stored owner of someone whose cookie came back, or who is signed in. Raises BadValue for anyone else."""
    owner = owner_of(request)
    if NEW_KEY in _plain(request).META:
        raise BadValue(_("Your browser or program sent no cookie of this site, so your answer can’t be kept."))
    return saved(owner)


def drawings_of(request: HttpRequest | Request) -> QuerySet[Drawing]:
    """The drawings of whoever makes the request, newest first."""
    request = _plain(request)
    if request.user.is_authenticated:
        return Drawing.objects.filter(owner__user_id=request.user.pk)
    return Drawing.objects.filter(owner__key=_key_of(request), owner__user=None)


def history_of(request: HttpRequest | Request) -> QuerySet[Drawing]:
    """The drawings of `drawings_of`, selected by owner id, so that an index returns them newest first without sorting.

    Costs one more query for a signed-in user, who may have several owners.
    """
    request = _plain(request)
    if not request.user.is_authenticated:
        owner = Owner.objects.filter(key=_key_of(request), user=None)
        return Drawing.objects.filter(owner=Subquery(owner.values("pk")[:1]))
    owners = list(Owner.objects.filter(user_id=request.user.pk).values_list("pk", flat=True))
    return Drawing.objects.filter(owner=owners[0]) if len(owners) == 1 else Drawing.objects.filter(owner__in=owners)


def owners_of(request: HttpRequest | Request) -> QuerySet[Owner]:
    """The stored owners that `drawings_of` goes by: a user's, or the one of the visitor's cookie."""
    request = _plain(request)
    if request.user.is_authenticated:
        return Owner.objects.filter(user_id=request.user.pk)
    return Owner.objects.filter(key=_key_of(request), user=None)


def adopt(request: HttpRequest, user: User) -> None:
    """Gives the cookie's drawings to the user who signs in. Consent and exclusion then apply to all of their owners."""
    key = _cookie_key(request)
    with transaction.atomic():
        if key and Owner.objects.filter(key=key, user=None).update(user=user):
            consent.unite(user)
            trust.spread_exclusion(user)


@receiver(user_logged_in)
def _adopt_on_sign_in(sender: Any, request: HttpRequest | None, user: User, **_kwargs: Any) -> None:
    if request is not None and not two_factor.hold(request, user):
        adopt(request, user)


def admit(request: HttpRequest | Request, *, share: float = 1.0) -> None:
    """Counts a reading. Raises Throttled or Unavailable. `share`: how much of the limits on readings it may use."""
    admission.admit(_counters(request, "readings", settings.DIGITSITE_THROTTLE, share))


def limit(request: HttpRequest | Request, what: str, rate: limits.Rate) -> None:
    """Counts something else that the visitor does. Raises Throttled."""
    limits.count(_counters(request, what, rate))


def address_of(request: HttpRequest | Request) -> str:
    """Where the request comes from: an IPv4 address, or the /64 network of an IPv6 address, which is one customer's."""
    request = _plain(request)
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.DIGITSITE_TRUST_PROXY else ""
    named = forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")
    if ":" not in named:
        return named
    try:
        address = ipaddress.IPv6Address(named)
    except ValueError:
        return named
    return str(address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False))


def _counters(request: HttpRequest | Request, what: str, rate: limits.Rate, share: float = 1.0) -> list[limits.Counter]:
    """Counters for the user, else the visitor; and for the address, since it takes little to be many visitors.

    All of an address that send no cookie, or a new one, count as one visitor.
    """
    request, address = _plain(request), address_of(request)
    who = f"address:{address}"
    if request.user.is_authenticated:
        who = f"user:{request.user.pk}"
    elif (key := _cookie_key(request)) and _cookie_key(request, max_age=NEW_SECONDS) is None:
        who = f"visitor:{key}"
    everyone = limits.counter(what, f"all:{address}", rate, factor=share * settings.DIGITSITE_ADDRESS_VISITORS)
    return limits.counter(what, who, rate, factor=share) + everyone


def _plain(request: HttpRequest | Request) -> HttpRequest:
    return getattr(request, "_request", request)


def _key_of(request: HttpRequest) -> str:
    made: str | None = request.META.get(NEW_KEY)
    return made or _cookie_key(request) or _new_key(request)


def _cookie_key(request: HttpRequest, *, max_age: int | None = None) -> str | None:
    """None without a cookie, or if it is older than `max_age` seconds."""
    return request.get_signed_cookie(settings.VISITOR_COOKIE, default=None, salt=SALT, max_age=max_age)


def _new_key(request: HttpRequest) -> str:
    key = secrets.token_urlsafe(18)
    request.META[NEW_KEY] = key
    return key
