"""`/accounts/delete/`: people delete their own account, with all that is theirs."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from predictor.models import Drawing, ForgottenDrawing, Label, Owner, Prediction
from tests.frontend.conftest import png

PAGE = "/accounts/delete/"
PASSWORD = "a-rather-long-one"


@pytest.fixture
def ada(visitor: Client, make_drawing: Callable[..., Drawing]) -> User:
    """Someone with an account and two drawings, at `visitor`'s browser."""
    user = User.objects.create_user("ada", password=PASSWORD)
    for _ in range(2):
        make_drawing()
    visitor.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    return user


@pytest.fixture
def of_another(db: None) -> Drawing:
    owner = Owner.objects.create(key="another")
    return Drawing.objects.create(
        owner=owner, content_hash="-", image=png(30), image_type="image/png", image_hash="-", width=30, height=30
    )


def test_the_page_says_what_goes_and_offers_the_export_first(ada: User, visitor: Client) -> None:
    page = visitor.get(PAGE).content.decode()
    assert "its 2 drawings are deleted for good" in page
    assert "as a reviewer" not in page
    assert page.index('href="/history/export/"') < page.index('data-testid="confirm"')
    assert f'href="{PAGE}"' in visitor.get("/history/").content.decode()
    assert Drawing.objects.count() == 2


def test_a_reviewer_without_drawings_is_told_what_stays(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("grace", is_staff=True))
    page = client.get(PAGE).content.decode()
    assert "It has no drawings." in page
    assert "as a reviewer stays, without your name" in page


def test_the_password_deletes_the_account_and_all_that_is_theirs(
    ada: User, visitor: Client, of_another: Drawing
) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    theirs = set(Drawing.objects.filter(owner__user=ada).values_list("pk", flat=True))
    page = visitor.post(PAGE, {"password": PASSWORD}, follow=True)
    assert page.redirect_chain == [("/", 302)]
    assert "Your account and all its drawings are deleted." in page.content.decode()
    assert not User.objects.exists()
    assert list(Drawing.objects.all()) == [of_another]
    assert list(Owner.objects.all()) == [of_another.owner]
    assert not Prediction.objects.exists()
    assert set(ForgottenDrawing.objects.values_list("pk", flat=True)) == theirs
    assert not Session.objects.filter(pk=visitor.session.session_key).exists()
    assert "Sign in" in elsewhere.get("/").content.decode(), "other browsers are signed out"
    assert visitor.get("/history/").status_code == 200


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), f" {PASSWORD}"])
def test_another_password_deletes_nothing(ada: User, visitor: Client, password: str) -> None:
    page = visitor.post(PAGE, {"password": password})
    assert page.status_code == 200
    assert 'class="field__error"' in page.content.decode()
    assert User.objects.filter(pk=ada.pk).exists()
    assert Drawing.objects.count() == 2


def test_nobody_else_gets_to_it(ada: User, outsider: Client) -> None:
    for answer in (outsider.get(PAGE), outsider.post(PAGE, {"password": PASSWORD})):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
    assert User.objects.filter(pk=ada.pk).exists()


def test_it_needs_the_forms_token(ada: User, visitor: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor.cookies
    assert strict.post(PAGE, {"password": PASSWORD}).status_code == 403
    assert User.objects.filter(pk=ada.pk).exists()


def test_what_they_said_of_others_drawings_stays_without_their_name(
    ada: User, visitor: Client, of_another: Drawing
) -> None:
    label = Label.objects.create(
        drawing=of_another, revision=1, text="7", by="reviewer", user=ada, state="accepted", decided_by=ada,
        decided_at=timezone.now(),
    )  # fmt: skip
    visitor.post(PAGE, {"password": PASSWORD})
    label.refresh_from_db()
    assert (label.text, label.state, label.user, label.decided_by) == ("7", "accepted", None, None)
