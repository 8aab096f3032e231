"""Reading while the pen is down: now and then, one at a time, never over the stroke's own reading, and kept nowhere."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.support.hand import DIGITS, Points, draw_stroke, expect_reading, part, puts, settle, slowly, touch, until
from tests.e2e.support.routes import BRISK, DEAF_TO_ABORT, GLANCES, hold

SLANT, STEM = DIGITS["4"]
SEVEN = DIGITS["7"][0]


@pytest.fixture
def brisk_page(drawing_page: Page) -> Page:
    drawing_page.add_init_script(BRISK)
    drawing_page.reload()
    return drawing_page


def glances(page: Page) -> list[Request]:
    """What is asked while the pen is down from now on."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.url.endswith("/glances/") else None)
    return asked


@contextmanager
def pen_down(page: Page, points: Points) -> Iterator[None]:
    """The pen stays at the end of these points."""
    slowly(page, points)
    try:
        yield
    finally:
        page.mouse.up()


def test_the_digit_is_read_before_the_pen_is_lifted(brisk_page: Page):
    sent = puts(brisk_page)
    with pen_down(brisk_page, SEVEN):
        expect_reading(brisk_page, "7")
        expect(part(brisk_page, "reading")).not_to_have_attribute("data-revision", re.compile(".*"))
        expect(part(brisk_page, "reading-card")).to_have_attribute("aria-busy", "true")
        assert brisk_page.evaluate("document.querySelector('.bar.is-best').dataset.testid") == "probability-7"
        expect(part(brisk_page, "step")).to_have_count(0)
        assert sent == []
    expect_reading(brisk_page, "7", revision=1)
    expect(part(brisk_page, "step")).to_have_count(1)
    expect(part(brisk_page, "reading-card")).to_have_attribute("aria-busy", "false")


def test_what_is_kept_is_one_reading_a_stroke(brisk_page: Page, site: str):
    asked = glances(brisk_page)
    sent = puts(brisk_page)
    for number, stroke in enumerate(DIGITS["4"], 1):
        with pen_down(brisk_page, stroke):
            until(brisk_page, lambda: len(asked) >= number)  # noqa: B023
        expect(part(brisk_page, "reading")).to_have_attribute("data-revision", str(number))
    assert len(asked) >= 2
    assert [each["revision"] for each in sent] == [1, 2]
    brisk_page.goto(f"{site}/drawings/{sent[0]['id']}/")
    expect(part(brisk_page, "readings").locator("tbody tr")).to_have_count(2)
    brisk_page.goto(f"{site}/history/")
    expect(part(brisk_page, "history-item")).to_have_count(1)


def test_in_number_mode_the_boxes_come_while_it_is_drawn(brisk_page: Page):
    part(brisk_page, "mode-number").click()
    draw_stroke(brisk_page, [(x * 0.5, 75 + y * 0.5) for x, y in SEVEN])
    expect_reading(brisk_page, "7", revision=1)
    with pen_down(brisk_page, [(120 + x * 0.5, 75 + y * 0.5) for x, y in DIGITS["1"][0]]):
        expect_reading(brisk_page, "71")
        expect(part(brisk_page, "boxes").locator("rect")).to_have_count(2)


def test_a_pen_that_rests_asks_nothing_more(brisk_page: Page):
    asked = glances(brisk_page)
    with pen_down(brisk_page, SEVEN):
        until(brisk_page, lambda: asked)
        for _ in range(5):  # what was on its way may still come on a slow machine; a pen that goes on asks in each span
            before = len(asked)
            brisk_page.wait_for_timeout(1000)
            if len(asked) == before:
                return
        raise AssertionError(f"{len(asked)} glances at a pen that rests")


def test_there_are_never_two_at_once(brisk_page: Page):
    held = hold(brisk_page, GLANCES)
    with brisk_page.expect_request(GLANCES):
        slowly(brisk_page, SEVEN[:2])
    slowly(brisk_page, SEVEN[1:], is_down=True)
    brisk_page.wait_for_timeout(500)
    assert len(held) == 1
    brisk_page.mouse.up()
    expect_reading(brisk_page, "7", revision=1)


