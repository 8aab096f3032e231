"""`GET` and `PUT /api/v1/consent/`: asked once, remembered, and taken back for every drawing."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from predictor.datasets.learnable import learnable
from predictor.drawings import intake
from predictor.models import Drawing
from predictor.review import labels as review_labels
from tests.predictor.people import API, Person, error_of, new_id
from tests.predictor.pictures import drawn

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


def _said(person: Person) -> bool | None:
    return person.client.get(f"{API}consent/").json()["consent"]


def _consents(drawing: Drawing) -> bool:
    drawing.refresh_from_db()
    return drawing.consent


def _sign(person: Person, way: str, name: str) -> None:
    form = {"username": name, "password": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    assert person.client.post(f"/accounts/{way}/", form).status_code == 302


def test_nobody_consents_before_they_are_asked() -> None:
    person = Person()
    assert _said(person) is None
    assert person.draws().consent is False


@pytest.mark.parametrize("may", [True, False])
def test_an_answer_is_remembered(may: bool) -> None:
    person, outsider = Person(), Person()
    answer = person.consents(may)
    assert (answer.status_code, answer.json()) == (200, {"consent": may})
    assert _said(person) is may
    assert _said(outsider) is None


@pytest.mark.parametrize("form", ["application/json", "multipart/form-data; boundary=x"])
def test_an_answer_that_says_nothing_is_no_no(form: str) -> None:
    person = Person()
    person.consents(True)
    answer = person.client.put(f"{API}consent/", b"{}" if "json" in form else b"--x--\r\n", content_type=form)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["consent"]
    assert _said(person) is True


def test_a_yes_is_for_what_says_so_itself() -> None:
    person = Person()
    before = person.draws()
    person.consents(True)
    assert _consents(before) is False
    assert person.draws().consent is False
    assert person.draws(consent=True).consent is True


def test_a_no_takes_back_every_yes_of_ones_own_and_of_nobody_else() -> None:
    person, outsider = Person(), Person()
    mine = [person.draws(consent=True) for _ in range(2)]
    others = outsider.draws(consent=True)
    person.consents(False)
    assert [_consents(each) for each in mine] == [False, False]
    assert _consents(others) is True


def test_what_was_taken_back_is_in_no_later_dataset(admin_user: User) -> None:
    person = Person()
    drawing = person.draws(consent=True)
    label = review_labels.propose_label(drawing=drawing, text="7", owner=drawing.owner)
    review_labels.accept_label(label=label, reviewer=admin_user)
    assert [each.pk for each in learnable()] == [drawing.pk]
    person.consents(False)
    assert list(learnable()) == []


def test_a_page_left_open_brings_no_consent_back() -> None:
    person = Person()
    drawing_id = new_id()
    assert person.put(drawing_id, 1, consent=True).status_code in {201, 202}
    drawing = Drawing.objects.get(pk=drawing_id)
    assert drawing.consent is True
    person.consents(False)
    person.put(drawing_id, 1, consent=True)
    assert _consents(drawing) is False
    person.put(drawing_id, 2, drawn("1"), consent=True)
    assert _consents(drawing) is False
    assert person.draws(consent=True).consent is False


def test_one_drawing_can_be_allowed_by_itself() -> None:
    person = Person()
    drawing = person.draws()
    person.consents(False)
    intake.set_consent(drawing=drawing, consent=True)
    assert _consents(drawing) is True


def test_the_answer_comes_along_to_an_account() -> None:
    person = Person()
    person.consents(True)
    _sign(person, "signup", "ada")
    assert _said(person) is True


@pytest.mark.parametrize(
    ("first", "second", "together"), [(True, False, False), (False, True, False), (None, True, True)]
)
def test_of_two_answers_the_no_counts(first: bool | None, second: bool, together: bool) -> None:
    person, elsewhere = Person(), Person()
    if first is not None:
        person.consents(first)
    person.draws()
    _sign(person, "signup", "ada")
    elsewhere.consents(second)
    _sign(elsewhere, "login", "ada")
    assert [_said(person), _said(elsewhere)] == [together, together]


def test_an_account_takes_back_for_all_its_browsers() -> None:
    person, elsewhere = Person(), Person()
    drawings = [person.draws(consent=True), elsewhere.draws(consent=True)]
    _sign(person, "signup", "ada")
    _sign(elsewhere, "login", "ada")
    person.consents(False)
    assert [_consents(each) for each in drawings] == [False, False]


def test_what_is_no_answer_changes_nothing() -> None:
    person = Person()
    person.consents(True)
    answer = person.consents("perhaps")
    assert answer.status_code == 400
    assert "consent" in error_of(answer)["fields"]
    assert _said(person) is True


def test_a_stranger_answers_for_nobody(client: Client) -> None:
    person = Person()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = person.client.cookies
    body: dict[str, Any] = {"consent": True}
    assert strict.put(f"{API}consent/", body, content_type="application/json").status_code == 403
    assert _said(person) is None
