"""The frame round the digit that is meant: on a photo, by mouse, finger and keys, and what it sends."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.support.hand import Finger, draw_stroke, drawings_of, expect_reading, on_screen, part, settle, slowly
from tests.e2e.support.pictures import upload
from tests.e2e.support.routes import DRAWINGS
from tests.predictor.pictures import drawn

FOUR_AND_SEVEN = drawn("47")
"""600 × 300 pixels: on the pad it lies between 75 and 225 units from the top, the 4 on the left."""
ROUND_THE_FOUR = [(5, 80), (145, 220)]
ROUND_THE_SEVEN = [(155, 80), (295, 220)]
LEFT = "frame => frame.offsetLeft * 300 / frame.parentElement.offsetWidth"


@pytest.fixture
def framing(drawing_page: Page) -> Page:
    """The picture of two digits on the pad, read, and the frame in hand."""
    return take_frame(drawing_page)


def take_frame(page: Page) -> Page:
    upload(page, FOUR_AND_SEVEN)
    expect(part(page, "reading")).to_have_attribute("data-revision", "1")
    part(page, "frame-tool").click()
    expect(part(page, "frame-tool")).to_have_attribute("aria-pressed", "true")
    return page


def newest(page: Page) -> dict[str, Any]:
    return drawings_of(page)[0]


def box(page: Page, *, revision: int) -> list[int]:
    expect(part(page, "reading")).to_have_attribute("data-revision", str(revision))
    found = newest(page)
    assert found["revision"] == revision
    return found["box"]


def test_only_what_is_framed_is_read_and_the_frame_can_be_moved_resized_and_removed(framing: Page):
    draw_stroke(framing, ROUND_THE_FOUR)
    expect_reading(framing, "4", revision=2)
    assert box(framing, revision=2) == pytest.approx([10, 10, 280, 280], abs=3)
    draw_stroke(framing, [(75, 150), (225, 150)])
    expect_reading(framing, "7", revision=3)
    assert box(framing, revision=3) == pytest.approx([310, 10, 280, 280], abs=3)
    draw_stroke(framing, [(155, 80), (100, 100)])
    assert box(framing, revision=4) == pytest.approx([200, 50, 390, 240], abs=3)
    part(framing, "frame-remove").click()
    assert box(framing, revision=5) is None
    expect(part(framing, "frame")).to_be_hidden()
    assert len(drawings_of(framing)) == 1


def test_it_stays_on_the_picture(framing: Page):
    draw_stroke(framing, [(200, 20), (299, 299)])
    assert box(framing, revision=2) == pytest.approx([400, 0, 200, 300], abs=3)
    draw_stroke(framing, [(250, 150), (20, 150)])
    assert box(framing, revision=3) == pytest.approx([0, 0, 200, 300], abs=3)


def test_a_tap_frames_nothing_and_sends_nothing(framing: Page):
    for _ in range(2):
        draw_stroke(framing, [(50, 150), (51, 151)])
    settle(framing)
    expect(part(framing, "frame")).to_be_hidden()
    assert newest(framing)["revision"] == 1


def test_by_keys_it_is_laid_moved_resized_and_removed(drawing_page: Page):
    upload(drawing_page, FOUR_AND_SEVEN)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    part(drawing_page, "frame-tool").focus()
    drawing_page.keyboard.press("Enter")
    expect(part(drawing_page, "frame")).to_be_focused()
    assert box(drawing_page, revision=2) == [150, 75, 300, 150]
    for key in ("ArrowUp", "ArrowUp", "Shift+ArrowDown", "Shift+ArrowDown", "ArrowRight"):
        drawing_page.keyboard.press(key)
    assert box(drawing_page, revision=3) == [156, 63, 300, 162], "read once, when the keys rested"
    drawing_page.keyboard.press("Escape")
    assert box(drawing_page, revision=4) is None
    expect(part(drawing_page, "frame-tool")).to_be_focused()
    drawing_page.keyboard.press("Escape")
    expect(part(drawing_page, "frame-tool")).to_have_attribute("aria-pressed", "false")
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "4")
    drawing_page.keyboard.press("Escape")
    expect(part(drawing_page, "undo")).to_be_enabled()
    expect(part(drawing_page, "reading")).to_be_empty()


def test_escape_drops_what_the_mouse_does(framing: Page):
    draw_stroke(framing, ROUND_THE_FOUR)
    expect_reading(framing, "4", revision=2)
    slowly(framing, [(75, 150), (225, 150)])
    framing.keyboard.press("Escape")
    framing.mouse.up()
    assert part(framing, "frame").evaluate(LEFT) == pytest.approx(5, abs=2)
    expect_reading(framing, "4", revision=2)


def test_undo_and_redo_go_through_frames_and_the_timeline_shows_each(framing: Page):
    draw_stroke(framing, ROUND_THE_FOUR)
    expect_reading(framing, "4", revision=2)
    draw_stroke(framing, [(75, 150), (225, 150)])
    expect_reading(framing, "7", revision=3)
    part(framing, "undo").click()
    expect_reading(framing, "4", revision=4)
    part(framing, "undo").click()
    expect(part(framing, "frame")).to_be_hidden()
    assert box(framing, revision=5) is None
    part(framing, "redo").click()
    part(framing, "redo").click()
    expect_reading(framing, "7", revision=7)
    expect(part(framing, "step")).to_have_count(3)
    assert part(framing, "frame").evaluate(LEFT) == pytest.approx(155, abs=2)
    part(framing, "step").nth(1).click()
    expect_reading(framing, "4")
    assert part(framing, "frame").evaluate(LEFT) == pytest.approx(5, abs=2)
    part(framing, "step").nth(0).click()
    expect(part(framing, "frame")).to_be_hidden()
    draw_stroke(framing, ROUND_THE_FOUR)
    expect_reading(framing, "4", revision=8)
    expect(part(framing, "step")).to_have_count(4)


def test_with_the_tool_put_away_the_pen_draws_on_the_picture_in_its_frame(framing: Page):
    draw_stroke(framing, ROUND_THE_SEVEN)
    expect_reading(framing, "7", revision=2)
    part(framing, "frame-tool").click()
    draw_stroke(framing, [(20, 290), (60, 290)])
    expect_reading(framing, "7", revision=3)
    sent = newest(framing)
    assert (sent["width"], sent["height"]) == (600, 600), "the picture with the stroke on it"
    assert sent["box"] == pytest.approx([310, 160, 280, 280], abs=3)
    expect(part(framing, "frame")).to_be_visible()
    part(framing, "eraser").click()
    draw_stroke(framing, [(40, 280), (40, 299)])
    assert box(framing, revision=4) == pytest.approx([310, 10, 280, 280], abs=3)


def test_in_number_mode_it_holds_the_number(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    upload(drawing_page, drawn("1474"))
    expect_reading(drawing_page, "1474", revision=1)
    part(drawing_page, "frame-tool").click()
    draw_stroke(drawing_page, [(76, 100), (224, 200)])
    expect_reading(drawing_page, "47", revision=2)


def test_only_a_picture_can_be_framed_and_the_next_one_has_no_frame(framing: Page):
    draw_stroke(framing, ROUND_THE_FOUR)
    expect_reading(framing, "4", revision=2)
    upload(framing, drawn("7"))
    expect_reading(framing, "7", revision=1)
    expect(part(framing, "frame")).to_be_hidden()
    part(framing, "clear").click()
    expect(part(framing, "frame-tool")).to_be_hidden()
    draw_stroke(framing, [(150, 60), (150, 240)])
    expect_reading(framing, "1")
    expect(part(framing, "frame-tool")).to_be_hidden()


def test_a_finger_draws_and_moves_it(phone: Page):
    take_frame(phone)
    finger = Finger(phone)
    finger.draw_stroke(ROUND_THE_FOUR)
    expect_reading(phone, "4", revision=2)
    finger.draw_stroke([(75, 150), (225, 150)])
    expect_reading(phone, "7", revision=3)
    finger.cancel_stroke([(225, 150), (75, 150)])
    settle(phone)
    expect_reading(phone, "7", revision=3)
    assert part(phone, "frame").evaluate(LEFT) == pytest.approx(155, abs=2)


def test_a_labelled_picture_that_is_framed_anew_is_another_drawing(framing: Page):
    draw_stroke(framing, ROUND_THE_FOUR)
    expect_reading(framing, "4", revision=2)
    part(framing, "label-4").click()
    expect(part(framing, "thanks")).to_be_visible()
    draw_stroke(framing, [(75, 150), (225, 150)])
    expect_reading(framing, "7", revision=1)
    assert [each["label"] and each["label"]["text"] for each in drawings_of(framing)] == [None, "4"]


def test_the_drawings_page_shows_it(framing: Page):
    draw_stroke(framing, ROUND_THE_SEVEN)
    expect_reading(framing, "7", revision=2)
    framing.goto(f"/drawings/{newest(framing)['id']}/")
    shown = [part(framing, "box").get_attribute(name) for name in ("x", "y", "width", "height")]
    assert [int(value or 0) for value in shown] == pytest.approx([310, 10, 280, 280], abs=3)


def several(page: Page) -> Callable[[Route], None]:
    """As the site answers where a picture in digit mode shows several digits."""

    def answer(route: Route) -> None:
        answered = route.fetch()
        drawing = answered.json()
        if drawing["mode"] == "digit" and drawing["prediction"]:
            drawing["prediction"] |= {"sure": False, "several": True}
        route.fulfill(response=answered, json=drawing)

    return answer


def test_where_there_are_several_digits_number_mode_is_offered(drawing_page: Page):
    drawing_page.route(DRAWINGS, several(drawing_page))
    expect(part(drawing_page, "several")).to_be_hidden()
    upload(drawing_page, FOUR_AND_SEVEN)
    expect(part(drawing_page, "several")).to_be_visible()
    expect(part(drawing_page, "several")).to_have_text(re.compile("several digits"))
    part(drawing_page, "read-as-number").click()
    expect_reading(drawing_page, "47", revision=2)
    expect(part(drawing_page, "mode-number")).to_have_attribute("aria-pressed", "true")
    expect(part(drawing_page, "mode-number")).to_be_focused()
    expect(part(drawing_page, "several")).to_be_hidden()


def test_nothing_is_said_of_several_digits_where_there_is_one_or_nothing(drawing_page: Page):
    upload(drawing_page, drawn("7"))
    expect_reading(drawing_page, "7", revision=1)
    expect(part(drawing_page, "several")).to_be_hidden()
    drawing_page.route(DRAWINGS, several(drawing_page))
    upload(drawing_page, FOUR_AND_SEVEN)
    expect(part(drawing_page, "several")).to_be_visible()
    part(drawing_page, "clear").click()
    expect(part(drawing_page, "several")).to_be_hidden()


@pytest.mark.one_view
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_buttons_stay_in_one_row_and_the_page_no_wider_than_the_window(framing: Page, width: int):
    framing.set_viewport_size({"width": width, "height": 900})
    tops = part(framing, "frame-tool").evaluate(
        """tool => [...tool.parentElement.children].filter(each => each.checkVisibility())
            .map(each => Math.round(each.getBoundingClientRect().top / 8))"""
    )
    assert len(set(tops)) == 1
    assert framing.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.one_view
def test_the_pad_is_uncovered_while_the_tool_is_put_away(framing: Page):
    draw_stroke(framing, ROUND_THE_SEVEN)
    expect_reading(framing, "7", revision=2)
    part(framing, "frame-tool").click()
    hit = "([x, y]) => document.elementFromPoint(x, y).dataset.testid"
    for place in on_screen(framing, [(160, 90), (225, 150), (295, 80), (155, 80), (50, 50)]):
        assert framing.evaluate(hit, place) == "pad"
