"""The language of a page: the browser's, or the one that was chosen, which stays."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from predictor.models import Drawing
from tests.frontend.words import Words, page

GERMAN = {"Accept-Language": "de"}
OPEN_PAGES = ("/", "/about/", "/history/", "/history/?text=x", "/history/?text=9", "/history/delete/", "/privacy/")
ACCOUNTS = ("/accounts/login/", "/accounts/signup/")
ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500")
SAME = {"Digitsite", "API", "English", "Deutsch", "Esc", "u", "r", "e", "PNG", "SVG", "Code"}
"""What is the same in both languages."""
SPOKEN = {"aria-label", "alt", "title", "placeholder", "content", "aria-valuetext"}
SILENT_DATA = {
    "testid",
    "drawings",
    "glances",
    "consent",
    "corner",
    "mode",
    "state",
    "strokes",
    "explanation",
    "kind",
    "length",
    "limit",
    "ink",
    "paper",
    "width",
}


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de", "de"), ("de-AT,de;q=0.9", "de"), ("en-GB", "en"), ("fr", "en"), ("fr,de;q=0.5", "de")],
)
def test_the_page_is_in_the_browsers_language_or_in_english(visitor: Client, asked: str, language: str):
    answer = visitor.get("/", headers={"Accept-Language": asked})
    assert Words(answer.content.decode()).html["lang"] == language
    assert answer.headers["Content-Language"] == language


def test_dates_and_plurals_are_german(visitor: Client, make_drawing: Callable):
    made = make_drawing()
    Drawing.objects.update(created_at=timezone.make_aware(timezone.datetime(2026, 3, 4, 17, 5)))
    assert "4. Mär 2026, 17:05" in page(visitor, "/history/")
    assert "4. März 2026, 17:05" in page(visitor, f"/drawings/{made.pk}/")
    assert "Deine 1 Zeichnung löschen?" in page(visitor, "/history/delete/")
    make_drawing()
    assert "Alle deine 2 Zeichnungen löschen?" in page(visitor, "/history/delete/")


# The choice


def test_a_language_that_is_chosen_stays_and_keeps_the_page(visitor: Client):
    here = "/history/?text=42&wrong=on"
    html = page(visitor, here, "en")
    assert 'name="next" value="/history/?text=42&amp;wrong=on"' in html
    answer = visitor.post("/language/", {"language": "de", "next": here})
    assert (answer.status_code, answer.headers["Location"]) == (302, here)
    assert Words(page(visitor, "/", "en")).html["lang"] == "de"
    visitor.post("/language/", {"language": "en", "next": "/"})
    assert Words(page(visitor, "/", "de")).html["lang"] == "en"


def test_every_page_offers_each_language_by_its_own_name(visitor: Client):
    html = page(visitor, "/about/")
    for code, name in settings.LANGUAGES:
        assert re.search(rf'value="{code}" lang="{code}"[^>]*>{name}</button>', html)
    assert re.findall(r'value="(\w+)"[^>]*aria-current="true"', html) == ["de"]


def test_the_choice_leads_to_no_other_site_and_is_no_strangers(visitor: Client):
    answer = visitor.post("/language/", {"language": "de", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"
    strict = Client(enforce_csrf_checks=True)
    strict.get("/about/")
    assert strict.post("/language/", {"language": "de"}).status_code == 403
    token = strict.cookies["csrftoken"].value
    assert strict.post("/language/", {"language": "de", "csrfmiddlewaretoken": token}).status_code == 302
