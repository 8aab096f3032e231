"""The timeline: the reading after each stroke, looked back on and played, without a word to the site."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.support.hand import DIGITS, Finger, draw, draw_stroke, expect_reading, part, puts

SLANT, STEM = DIGITS["4"]
INKED = """(pad, [x, y]) => { const side = pad.width, {data} = pad.getContext('2d').getImageData(0, 0, side, side);
    return Math.abs(data[4 * (Math.round(y / 300 * side) * side + Math.round(x / 300 * side))] - data[0]) > 100; }"""


def steps(page: Page) -> Locator:
    return part(page, "step")


def draw_slowly(page: Page) -> None:
    """A one that becomes a four, each stroke read before the next."""
    for number, stroke in enumerate((STEM, SLANT), 1):
        draw_stroke(page, stroke)
        expect(part(page, "reading")).to_have_attribute("data-revision", str(number))


def has_stem_and_slant(page: Page) -> list[bool]:
    return [part(page, "pad").evaluate(INKED, list(place)) for place in ((170, 230), (100, 180))]


def test_each_stroke_is_a_step_and_a_change_of_mind_is_marked(drawing_page: Page):
    draw_slowly(drawing_page)
    expect(steps(drawing_page)).to_have_count(2)
    expect(steps(drawing_page).nth(0).locator("b")).to_have_text("1")
    expect(steps(drawing_page).nth(1).locator("b")).to_have_text("4")
    expect(steps(drawing_page).nth(1).locator("span")).to_have_text(re.compile(r"^\d\d?%$"))
    expect(steps(drawing_page).nth(1)).to_have_accessible_name(
        re.compile(r"^Step 2: 4, \d\d?%, the reading changed here$")
    )
    expect(steps(drawing_page).nth(0)).not_to_have_accessible_name(re.compile("changed"))
    expect(steps(drawing_page).nth(1)).to_have_attribute("aria-current", "step")


def test_an_older_step_shows_drawing_and_reading_as_they_were_and_sends_nothing(drawing_page: Page):
    draw_slowly(drawing_page)
    sent = puts(drawing_page)
    steps(drawing_page).nth(0).click()
    expect_reading(drawing_page, "1")
    assert float(part(drawing_page, "probability-1").get_attribute("data-value") or 0) > 0.5
    assert has_stem_and_slant(drawing_page) == [True, False]
    expect(steps(drawing_page).nth(0)).to_have_attribute("aria-current", "step")
    expect(part(drawing_page, "label-1")).to_be_disabled()
    steps(drawing_page).nth(1).click()
    expect_reading(drawing_page, "4")
    assert has_stem_and_slant(drawing_page) == [True, True]
    expect(part(drawing_page, "label-4")).to_be_enabled()
    expect(part(drawing_page, "status")).to_be_empty()
    assert sent == []


def test_drawing_on_goes_on_from_the_newest_step(drawing_page: Page):
    draw_slowly(drawing_page)
    steps(drawing_page).nth(0).click()
    expect_reading(drawing_page, "1")
    sent = puts(drawing_page)
    draw_stroke(drawing_page, [(60, 270), (90, 270)])
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "3")
    assert len(sent[-1]["strokes"]["strokes"]) == 3
    expect(steps(drawing_page)).to_have_count(3)
    assert has_stem_and_slant(drawing_page) == [True, True]


def test_a_late_answer_is_noted_but_does_not_take_the_step_away_that_is_looked_at(drawing_page: Page):
    draw_stroke(drawing_page, STEM)
    expect_reading(drawing_page, "1", revision=1)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    drawing_page.route("**/api/v1/drawings/*/", hold)
    draw_stroke(drawing_page, SLANT)
    expect(steps(drawing_page)).to_have_count(2)
    steps(drawing_page).nth(0).click()
    held[0].continue_()
    expect(steps(drawing_page).nth(1).locator("b")).to_have_text("4")
    expect_reading(drawing_page, "1")
    steps(drawing_page).nth(1).click()
    expect_reading(drawing_page, "4", revision=2)


def test_played_it_goes_from_the_first_step_to_the_newest(drawing_page: Page):
    draw_slowly(drawing_page)
    sent = puts(drawing_page)
    part(drawing_page, "timeline-play").click()
    expect_reading(drawing_page, "1")
    expect_reading(drawing_page, "4")
    expect(part(drawing_page, "label-4")).to_be_enabled()
    assert sent == []


def test_undone_steps_stay_until_another_stroke_takes_their_place(drawing_page: Page):
    draw_slowly(drawing_page)
    part(drawing_page, "undo").click()
    expect(steps(drawing_page)).to_have_count(2)
    expect(steps(drawing_page).nth(0)).to_have_attribute("aria-current", "step")
    draw_stroke(drawing_page, [(60, 60), (60, 240)])
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "4")
    expect(steps(drawing_page)).to_have_count(2)
    part(drawing_page, "clear").click()
    expect(steps(drawing_page)).to_have_count(0)
    expect(part(drawing_page, "timeline-play")).to_be_disabled()
    draw(drawing_page, "7")
    expect(steps(drawing_page)).to_have_count(1)


def test_other_colours_read_the_newest_step_again_and_keep_what_the_others_were_read_as(drawing_page: Page):
    draw_slowly(drawing_page)
    steps(drawing_page).nth(0).click()
    part(drawing_page, "stroke-colour").fill("#aa0000")
    expect_reading(drawing_page, "4", revision=3)
    expect(steps(drawing_page).nth(0).locator("b")).to_have_text("1")
    expect(steps(drawing_page)).to_have_count(2)


@pytest.mark.one_view
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_many_steps_scroll_within_their_row_and_the_newest_is_seen(phone: Page, direction: str):
    phone.evaluate("direction => { document.documentElement.dir = direction; }", direction)
    finger = Finger(phone)
    for number in range(9):
        finger.draw_stroke([(40 + 24 * number, 60), (40 + 24 * number, 90)])
        expect(part(phone, "reading")).to_have_attribute("data-revision", str(number + 1))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    box = steps(phone).nth(8).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["height"] >= 24
    assert box["width"] >= 24
