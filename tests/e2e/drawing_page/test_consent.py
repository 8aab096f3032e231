"""The question whether the site may learn from what one draws: asked once, beside the pad, and taken back."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.support.hand import draw, expect_reading, part, puts

PLACES = """['pad', 'reading', 'label-0', 'stroke-width'].map(hook => {
    const box = document.querySelector(`[data-testid=${hook}]`).getBoundingClientRect();
    return [box.x, box.y + scrollY, box.width, box.height].join(' '); })"""
SHIFTS = """new PerformanceObserver(list => list.getEntries().forEach(each => {
    window.shifted = (window.shifted ?? 0) + each.value; })).observe({type: 'layout-shift', buffered: true})"""
PRIVATE = "The site doesn’t learn from your drawings."


def _ask(page: Page) -> None:
    draw(page, "7")
    expect_reading(page, "7", revision=1)
    expect(part(page, "consent-yes")).to_be_visible()


def _consents(page: Page, site: str) -> bool | None:
    consent: bool | None = page.request.get(f"{site}/api/v1/consent/").json()["consent"]
    return consent


@pytest.mark.one_view
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_asked_after_the_first_reading_and_moves_nothing(drawing_page: Page, width: int):
    drawing_page.set_viewport_size({"width": width, "height": 800})
    drawing_page.reload()
    drawing_page.evaluate(SHIFTS)
    expect(part(drawing_page, "consent-yes")).to_be_hidden()
    before = drawing_page.evaluate(PLACES)
    _ask(drawing_page)
    assert drawing_page.evaluate(PLACES) == before
    pad, question = part(drawing_page, "pad").bounding_box(), part(drawing_page, "consent").bounding_box()
    assert pad
    assert question
    apart = question["x"] >= pad["x"] + pad["width"] or question["y"] >= pad["y"] + pad["height"]
    assert apart
    part(drawing_page, "consent-no").click()
    expect(drawing_page.get_by_text(PRIVATE)).to_be_visible()
    assert drawing_page.evaluate(PLACES) == before
    assert drawing_page.evaluate("window.shifted ?? 0") == 0


def test_a_yes_is_for_this_drawing_and_the_next_ones(drawing_page: Page, site: str):
    sent = puts(drawing_page)
    _ask(drawing_page)
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_contain_text("only if you allow it")
    with drawing_page.expect_response(lambda answer: "/drawings/" in answer.url and answer.request.method == "PUT"):
        part(drawing_page, "consent-yes").click()
    expect(part(drawing_page, "consent-take-back")).to_be_visible()
    drawn = [each for each in sent if "image" in each]
    assert [(each["revision"], each["consent"]) for each in drawn] == [(1, False), (1, True)]
    drawing_page.goto(f"{site}/drawings/{drawn[0]['id']}/")
    expect(drawing_page.get_by_text("The site may learn from this drawing")).to_be_visible()
    drawing_page.goto(f"{site}/")
    draw(drawing_page, "1")
    expect_reading(drawing_page, "1", revision=1)
    assert [each["consent"] for each in sent if "image" in each][-1] is True


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_it_is_asked_once(drawing_page: Page, site: str, answer: str):
    _ask(drawing_page)
    part(drawing_page, f"consent-{answer}").focus()
    drawing_page.keyboard.press("Enter")
    expect(part(drawing_page, "consent-take-back" if answer == "yes" else "consent-allow")).to_be_visible()
    assert drawing_page.evaluate("document.activeElement.className") == f"consent__{answer}"
    drawing_page.reload()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "consent-yes")).to_have_count(0)
    assert _consents(drawing_page, site) is (answer == "yes")


def test_taken_back_it_is_for_every_drawing_that_was_sent(drawing_page: Page, site: str):
    sent = puts(drawing_page)
    _ask(drawing_page)
    part(drawing_page, "consent-yes").click()
    part(drawing_page, "consent-take-back").click()
    expect(drawing_page.get_by_text(PRIVATE)).to_be_visible()
    assert _consents(drawing_page, site) is False
    drawing_page.goto(f"{site}/drawings/{sent[0]['id']}/")
    expect(drawing_page.get_by_text("The site doesn’t learn from this drawing")).to_be_visible()


def test_the_privacy_page_takes_it_back_and_gives_it_again(drawing_page: Page, site: str):
    _ask(drawing_page)
    part(drawing_page, "consent-yes").click()
    expect(part(drawing_page, "consent-take-back")).to_be_visible()
    drawing_page.goto(f"{site}/privacy/")
    part(drawing_page, "consent-take-back").click()
    expect(drawing_page.get_by_text("The site won’t learn from your drawings.")).to_be_visible()
    assert _consents(drawing_page, site) is False
    part(drawing_page, "consent-allow").click()
    expect(part(drawing_page, "consent-take-back")).to_be_visible()
    assert _consents(drawing_page, site) is True


def test_an_answer_waits_for_the_site_and_then_counts(drawing_page: Page, site: str):
    _ask(drawing_page)
    failures = iter([503, 503])

    def fail_at_first(route: Route) -> None:
        status = next(failures, None)
        route.fulfill(status=status) if status else route.continue_()

    drawing_page.route("**/api/v1/consent/", fail_at_first)
    part(drawing_page, "consent-yes").click()
    expect(part(drawing_page, "status")).not_to_be_empty()
    expect(part(drawing_page, "consent-take-back")).to_be_visible()
    expect(part(drawing_page, "status")).to_be_empty()
    assert _consents(drawing_page, site) is True
