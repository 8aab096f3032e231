"""Whose drawings they are: a visitor known by a signed cookie, or whoever is signed in."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from predictor.drawings import visitors
from predictor.models import Drawing, Owner
from tests.predictor.people import API, DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import drawn

PASSWORD = "correct horse battery"


def _cookie(client: Client) -> Morsel[str]:
    return client.cookies["visitor"]


def _sign_up(person: Person, name: str) -> User:
    form = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
    assert person.client.post("/accounts/signup/", form).status_code == 302
    return User.objects.get(username=name)


def _sign_in(person: Person, name: str) -> None:
    answer = person.client.post("/accounts/login/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302


def _sign_out(person: Person) -> None:
    assert person.client.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize("path", ["/", "/history/", DRAWINGS, f"{API}models/", f"{API}nowhere/"])
def test_the_first_answer_sets_the_visitors_cookie(client: Client, db: Any, path: str) -> None:
    answer = client.get(path)
    cookie = answer.cookies["visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"], "on plain HTTP a Secure cookie would be lost"
    assert cookie["max-age"] == 730 * 24 * 3600
    assert "visitor" not in client.get(path).cookies


def test_on_https_the_cookie_is_secure(client: Client, db: Any, settings: Any) -> None:
    settings.HTTPS = True
    assert client.get(DRAWINGS).cookies["visitor"]["secure"]


@pytest.mark.parametrize("path", ["/admin/login/", "/healthz"])
def test_the_admin_and_the_probes_set_none(client: Client, db: Any, path: str) -> None:
    assert "visitor" not in client.get(path).cookies


def test_the_answer_to_a_first_drawing_sets_the_cookie_that_it_is_found_by(db: Any) -> None:
    client = Client()
    made = client.post(DRAWINGS, {"image": open_png()}).json()["id"]
    assert client.get(f"{DRAWINGS}{made}/").status_code == 200


def test_only_who_draws_is_stored(client: Client, db: Any) -> None:
    client.get("/")
    client.get(DRAWINGS)
    client.post(DRAWINGS, {"image": "nonsense"})
    assert not Owner.objects.exists()


def test_nothing_is_kept_for_who_sends_no_cookie_back(db: None) -> None:
    answer = Client().put(f"{API}consent/", {"consent": True}, content_type="application/json")
    assert answer.status_code == 400
    assert "no cookie" in error_of(answer)["message"]
    assert Client().post("/consent/", {"yes": ""}).status_code == 302
    assert not Owner.objects.exists()
    assert Person().consents(True).status_code == 200
    assert Owner.objects.get().consent is True


def test_a_cookie_that_was_tampered_with_makes_a_new_visitor(owner: Person) -> None:
    drawing = owner.draws()
    key, _, signature = _cookie(owner.client).value.partition(":")
    for forged in (f"{key[:-1]}x:{signature}", f"{key}:{signature[:-1]}x", key, "", "a:b:c"):
        thief = Client()
        thief.cookies["visitor"] = forged
        answer = thief.get(f"{DRAWINGS}{drawing.pk}/")
        assert answer.status_code == 404
        assert answer.cookies["visitor"].value not in {forged, _cookie(owner.client).value}


def test_signing_up_brings_the_history_along(owner: Person, outsider: Person) -> None:
    drawing = owner.draws()
    user = _sign_up(owner, "owner")
    assert [each["id"] for each in owner.history()] == [str(drawing.pk)]
    assert Owner.objects.get(pk=drawing.owner_id).user == user
    assert outsider.get(drawing.pk).status_code == 404


def test_signing_in_brings_the_history_along(owner: Person) -> None:
    User.objects.create_user("owner", password=PASSWORD)
    drawing = owner.draws()
    _sign_in(owner, "owner")
    later = owner.draws()
    assert [each["id"] for each in owner.history()] == [str(later.pk), str(drawing.pk)]


def test_signing_out_hides_it(owner: Person) -> None:
    drawing = owner.draws()
    _sign_up(owner, "owner")
    _sign_out(owner)
    assert owner.history() == []
    assert owner.get(drawing.pk).status_code == 404
    assert owner.put(drawing.pk, 2).status_code == 404
    assert owner.get(drawing.pk, "image/").status_code == 404


def test_who_draws_after_signing_out_is_a_new_visitor(owner: Person) -> None:
    _sign_up(owner, "owner")
    mine = owner.draws()
    _sign_out(owner)
    before = _cookie(owner.client).value
    theirs = owner.draws()
    assert [each["id"] for each in owner.history()] == [str(theirs.pk)]
    _sign_in(owner, "owner")
    assert {each["id"] for each in owner.history()} == {str(theirs.pk), str(mine.pk)}
    assert before


def test_the_next_one_at_the_machine_does_not_get_the_history(owner: Person) -> None:
    """Signed out, another signs in with the same browser: the cookie speaks for the first one no more."""
    drawing = owner.draws()
    _sign_up(owner, "owner")
    _sign_out(owner)
    _sign_up(owner, "next")
    assert owner.history() == []
    assert owner.get(drawing.pk).status_code == 404


def test_ones_drawings_are_there_on_another_machine(owner: Person) -> None:
    at_home = owner.draws()
    _sign_up(owner, "owner")
    elsewhere = Person()
    at_school = elsewhere.draws()
    _sign_in(elsewhere, "owner")
    for person in (owner, elsewhere):
        assert {each["id"] for each in person.history()} == {str(at_home.pk), str(at_school.pk)}
    assert elsewhere.put(at_home.pk, 2, drawn("1")).status_code == 202
    assert owner.get(at_home.pk).json()["revision"] == 2


def test_a_drawing_begun_before_signing_in_is_gone_on_with(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("1"))
    _sign_up(owner, "owner")
    assert owner.put(drawing_id, 2, drawn("7")).status_code == 202


def test_a_users_drawings_go_with_the_user(owner: Person) -> None:
    owner.draws()
    user = _sign_up(owner, "owner")
    user.delete()
    assert not Drawing.objects.exists()


def test_someone_who_may_not_sign_in_any_more_is_a_visitor(owner: Person) -> None:
    user = _sign_up(owner, "owner")
    drawing = owner.draws()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert owner.get(drawing.pk).status_code == 404


def test_two_first_drawings_at_once_have_the_same_owner(db: None) -> None:
    first, second = Owner(key="visitor"), Owner(key="visitor")
    assert visitors.saved(first).pk == visitors.saved(second).pk == Owner.objects.get().pk


def open_png() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("7.png", drawn("7"))