def test_a_late_look_at_the_unfinished_stroke_never_stands_over_the_finished_one(page: Page, site: str):
    page.add_init_script(DEAF_TO_ABORT)
    held = hold(page, GLANCES)
    page.goto(f"{site}/")
    with page.expect_request(GLANCES):
        slowly(page, SEVEN)
    page.mouse.up()
    expect_reading(page, "7", revision=1)
    seen = {"text": "9", "confidence": 0.9, "sure": True, "model": "1", "elapsed_ms": 1, "glyphs": []}
    with page.expect_event("requestfinished"):
        held[0].fulfill(json={"width": 300, "height": 300, "prediction": seen})
    settle(page)
    expect_reading(page, "7", revision=1)


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_too_busy_for_it_is_left_alone_until_it_has_read_a_stroke(brisk_page: Page, status: int):
    error = {"error": {"code": "throttled", "message": "Too many."}}
    brisk_page.route(GLANCES, lambda route: route.fulfill(status=status, json=error))
    asked = glances(brisk_page)
    with brisk_page.expect_response(GLANCES):
        slowly(brisk_page, SLANT[:2])
    slowly(brisk_page, SLANT[1:], is_down=True)
    brisk_page.wait_for_timeout(500)
    brisk_page.mouse.up()
    assert len(asked) == 1
    expect(part(brisk_page, "reading")).to_have_attribute("data-revision", "1")
    expect(part(brisk_page, "status")).to_be_empty()
    brisk_page.unroute(GLANCES)
    with pen_down(brisk_page, STEM):
        expect_reading(brisk_page, "4")
    expect_reading(brisk_page, "4", revision=2)


def test_where_a_stroke_takes_long_to_be_read_or_data_is_dear_nothing_is_asked(drawing_page: Page):
    drawing_page.route("**/api/v1/drawings/*/", lambda route: (drawing_page.wait_for_timeout(400), route.continue_()))
    draw_stroke(drawing_page, SLANT)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    drawing_page.unroute("**/api/v1/drawings/*/")
    asked = glances(drawing_page)
    with pen_down(drawing_page, STEM):
        drawing_page.wait_for_timeout(500)
    expect_reading(drawing_page, "4", revision=2)
    drawing_page.evaluate("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    with pen_down(drawing_page, [(60, 270), (90, 270)]):
        drawing_page.wait_for_timeout(500)
    assert asked == []


def test_a_palm_that_gives_way_leaves_the_reading_of_what_was_drawn(brisk_page: Page):
    draw_stroke(brisk_page, SEVEN)
    expect_reading(brisk_page, "7", revision=1)
    touch(brisk_page, "down", "touch", 3, 240, 280)
    touch(brisk_page, "move", "touch", 3, 30, 270)
    expect(part(brisk_page, "reading")).not_to_have_attribute("data-revision", "1")
    touch(brisk_page, "down", "pen", 4, 150, 150)
    expect_reading(brisk_page, "7", revision=1)
    touch(brisk_page, "up", "pen", 4, 150, 150)
    expect(part(brisk_page, "reading")).to_have_attribute("data-revision", "2")


def test_a_palm_alone_leaves_an_empty_pad_empty(brisk_page: Page):
    touch(brisk_page, "down", "touch", 3, 100, 50)
    touch(brisk_page, "move", "touch", 3, 100, 250)
    expect(part(brisk_page, "reading-card")).to_have_attribute("aria-busy", "true")
    touch(brisk_page, "down", "pen", 4, 150, 150)
    expect(part(brisk_page, "confidence")).to_have_text("Draw, and see it read.")
    expect(part(brisk_page, "label-1")).to_be_disabled()
    touch(brisk_page, "up", "pen", 4, 150, 150)
