"""The pages in German, whole: no text without its translation, none left in English, and a choice that stays."""

import gettext
import re
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation
from django_otp.plugins.otp_totp.models import TOTPDevice

from predictor.drawings import sharing
from predictor.models import Dataset, DatasetItem, Drawing, Label, Prediction
from tests.codes import code_at
from tests.frontend import catalogs
from tests.frontend.catalogs import APPS
from tests.frontend.words import Words, page

GERMAN = {"Accept-Language": "de"}
OPEN_PAGES = ("/", "/about/", "/history/", "/history/?text=x", "/history/?text=9", "/history/delete/", "/privacy/")
ACCOUNTS = ("/accounts/login/", "/accounts/signup/")
ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500")


def english_in(german: str, english: str = "") -> set[str]:
    """The texts of the German page that are English ones: the other page's, or any that has a translation."""
    said = Words(german).said
    known = [
        re.compile(re.sub(r"%\\?\(\w+\\?\)[sd]", ".+", re.escape(text.replace("%%", "%"))))
        for app in APPS
        for entry in catalogs.po(app)
        for text, told in zip((entry.text, entry.plural or entry.text), (entry.said[0], entry.said[-1]), strict=True)
        if text != told and re.search(r"[a-z]", re.sub(r"%\(\w+\)[sd]", "", text), re.IGNORECASE)
    ]
    return {text for text in said if any(each.fullmatch(text) for each in known)} | (said & Words(english).said)


@pytest.fixture
def told(visitor: Client, drawing: Drawing, make_drawing: Callable) -> Drawing:
    """A drawing with everything that a page can tell of one."""
    now = timezone.now()
    common = {"drawing": drawing, "revision": 2}
    for by in ("visitor", "reviewer"):
        for text in ("", "4"):
            for state in ("rejected", "withdrawn", "accepted"):
                Label.objects.create(**common, by=by, text=text, state=state, decided_at=now)
    Label.objects.create(**common, by="visitor", text="7")
    for label in ("", "4"):
        dataset = Dataset.objects.create(sha256=f"{label:>064}", counts={})
        item = {"drawing_id": drawing.pk, "image_hash": drawing.image_hash, "side": "train"}
        DatasetItem.objects.create(dataset=dataset, label=label, **item)
    version = drawing.predictions.get(revision=2).model
    for text in ("", "4"):
        read = {"model": version, "text": text, "confidence": 0.5, "status": "done", "done_at": now}
        Prediction.objects.create(**common, kind="reread", preprocessing_version=1, **read)
    make_drawing(None)
    make_drawing("", sure=True)
    make_drawing("7", sure=False)
    return drawing


# The catalogs


@pytest.mark.parametrize("app", APPS)
def test_no_text_is_untranslated_or_fuzzy(app: str):
    assert [entry.text for entry in catalogs.po(app) if entry.is_fuzzy or not all(entry.said)] == []


@pytest.mark.parametrize("app", APPS)
def test_every_text_of_the_source_is_in_the_catalog_and_no_other(app: str):
    assert catalogs.texts_of(app) == {entry.key for entry in catalogs.po(app)}


