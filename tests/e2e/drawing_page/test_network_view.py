"""What the network sees, step by step: the picture with its box, the ink, the points and their numbers."""

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.support.hand import DIGITS, draw, draw_stroke, expect_reading, part

GREYS = """canvas => { const {data, width} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [width, ...[0.02, 0.5].map(x => data[4 * (Math.round(0.08 * width) * width + Math.round(x * width))])]; }"""


def open_network_view(page: Page) -> None:
    """On a lecture room's screen it is open from the start."""
    if part(page, "network-view").get_attribute("open") is None:
        part(page, "network-view").locator("summary").click()


def numbers(page: Page) -> list[int]:
    return [int(text) for text in part(page, "network-view-numbers").locator("i").all_inner_texts()]


def seen(page: Page) -> list[int]:
    """The ink of the picture beside the reading."""
    data = (part(page, "model-view").get_attribute("src") or "").partition(",")[2]
    return [255 - value for value in Image.open(io.BytesIO(base64.b64decode(data))).convert("L").tobytes()]


def test_the_numbers_are_the_pixels_that_the_network_was_given(drawing_page: Page):
    open_network_view(drawing_page)
    expect(drawing_page.get_by_text("Draw something first.")).to_be_visible()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    cells = part(drawing_page, "network-view-numbers").locator("i")
    expect(cells).to_have_count(784)
    shown = numbers(drawing_page)
    assert shown == seen(drawing_page)
    assert max(shown) == 255
    assert cells.nth(shown.index(255)).evaluate("cell => getComputedStyle(cell).backgroundColor") == "rgb(0, 0, 0)"
    assert shown.index(255) > 28


@pytest.mark.parametrize("preset", ["chalkboard", "marker"])
def test_the_ink_is_dark_whatever_its_colour(drawing_page: Page, preset: str):
    part(drawing_page, "colours").locator("summary").click()
    part(drawing_page, f"preset-{preset}").click()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    open_network_view(drawing_page)
    expect(part(drawing_page, "network-view-numbers").locator("i")).to_have_count(784)
    canvas = part(drawing_page, "network-view-ink")
    drawing_page.wait_for_function(f"canvas => ({GREYS})(canvas)[2] < 60", arg=canvas.element_handle())
    width, paper, _ = canvas.evaluate(GREYS)
    assert width == 300
    assert paper > 200


def test_another_digit_of_a_number_and_an_older_step_show_their_own(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    for stroke in (DIGITS["7"][0], DIGITS["1"][0]):
        left = 0 if stroke is DIGITS["7"][0] else 120
        draw_stroke(drawing_page, [(left + x * 0.5, 75 + y * 0.5) for x, y in stroke])
        expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2" if left else "1")
    open_network_view(drawing_page)
    expect(part(drawing_page, "network-view-numbers").locator("i")).to_have_count(784)
    first = numbers(drawing_page)
    assert first == seen(drawing_page)
    part(drawing_page, "glyphs").get_by_role("button").nth(1).click()
    drawing_page.wait_for_timeout(200)
    assert numbers(drawing_page) == seen(drawing_page) != first
    part(drawing_page, "step").nth(0).click()
    drawing_page.wait_for_timeout(200)
    assert numbers(drawing_page) == seen(drawing_page)


@pytest.mark.parametrize("width", [320, 360, 1280, 2560])
def test_the_numbers_scroll_in_their_own_frame(drawing_page: Page, width: int):
    drawing_page.set_viewport_size({"width": width, "height": 740})
    open_network_view(drawing_page)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "network-view-numbers").locator("i")).to_have_count(784)
    assert drawing_page.evaluate("document.documentElement.scrollWidth") <= width
