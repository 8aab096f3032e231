"""What passwords cost: guesses are counted at both doors, and hashing leaves threads for everyone else."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from predictor import sign_in

PASSWORD = "correct horse battery"
DOORS = ("/accounts/login/", "/admin/login/")


@pytest.fixture(autouse=True)
def three_guesses(site: None, settings: Any) -> None:
    settings.DIGITSITE_SIGN_INS = (3, 900)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


def _try(password: str = "wrong", *, name: str = "ada", address: str = "192.0.2.1", door: str = DOORS[0]) -> int:
    return _answer(password, name=name, address=address, door=door).status_code


def _answer(password: str, *, name: str = "ada", address: str = "192.0.2.1", door: str = DOORS[0]) -> HttpResponse:
    return Client(REMOTE_ADDR=address).post(door, {"username": name, "password": password})


@pytest.mark.parametrize("door", DOORS)
def test_guesses_end_with_a_styled_429_that_says_when_to_come_back(ada: User, door: str) -> None:
    assert [_try(door=door) for _ in range(4)] == [200, 200, 200, 429]
    page = _answer(PASSWORD, door=door)
    assert page.status_code == 429, "or the right password among the guesses would show"
    assert 0 < int(page["Retry-After"]) <= 900
    assert "That was a lot at once" in page.content.decode()


def test_both_doors_count_together_and_an_unknown_name_as_a_known_one(ada: User) -> None:
    assert [_try(door=door) for door in (*DOORS, *DOORS)] == [200, 200, 200, 429]
    assert [_try(name="nobody") for _ in range(4)] == [200, 200, 200, 429]


def test_the_owner_gets_in_from_elsewhere_while_someone_guesses(ada: User) -> None:
    for _ in range(20):
        _try(address="192.0.2.66")
    assert _try(PASSWORD) == 302


def test_many_who_guess_together_are_stopped_too(ada: User) -> None:
    got = [_try(address=f"192.0.2.{place}") for place in range(12) for _ in range(3)]
    assert got.count(200) == 3 * sign_in.LOOSE


def test_one_who_tries_many_names_is_stopped_too(ada: User) -> None:
    assert [_try(name=f"pupil{place}") for place in range(40)].count(200) == 3 * sign_in.LOOSE
    assert _try(PASSWORD) == 429
    assert _try(PASSWORD, address="192.0.2.2") == 302


def test_who_knows_the_password_begins_anew(ada: User) -> None:
    for _ in range(3):
        assert [_try(), _try(), _try(PASSWORD)] == [200, 200, 302]


def test_an_ipv6_network_is_one_address(ada: User) -> None:
    assert [_try(address=f"2001:db8:0:7::{place}") for place in range(4)] == [200, 200, 200, 429]
    assert _try(address="2001:db8:0:8::1") == 200


def test_none_turns_it_off(ada: User, settings: Any) -> None:
    settings.DIGITSITE_SIGN_INS = None
    assert {_try() for _ in range(6)} == {200}


def test_without_redis_people_can_sign_in(redis_is_gone: None, ada: User) -> None:
    assert {_try() for _ in range(6)} == {200}
    assert _try(PASSWORD) == 302


def test_the_old_password_is_not_guessed_either(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    form = {"old_password": "wrong", "new_password1": "a-rather-long-one", "new_password2": "a-rather-long-one"}
    assert [client.post("/accounts/password/", form).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_accounts_are_made_at_a_bounded_rate_from_one_address(db: None, settings: Any) -> None:
    settings.DIGITSITE_SIGN_UPS = (2, 3600)

    def sign_up(name: str, address: str = "192.0.2.1") -> int:
        form = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
        return Client(REMOTE_ADDR=address).post("/accounts/signup/", form).status_code

    assert [sign_up(f"person{place}") for place in range(4)] == [302, 302, 429, 429]
    assert User.objects.count() == 2
    assert sign_up("elsewhere", "192.0.2.2") == 302
    assert sign_up("", "192.0.2.3") == 200, "a form with a mistake makes no account"


@pytest.mark.parametrize("door", DOORS)
def test_while_too_many_sign_in_others_are_told_to_come_back(
    ada: User, settings: Any, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    settings.PASSWORD_HASHERS = ["predictor.sign_in.OneAtATime"]
    monkeypatch.setattr(sign_in.OneAtATime, "iterations", 10)
    monkeypatch.setattr(sign_in, "WAIT_SECONDS", 0.05)
    with sign_in._turn:
        page = _answer("wrong", door=door)
    assert page.status_code == 503
    assert int(page["Retry-After"]) >= 1
    assert "Many people are signing in" in page.content.decode()
    assert _try(door=door) == 200


def test_passwords_from_before_are_verified(ada: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    ada.set_password(PASSWORD)
    settings.PASSWORD_HASHERS = ["predictor.sign_in.OneAtATime"]
    assert ada.check_password(PASSWORD)
