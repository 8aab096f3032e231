"""Two-factor authentication: what a password alone doesn't open, and what a code is worth."""

import re
import uuid
from base64 import b32encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from predictor import two_factor
from predictor.models import Drawing, Owner
from tests.codes import STEP, code_at
from tests.predictor.people import Person, error_of

PASSWORD = "correct horse battery"
DOORS = {"/accounts/login/": "/", "/admin/login/": "/admin/"}
ENTER, SET_UP = "/accounts/code/", "/accounts/two-factor/"


class Clock:
    now = 1_800_000_015.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the site takes for the time of a code."""
    clock = Clock()
    monkeypatch.setattr("django_otp.plugins.otp_totp.models.time", SimpleNamespace(time=lambda: clock.now))
    return clock


class Staff:
    """A superuser whose second factor is on."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.user = User.objects.create_superuser("ada", password=PASSWORD)
        device = two_factor.proposed_device(self.user)
        self.secret = b32encode(device.bin_key).decode()
        self.recovery_codes = two_factor.turn_on(self.user, self.code(steps=-1))

    def code(self, *, steps: int = 0) -> str:
        """What the app shows; one whose clock is wrong by so many steps."""
        return code_at(self.secret, self.clock.now + steps * STEP)


@pytest.fixture
def ada(db: None, clock: Clock) -> Staff:
    return Staff(clock)


def _by_password(door: str = "/accounts/login/") -> Client:
    client = Client()
    assert client.post(door, {"username": "ada", "password": PASSWORD}).status_code == 302
    return client


def _enter(client: Client, what: str) -> HttpResponse:
    return client.post(ENTER, {"code": what})


def _is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


# What a password opens


@pytest.mark.parametrize("door", DOORS)
def test_both_doors_ask_for_the_code_after_the_password(ada: Staff, door: str) -> None:
    client = Client()
    page = client.post(f"{door}?next={DOORS[door]}", {"username": "ada", "password": PASSWORD}, follow=True)
    assert page.redirect_chain[-1][0].startswith(ENTER)
    assert not _is_in(client)
    form = {"code": ada.code(), "next": page.context["next"]}
    assert client.post(ENTER, form)["Location"] == DOORS[door]
    assert _is_in(client)


def _addresses(patterns: list[Any], before: str = "/") -> Iterator[tuple[str, str]]:
    """The name and an address of each view of the site."""
    for each in patterns:
        filled = re.sub(r"<(\w+:)?\w+>", lambda found: _SAMPLES.get(found[1] or "", "1"), str(each.pattern))
        path = before + filled.removeprefix("^")
        if isinstance(each, URLResolver):
            yield from _addresses(each.url_patterns, path)
        elif isinstance(each, URLPattern) and "(" not in path:
            yield each.name or "", path.removesuffix("$")


_SAMPLES = {"uuid:": str(uuid.uuid4()), "slug:": "x", "path:": "1"}


def test_the_password_alone_opens_no_address_of_the_site(
    ada: Staff, reliability: Callable[[str, str, str], None]
) -> None:
    client, opened, tried = _by_password(), [], 0
    for name, path in _addresses(get_resolver().url_patterns):
        if name in {"logout", "language", "healthz", "readyz", "code"}:
            continue
        for ask in (client.get, client.post):
            tried += 1
            answer = ask(path)
            if path.startswith("/api/"):
                is_shut = answer.status_code == 403 and ENTER in error_of(answer)["message"]
            else:
                is_shut = answer.status_code == 302 and answer["Location"].startswith(ENTER)
            if not is_shut:
                opened.append((ask.__name__, path, answer.status_code))
    assert opened == []
    assert tried > 150
    called = "every address by GET and POST with the password, but without the code of two-factor authentication"
    reliability("doors", called, f"{tried} calls, none opened")


def test_the_api_knows_no_staff_by_the_password(ada: Staff) -> None:
    of_another = Person().draws()
    held, let_in = Person(_by_password()), Person(_by_password())
    assert _enter(let_in.client, ada.code()).status_code == 302
    assert held.get(of_another.pk, "image/").status_code == 403
    assert let_in.get(of_another.pk, "image/").status_code == 200
    before = Drawing.objects.count()
    assert held.send().status_code == 403
    assert Drawing.objects.count() == before


def test_sessions_from_before_are_asked_too(db: None, clock: Clock) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("bert", password=PASSWORD))
    assert _is_in(client)
    user = User.objects.get()
    device = two_factor.proposed_device(user)
    assert _is_in(client), "until it is confirmed"
    two_factor.turn_on(user, code_at(b32encode(device.bin_key).decode(), clock.now))
    assert client.get("/admin/")["Location"] == f"{ENTER}?next=/admin/"


def test_a_browsers_drawings_are_adopted_after_the_code(ada: Staff) -> None:
    person = Person()
    person.draws()
    person.client.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert not Owner.objects.filter(user=ada.user).exists()
    _enter(person.client, ada.code())
    assert Owner.objects.get(user=ada.user).drawings.count() == 1


def test_the_session_gets_a_new_key_with_the_code(ada: Staff) -> None:
    client = _by_password()
    before = client.cookies["sessionid"].value
    _enter(client, ada.code())
    assert client.cookies["sessionid"].value != before


def test_nobody_is_led_to_another_site(ada: Staff) -> None:
    assert _by_password().post(ENTER, {"code": ada.code(), "next": "https://elsewhere.example/"})["Location"] == "/"


def test_who_gives_up_can_sign_out(ada: Staff) -> None:
    client = _by_password()
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/history/").status_code == 200
    assert client.get(ENTER)["Location"] == "/"


