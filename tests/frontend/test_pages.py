"""The pages, as the server sends them."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from frontend import pagination, presentation
from predictor.models import Drawing, Label, LabelAuthor, LabelState
from predictor.percentages import confidence, percent

OPEN_PAGES = ("/", "/history/", "/about/", "/privacy/", "/accounts/login/", "/accounts/signup/")
ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500")
HOOKS = [
    *("pad", "reading", "confidence", "model-view", "clear", "undo", "redo", "mode-digit", "mode-number"),
    *("stroke-width", "stroke-colour", "background-colour", "upload", "label-none", "history"),
    *(f"probability-{digit}" for digit in range(10)),
    *(f"label-{digit}" for digit in range(10)),
]


class Elements(HTMLParser):
    """The elements of a page, and what a strict content security policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def hooks(self) -> list[str]:
        return [attrs["data-testid"] or "" for _, attrs in self.found if "data-testid" in attrs]

    def refused(self) -> list[str]:
        inline = [tag for tag, attrs in self.found if tag == "style" or (tag == "script" and "src" not in attrs)]
        styled = [f"{tag} {name}" for tag, attrs in self.found for name in attrs if name == "style" or name[:2] == "on"]
        links = [attrs.get(name) or "" for _, attrs in self.found for name in ("src", "href", "action")]
        return inline + styled + [link for link in links if re.match(r"(https?:)?//|javascript:", link)]


def elements(page) -> Elements:
    return Elements(page.content.decode())


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_anyone_sees_the_open_pages(visitor: Client, path: str):
    page = visitor.get(path)
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert elements(page).refused() == []


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_needs_no_request_and_shows_a_way_on(name: str):
    html = render_to_string(f"{name}.html")
    assert Elements(html).refused() == []
    assert f'href="{reverse("frontend:draw")}"' in html
    assert "<h1>" in html


def test_a_page_that_is_not_there_is_a_styled_404(visitor: Client):
    page = visitor.get("/nothing-here/")
    assert page.status_code == 404
    assert "site.css" in page.content.decode()


@pytest.mark.django_db
def test_the_drawing_page_sets_the_token_that_its_script_sends(client: Client):
    assert "csrftoken" not in client.cookies
    client.get("/")
    assert client.cookies["csrftoken"].value


def test_the_drawing_page_has_every_hook_of_the_design_once(visitor: Client):
    found = elements(visitor.get("/")).hooks()
    assert [hook for hook in HOOKS if found.count(hook) != 1] == []


def test_every_control_of_the_drawing_page_has_a_name(visitor: Client):
    html = visitor.get("/").content.decode()
    nameless = []
    for control in re.findall(r'<(?:button|input(?! type="hidden")|canvas)\b[^>]*>(?:[^<]*)', html):
        tag, text = control.split(">", 1)
        is_labelled = re.search(rf"<label[^>]*>(?:(?!</label>).)*{re.escape(tag)}", html, re.DOTALL)
        has_for = (name := re.search(r'\bid="([^"]+)"', tag)) and f'for="{name[1]}"' in html
        if not ("aria-label=" in tag or text.strip() or is_labelled or has_for):
            nameless.append(tag)
    assert nameless == []


# One's own, and another's


def test_the_owner_sees_a_drawing_with_its_reading(visitor: Client, drawing: Drawing):
    page = visitor.get(f"/drawings/{drawing.pk}/")
    assert page.status_code == 200
    assert elements(page).refused() == []
    text = page.content.decode()
    assert "99.8% sure" in text
    assert reverse("api:explanation", args=[drawing.pk]) in text


@pytest.mark.parametrize("does", ["", "label/", "withdraw/", "consent/", "delete/"])
def test_an_outsider_finds_nothing_and_changes_nothing(outsider: Client, drawing: Drawing, does: str):
    Label.objects.create(drawing=drawing, revision=2, text="1", by=LabelAuthor.VISITOR)
    path = f"/drawings/{drawing.pk}/{does}"
    answer = outsider.post(path, {"text": "3", "yes": "1"}) if does else outsider.get(path)
    assert answer.status_code == 404
    drawing.refresh_from_db()
    assert drawing.consent is False
    assert [(label.text, label.state) for label in drawing.labels.all()] == [("1", LabelState.PROPOSED)]
    assert elements(outsider.get("/history/")).hooks().count("history-item") == 0