@pytest.mark.parametrize("app", APPS)
def test_the_compiled_catalog_says_what_the_written_one_says(app: str):
    with (catalogs.catalog(app) / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    entries = catalogs.po(app)
    for entry in entries:
        if entry.plural:
            assert [compiled.ngettext(entry.text, entry.plural, count) for count in (1, 2)] == entry.said
        elif entry.context:
            assert compiled.pgettext(entry.context, entry.text) == entry.said[0]
        else:
            assert compiled.gettext(entry.text) == entry.said[0]
    assert len({key for key in compiled._catalog if key}) == sum(len(entry.said) for entry in entries)


@pytest.mark.parametrize("app", APPS)
def test_a_translation_keeps_what_is_filled_in(app: str):
    places = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%")
    for entry in catalogs.po(app):
        for said in entry.said:
            assert sorted(places.findall(said)) == sorted(places.findall(entry.text)), entry.text


def test_german_speaks_to_a_friend_and_quotes_as_german_does():
    said = [text for app in APPS for entry in catalogs.po(app) for text in entry.said]
    assert [text for text in said if re.search(r"[“”]", re.sub(r"„[^“]+“", "", text)) or '"' in text] == []
    assert [text for text in said if re.search(r"\b(Ihr|Ihre|Ihnen|Ihren)\b", text)] == []


# The pages


@pytest.mark.parametrize("path", [*OPEN_PAGES, *ACCOUNTS])
def test_a_german_page_has_no_english_left(visitor: Client, told: Drawing, path: str):
    assert english_in(page(visitor, path), page(visitor, path, "en")) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_an_empty_german_page_has_no_english_left(visitor: Client, path: str):
    assert english_in(page(visitor, path), page(visitor, path, "en")) == set()


def test_a_drawings_german_page_has_no_english_left(visitor: Client, told: Drawing):
    path = f"/drawings/{told.pk}/"
    german = page(visitor, path)
    assert english_in(german, page(visitor, path, "en")) == set()
    assert "zu 99,8\u00a0% sicher" in german
    sharing.share(drawing=told)
    for path in (f"/drawings/{told.pk}/", f"/shared/{told.share_token}/"):
        found = english_in(page(visitor, path), page(visitor, path, "en"))
        assert {text for text in found if not text.startswith("http")} == set()


def test_the_pages_of_an_account_have_no_english_left(visitor: Client, django_user_model: type[User]):
    visitor.force_login(django_user_model.objects.create_user("ada"))
    for path in ("/accounts/delete/", "/accounts/password/", "/history/", "/privacy/"):
        assert english_in(page(visitor, path), page(visitor, path, "en")) - {"ada"} == set()


def test_the_pages_of_two_factor_authentication_have_no_english_left(visitor: Client):
    visitor.force_login(User.objects.create_user("ada", password="ada", is_staff=True))
    path = "/accounts/two-factor/"

    def refused(language: str) -> str:
        TOTPDevice.objects.update(throttling_failure_count=0)
        return visitor.post(path, {"code": "000000"}, headers={"Accept-Language": language}).content.decode()

    german = page(visitor, path)
    secret = visitor.get(path).context["secret"]
    assert english_in(german, page(visitor, path, "en")) - {"ada", secret} == set()
    assert english_in(refused("de"), refused("en")) - {"ada", secret} == set()
    TOTPDevice.objects.update(throttling_failure_count=0)
    on = visitor.post(path, {"code": code_at(secret, time.time())}, headers=GERMAN).content.decode()
    assert 'data-testid="recovery-codes"' in on
    assert english_in(on) == set()
    assert english_in(page(visitor, path), page(visitor, path, "en")) - {"ada"} == set()
    held = Client()
    held.post("/accounts/login/", {"username": "ada", "password": "ada"})
    assert english_in(page(held, "/accounts/code/"), page(held, "/accounts/code/", "en")) == set()


def test_a_form_is_refused_in_german(visitor: Client):
    account = {"username": "a b", "password1": "a", "password2": "b"}
    answers = [
        visitor.post("/accounts/signup/", account, headers={"Accept-Language": language}).content.decode()
        for language in ("de", "en")
    ]
    assert "field__error" in answers[0]
    assert english_in(*answers) == set()


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_is_german_without_a_request_and_without_the_database(name: str):
    with translation.override("de"):
        german = render_to_string(f"{name}.html")
    assert Words(german).html["lang"] == "de"
    with translation.override("en"):
        english = render_to_string(f"{name}.html")
    assert english_in(german, english) == set()


def test_a_page_that_is_not_there_says_so_in_german(visitor: Client):
    assert "Hier ist nichts" in page(visitor, "/nothing-here/")


def test_a_page_that_breaks_says_so_in_german(visitor: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr("frontend.views.history.HistoryFilter")
    visitor.raise_request_exception = False
    assert "Etwas ist schiefgegangen" in page(visitor, "/history/")


# What the API says, pages show


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"image": "data:image/png;base64,AAAA"}, 415, "not_a_picture", "Das ist kein Bild, das wir lesen"),
        ({"image": "data:image/png;base64,!"}, 400, "bad_value", "image: Das Base64 der Data-URL ist kaputt."),
    ],
)
def test_the_apis_messages_are_german_and_its_codes_are_not(
    visitor: Client, body: dict[str, str], status: int, code: str, message: str
):
    answer = visitor.post("/api/v1/drawings/", body, content_type="application/json", headers=GERMAN)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"].startswith(message)


def test_what_is_too_large_is_refused_in_the_language_of_who_sent_it(client: Client, settings):
    settings.UPLOAD_LIMIT = 4
    for language, message in (("de", "Die Anfrage ist zu groß"), ("en", "The request is too large")):
        answer = client.post("/api/v1/drawings/", {"text": "7"}, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        assert answer.json()["error"]["message"].startswith(message)
