"""The drawing page on screens of any width: nothing covers the pad, nothing moves, nothing sticks out."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hand import Finger, draw, expect_reading, part


@pytest.mark.one_view
@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_nothing_covers_the_pad(drawing_page: Page, width: int):
    drawing_page.set_viewport_size({"width": width, "height": 900})
    part(drawing_page, "mode-number").click()
    draw(drawing_page, "7")
    expect(part(drawing_page, "boxes").locator("rect")).not_to_have_count(0)
    strangers = part(drawing_page, "pad").evaluate(
        """pad => { const {left, top, width, height} = pad.getBoundingClientRect(); const found = [];
            for (let x = 0.06; x < 1; x += 0.11) for (let y = 0.06; y < 1; y += 0.11) {
                const hit = document.elementFromPoint(left + x * width, top + y * height);
                if (hit !== pad) found.push(String(hit?.className));
            } return found; }"""
    )
    assert strangers == []


@pytest.mark.one_view
@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_the_page_is_no_wider_than_the_window(drawing_page: Page, width: int):
    drawing_page.set_viewport_size({"width": width, "height": 740})
    assert drawing_page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.one_view
def test_on_a_phone_the_reading_is_seen_without_scrolling(phone: Page):
    Finger(phone).draw("7")
    expect_reading(phone, "7")
    for hook in ("pad", "reading", "confidence", "model-view", "probability-7", "label-7"):
        box = part(phone, hook).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 740, hook


def test_drawing_shifts_nothing(drawing_page: Page):
    places = """['pad', 'reading', 'model-view', 'label-0', 'consent'].map(hook => {
        const {x, y} = document.querySelector(`[data-testid=${hook}]`).getBoundingClientRect();
        return [x, y]; }).flat()"""
    # To a tenth of a pixel: a digit's line box may differ from an empty one's by a fraction that no one sees.
    before = pytest.approx(drawing_page.evaluate(places), abs=0.1)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    assert drawing_page.evaluate(places) == before