@pytest.mark.parametrize("does", ["label/", "withdraw/", "consent/", "delete/"])
def test_a_link_changes_nothing(visitor: Client, drawing: Drawing, does: str):
    assert visitor.get(f"/drawings/{drawing.pk}/{does}").status_code == 405


def test_a_form_without_its_token_is_refused_with_a_styled_page(visitor: Client, drawing: Drawing):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visitor.cookies
    page = strict.post(f"/drawings/{drawing.pk}/delete/")
    assert page.status_code == 403
    assert "The form has expired" in page.content.decode()
    assert Drawing.objects.filter(pk=drawing.pk).exists()


# What the forms do


def test_the_owner_corrects_and_withdraws(visitor: Client, drawing: Drawing):
    page = visitor.post(f"/drawings/{drawing.pk}/label/", {"text": "1"}, follow=True)
    assert "Thank you" in page.content.decode()
    assert drawing.labels.get().text == "1"
    visitor.post(f"/drawings/{drawing.pk}/withdraw/")
    assert drawing.labels.get().state == LabelState.WITHDRAWN


def test_the_owner_says_that_it_is_no_digit(visitor: Client, drawing: Drawing):
    visitor.post(f"/drawings/{drawing.pk}/label/", {"text": "1", "none": "1"})
    assert drawing.labels.get().text == ""


@pytest.mark.parametrize("text", ["", "x", "12"])
def test_a_label_that_cannot_be_is_answered_in_words(visitor: Client, drawing: Drawing, text: str):
    page = visitor.post(f"/drawings/{drawing.pk}/label/", {"text": text}, follow=True)
    assert "notice--error" in page.content.decode()
    assert not drawing.labels.exists()


def test_a_label_that_was_decided_is_not_withdrawn(visitor: Client, drawing: Drawing):
    at = drawing.created_at
    Label.objects.create(drawing=drawing, revision=2, text="7", by="visitor", state="accepted", decided_at=at)
    page = visitor.post(f"/drawings/{drawing.pk}/withdraw/", follow=True)
    assert "notice--error" in page.content.decode()
    assert drawing.labels.get().state == LabelState.ACCEPTED


def test_consent_is_given_and_taken_back(visitor: Client, drawing: Drawing):
    for button, expected in (("yes", True), ("no", False)):
        visitor.post(f"/drawings/{drawing.pk}/consent/", {button: "1"})
        drawing.refresh_from_db()
        assert drawing.consent is expected


def test_a_deleted_drawing_is_gone(visitor: Client, drawing: Drawing):
    assert visitor.post(f"/drawings/{drawing.pk}/delete/").headers["Location"] == "/history/"
    assert visitor.get(f"/drawings/{drawing.pk}/").status_code == 404


# The history


def test_an_empty_history_says_what_will_stand_there(visitor: Client):
    assert "Nothing drawn yet" in visitor.get("/history/").content.decode()


@pytest.mark.parametrize(
    ("text", "sure", "says"),
    [("7", True, "99.8% sure"), ("7", False, "not sure: 99.8%"), ("", True, "no digit seen"), (None, True, "waiting")],
)
def test_the_history_says_how_sure_it_was(visitor: Client, make_drawing: Callable, text: str, sure: bool, says: str):
    make_drawing(text, sure=sure)
    assert says in visitor.get("/history/").content.decode()


def test_the_history_shows_what_became_of_a_label(visitor: Client, drawing: Drawing):
    Label.objects.create(drawing=drawing, revision=2, text="1", by=LabelAuthor.VISITOR)
    assert re.search(r"You:\s*<b>1</b> · in review", visitor.get("/history/").content.decode())


