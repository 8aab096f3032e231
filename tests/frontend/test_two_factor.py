"""`/accounts/two-factor/`: staff turn two-factor authentication on and off."""

import io
import json
import re
import time
import zipfile

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.codes import code_at

PAGE = "/accounts/two-factor/"
PASSWORD = "a-rather-long-one"


@pytest.fixture
def ada(visitor: Client) -> User:
    """A reviewer, signed in at `visitor`'s browser."""
    user = User.objects.create_user("ada", password=PASSWORD, is_staff=True)
    visitor.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    return user


def _turn_on(client: Client) -> str:
    """The page that says it is on."""
    secret = client.get(PAGE).context["secret"]
    return client.post(PAGE, {"code": code_at(secret, time.time())}).content.decode()


def _codes(page: str) -> list[str]:
    return re.findall(r"<li><code>([a-z2-7]{8})</code>", page)


def test_the_page_shows_the_key_as_a_picture_and_as_text(ada: User, visitor: Client) -> None:
    assert f'href="{PAGE}"' in visitor.get("/history/").content.decode()
    page = visitor.get(PAGE)
    assert 'src="data:image/svg+xml' in page.content.decode()
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.context["secret"])
    assert visitor.get(PAGE).context["secret"] == page.context["secret"], "a reload keeps what the app has"
    assert page["Cache-Control"] == "private, no-store"


def test_a_code_turns_it_on_and_the_recovery_codes_are_shown_once(ada: User, visitor: Client) -> None:
    codes = _codes(_turn_on(visitor))
    assert len(codes) == 10
    assert set(codes) == set(StaticToken.objects.values_list("token", flat=True))
    again = visitor.get(PAGE).content.decode()
    assert "You have 10 recovery codes left." in again
    assert not [each for each in codes if each in again]
    assert visitor.get("/history/").status_code == 200, "this browser has given a code"


@pytest.mark.parametrize("wrong", ["", "123", "abcdefgh", "000000"])
def test_a_wrong_code_turns_nothing_on(ada: User, visitor: Client, wrong: str) -> None:
    secret = visitor.get(PAGE).context["secret"]
    page = visitor.post(PAGE, {"code": wrong})
    assert 'class="field__error"' in page.content.decode()
    assert page.context["secret"] == secret
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_the_password_turns_it_off_and_leaves_nothing(ada: User, visitor: Client) -> None:
    _turn_on(visitor)
    assert 'class="field__error"' in visitor.post(PAGE, {"password": "wrong"}).content.decode()
    assert TOTPDevice.objects.count() == 1
    page = visitor.post(PAGE, {"password": PASSWORD}, follow=True).content.decode()
    assert "Two-factor authentication is off." in page
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    client = Client()
    client.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert client.get("/history/").status_code == 200


def test_on_again_it_has_another_key_and_other_codes(ada: User, visitor: Client) -> None:
    first = visitor.get(PAGE).context["secret"]
    codes = _codes(_turn_on(visitor))
    visitor.post(PAGE, {"password": PASSWORD})
    assert visitor.get(PAGE).context["secret"] != first
    assert not set(_codes(_turn_on(visitor))) & set(codes)


def test_it_is_for_staff_who_are_signed_in(ada: User, outsider: Client) -> None:
    assert outsider.get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"
    outsider.force_login(User.objects.create_user("bea"))
    assert outsider.get(PAGE).status_code == 404
    assert PAGE not in outsider.get("/history/").content.decode()
    assert outsider.post(PAGE, {"code": "000000"}).status_code == 404


def test_it_needs_the_forms_token(ada: User, visitor: Client) -> None:
    _turn_on(visitor)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor.cookies
    assert strict.post(PAGE, {"password": PASSWORD}).status_code == 403
    assert TOTPDevice.objects.exists()


def test_the_export_tells_of_it_without_the_secrets(ada: User, visitor: Client) -> None:
    secret = visitor.get(PAGE).context["secret"]
    codes = _codes(_turn_on(visitor))
    zipped = b"".join(visitor.get("/history/export/").streaming_content)
    account = zipfile.ZipFile(io.BytesIO(zipped)).read("account.json").decode()
    told = json.loads(account)["account"]["two_factor"]
    assert set(told) == {"set_up", "last_code", "recovery_codes_left"}
    assert told["recovery_codes_left"] == 10
    assert not [each for each in (secret, TOTPDevice.objects.get().key, *codes) if each in account]


def test_the_account_takes_it_along(ada: User, visitor: Client) -> None:
    _turn_on(visitor)
    visitor.post("/accounts/delete/", {"password": PASSWORD})
    assert not User.objects.exists()
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
