"""With JavaScript off: a picture is sent, read, corrected and learned from by HTML forms alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ARTIFACTS
from tests.e2e.support.hand import part
from tests.predictor.pictures import drawn


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, base_url=site, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def _send(page: Page, data: bytes, *, mode: str = "Digit") -> None:
    page.get_by_label("Picture", exact=True).set_input_files(
        {"name": "picture.png", "mimeType": "image/png", "buffer": data}
    )
    page.get_by_label(mode, exact=True).check()
    page.get_by_role("button", name="Read it").click()


def test_only_what_works_is_shown(page: Page):
    for hook in ("pad", "reading", "label-7", "stroke-width", "network-view"):
        expect(part(page, hook)).to_be_hidden()
    expect(part(page, "consent-yes")).to_be_visible()
    ARTIFACTS.mkdir(exist_ok=True)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=ARTIFACTS / f"plain-{width}.png", full_page=True)


def test_a_picture_is_sent_read_and_corrected(page: Page):
    _send(page, drawn("7"))
    expect(part(page, "reading")).to_have_text("7")
    page.screenshot(path=ARTIFACTS / "plain-drawing-1280.png", full_page=True)
    page.get_by_label("The digit").fill("1")
    part(page, "correct").click()
    expect(part(page, "outcome")).to_contain_text("you said that it is 1")
    part(page, "history").click()
    expect(part(page, "history-reading")).to_have_text("7")


def test_a_number_is_read_as_one(page: Page):
    _send(page, drawn("741"), mode="Number")
    expect(part(page, "reading")).to_have_text("741")


def test_what_is_no_picture_is_refused_in_words(page: Page):
    _send(page, b"not a picture")
    expect(page.locator(".notice--error:visible")).to_contain_text("not a picture we read")
    expect(part(page, "plain")).to_be_visible()


def test_consent_is_given_by_a_form_and_taken_back_by_another(page: Page):
    part(page, "consent-yes").click()
    expect(page.get_by_text("Thank you. You can change your mind at any time.")).to_be_visible()
    _send(page, drawn("7"))
    drawing = page.url
    expect(page.get_by_text("The site may learn from this drawing.")).to_be_visible()
    page.goto("/privacy/")
    part(page, "consent-take-back").click()
    expect(part(page, "consent-allow")).to_be_visible()
    page.goto(drawing)
    expect(page.get_by_text("The site doesn’t learn from this drawing.")).to_be_visible()