def test_a_long_history_is_read_page_by_page_newest_first(visitor: Client, make_drawing: Callable):
    made = [make_drawing() for _ in range(pagination.SIZE + 3)]
    same_moment = made[0].created_at
    Drawing.objects.filter(pk__in=[each.pk for each in made[:20]]).update(created_at=same_moment - timedelta(days=1))
    expected = [str(each.pk) for each in Drawing.objects.order_by("-created_at", "-id")]
    seen, path = [], "/history/"
    while path:
        html = visitor.get(path).content.decode()
        seen += re.findall(r'data-testid="history-item"[^>]*href="/drawings/([0-9a-f-]+)/"', html)
        older = re.search(r'href="(\?before=[^"]+)"', html)
        path = f"/history/{older[1]}" if older else ""
    assert seen == expected


@pytest.mark.parametrize("before", ["x", "2026-01-01_x", "2026-01-01T00:00:00_" + "0" * 32, "_"])
def test_a_place_that_is_none_is_not_found(visitor: Client, before: str):
    assert visitor.get("/history/", {"before": before}).status_code == 404


def test_a_long_history_takes_no_more_queries_than_a_short_one(
    visitor: Client, make_drawing: Callable, django_assert_num_queries: DjangoAssertNumQueries
):
    for count in (1, 12):
        for _ in range(count):
            Label.objects.create(drawing=make_drawing(), revision=2, text="1", by=LabelAuthor.VISITOR)
        with django_assert_num_queries(3):
            visitor.get("/history/")


# Accounts


def test_signing_up_brings_the_drawings_along(visitor: Client, drawing: Drawing):
    account = {"username": "ada", "password1": "a-rather-long-one", "password2": "a-rather-long-one"}
    page = visitor.post("/accounts/signup/", account, follow=True)
    assert page.redirect_chain == [("/history/", 302)]
    assert elements(page).hooks().count("history-item") == 1
    assert Drawing.objects.get().owner.user == User.objects.get(username="ada")
    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"username": "ada", "password": "a-rather-long-one"})
    assert elsewhere.get(f"/drawings/{drawing.pk}/").status_code == 200


def test_signed_out_the_drawings_are_out_of_sight(visitor: Client, drawing: Drawing):
    user = User.objects.create_user("ada", password="a-rather-long-one")
    visitor.force_login(user)
    drawing.owner.user = user
    drawing.owner.save()
    assert visitor.get(f"/drawings/{drawing.pk}/").status_code == 200
    assert visitor.get("/accounts/logout/").status_code == 405
    assert visitor.post("/accounts/logout/").headers["Location"] == "/"
    assert visitor.get(f"/drawings/{drawing.pk}/").status_code == 404


def test_a_sign_up_that_cannot_be_says_why(visitor: Client):
    page = visitor.post("/accounts/signup/", {"username": "ada", "password1": "a", "password2": "b"})
    assert page.status_code == 200
    assert "field__error" in page.content.decode()
    assert not User.objects.exists()


def test_a_password_is_changed(visitor: Client):
    user = User.objects.create_user("ada", password="a-rather-long-one")
    visitor.force_login(user)
    new = {"new_password1": "another-long-one", "new_password2": "another-long-one"}
    page = visitor.post("/accounts/password/", {"old_password": "a-rather-long-one", **new}, follow=True)
    assert "Your password has been changed" in page.content.decode()
    user.refresh_from_db()
    assert user.check_password("another-long-one")


# Facts shown


@pytest.mark.parametrize(
    ("share", "shown"), [(None, ""), (0.0, "0%"), (0.5, "50%"), (0.9989, "99.8%"), (0.99999, "99.9%"), (1.0, "99.9%")]
)
def test_nothing_is_a_hundred_per_cent_sure(share: float | None, shown: str):
    assert confidence(share) == shown


@pytest.mark.parametrize(("language", "shown"), [("en", "99.76%"), ("de", "99,76\N{NO-BREAK SPACE}%")])
def test_a_measured_share_is_rounded_and_written_in_the_language(language: str, shown: str):
    with translation.override(language):
        assert percent(0.99756, 2) == shown


def test_a_drawings_bars_are_as_high_as_their_probabilities(drawing: Drawing):
    [glyph] = presentation.glyphs(drawing)
    assert [bar.digit for bar in glyph.bars if bar.is_best] == [7]
    assert float(glyph.bars[7].height) == pytest.approx(99.8)
    assert float(glyph.bars[7].y) == pytest.approx(0.2)