def test_who_is_no_longer_staff_is_not_asked(ada: Staff) -> None:
    User.objects.update(is_staff=False, is_superuser=False)
    assert _by_password().get("/history/").status_code == 200


# What a code is worth


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_one_step(ada: Staff, steps: int, is_right: bool) -> None:
    TOTPDevice.objects.update(last_t=-1, drift=0)
    client = _by_password()
    _enter(client, ada.code(steps=steps))
    assert _is_in(client) is is_right


def test_a_used_code_is_refused(ada: Staff) -> None:
    first, second = _by_password(), _by_password()
    _enter(first, ada.code())
    page = _enter(second, ada.code())
    assert 'class="field__error"' in page.content.decode()
    assert (_is_in(first), _is_in(second)) == (True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_two_who_enter_one_code_at_once_one_gets_in(clock: Clock, kind: str) -> None:
    ada, start = Staff(clock), Barrier(2)
    what = ada.code() if kind == "app" else ada.recovery_codes[0]

    def enter() -> bool:
        start.wait(30)
        try:
            return two_factor.verify(ada.user, what)
        except two_factor.Throttled:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(each.result() for each in [pool.submit(enter) for _ in range(2)]) == [False, True]


def test_each_recovery_code_lets_in_once_however_it_is_typed(ada: Staff) -> None:
    assert len(set(ada.recovery_codes)) == two_factor.RECOVERY_CODES
    client, written = _by_password(), ada.recovery_codes[0].upper()
    _enter(client, f" {written[:4]}-{written[4:]} ")
    assert _is_in(client)
    again = _by_password()
    _enter(again, ada.recovery_codes[0])
    assert not _is_in(again)
    assert two_factor.recovery_codes(ada.user) == two_factor.RECOVERY_CODES - 1


@pytest.mark.parametrize("what", ["", "000000", "0", "٠٠٠٠٠٠", "x" * 33, "' OR 1=1 --", "12345\x00"])
def test_anything_else_is_refused(ada: Staff, what: str) -> None:
    client = _by_password()
    assert _enter(client, what).status_code == 200
    assert not _is_in(client)


def test_an_operator_makes_a_code_for_who_lost_the_phone(ada: Staff, capsys: pytest.CaptureFixture[str]) -> None:
    StaticToken.objects.all().delete()
    call_command("addstatictoken", "ada")
    client = _by_password()
    _enter(client, capsys.readouterr().out)
    assert _is_in(client)


# Guessing


def test_codes_are_counted_with_the_passwords(ada: Staff, settings: Any) -> None:
    settings.DIGITSITE_SIGN_INS, settings.OTP_STATIC_THROTTLE_FACTOR = (4, 900), 0
    client = _by_password()
    assert [_enter(client, "a wrong one").status_code for _ in range(4)] == [200, 200, 200, 429]
    page = _enter(client, ada.code())
    assert (page.status_code, int(page["Retry-After"]) > 0) == (429, True)
    again = Client().post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert again.status_code == 429, "the password alone doesn't begin anew"


def test_the_right_code_begins_anew(ada: Staff, settings: Any) -> None:
    settings.DIGITSITE_SIGN_INS = (3, 900)
    for recovery in ada.recovery_codes[:3]:
        _enter(_by_password(), recovery)
    assert _by_password().get(ENTER).status_code == 200


def test_without_redis_wrong_codes_make_one_wait(redis_is_gone: None, ada: Staff) -> None:
    client = _by_password()
    assert _enter(client, "000000").status_code == 200
    page = _enter(client, ada.code())
    assert (page.status_code, page["Retry-After"]) == (429, "1")
    TOTPDevice.objects.update(throttling_failure_count=12)
    assert int(_enter(client, ada.code())["Retry-After"]) > 1900


# Required of all staff


@pytest.fixture
def required(settings: Any, db: None) -> User:
    settings.DIGITSITE_STAFF_MFA = True
    return User.objects.create_superuser("ada", password=PASSWORD)


def test_staff_who_have_none_get_no_further_than_the_page_to_set_it_up(required: User, clock: Clock) -> None:
    client = _by_password("/admin/login/")
    assert client.get("/admin/")["Location"].startswith(SET_UP)
    assert client.get("/history/")["Location"].startswith(SET_UP)
    assert SET_UP in error_of(client.get("/api/v1/drawings/"))["message"]
    page = client.get(SET_UP)
    assert "This site requires it of staff." in page.content.decode()
    client.post(SET_UP, {"code": code_at(page.context["secret"], clock.now)})
    assert _is_in(client)


def test_the_others_are_not_asked(required: User) -> None:
    User.objects.create_user("bea", password=PASSWORD)
    client = Client()
    client.post("/accounts/login/", {"username": "bea", "password": PASSWORD})
    assert client.get("/history/").status_code == 200
    assert client.get(SET_UP).status_code == 404
    assert Client().get("/").status_code == 200


# What is kept of it


def test_the_admin_tells_nobody_the_secrets(ada: Staff) -> None:
    client = _by_password()
    _enter(client, ada.code())
    device, recovery = TOTPDevice.objects.get(), StaticDevice.objects.get()
    for path in (
        f"totp/totpdevice/{device.pk}/change/",
        "totp/totpdevice/",
        f"static/staticdevice/{recovery.pk}/change/",
    ):
        page = client.get(f"/admin/otp_{path}")
        assert page.status_code == 200
        assert not [
            secret for secret in (device.key, ada.secret, *ada.recovery_codes) if secret in page.content.decode()
        ]
    assert client.get(f"/admin/otp_totp/totpdevice/{device.pk}/qrcode/").status_code == 403
