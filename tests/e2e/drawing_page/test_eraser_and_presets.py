"""The pen: erasing, its width by keys, colours by numbers, presets."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hand import DIGITS, draw, draw_stroke, expect_reading, part, puts, settle, until
from tests.e2e.support.pictures import SEVEN, png, upload

BAR, STEM = DIGITS["4"]
ACROSS_THE_STEM = [(150, 225), (200, 225)]
CONTRAST = """(it, name) => {
    const luminance = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).map(Number)
        .map(each => each / 255).map(each => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const paper = getComputedStyle(it.closest('.paper')).backgroundColor;
    const [dark, light] = [getComputedStyle(it)[name], paper].map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05); }"""
Scheme = Literal["light", "dark"]


def test_the_eraser_takes_the_strokes_that_it_touches_and_undo_brings_them_back(drawing_page: Page):
    sent = puts(drawing_page)
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    part(drawing_page, "eraser").click()
    expect(part(drawing_page, "eraser")).to_have_attribute("aria-pressed", "true")
    draw_stroke(drawing_page, ACROSS_THE_STEM)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "3")
    [left] = sent[-1]["strokes"]["strokes"]
    assert left["points"] == sent[0]["strokes"]["strokes"][0]["points"]
    part(drawing_page, "undo").click()
    expect_reading(drawing_page, "4", revision=4)
    assert len(sent[-1]["strokes"]["strokes"]) == 2


def test_the_eraser_that_touches_nothing_sends_nothing(drawing_page: Page):
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    sent = puts(drawing_page)
    drawing_page.keyboard.press("e")
    draw_stroke(drawing_page, [(20, 20), (60, 20)])
    drawing_page.keyboard.press("e")
    expect(part(drawing_page, "eraser")).to_have_attribute("aria-pressed", "false")
    settle(drawing_page)
    assert sent == []
    assert not part(drawing_page, "redo").is_enabled()


def test_all_erased_the_pad_is_empty_and_the_pen_is_back_in_hand(drawing_page: Page):
    draw_stroke(drawing_page, STEM)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    part(drawing_page, "eraser").click()
    draw_stroke(drawing_page, ACROSS_THE_STEM)
    expect_reading(drawing_page, "")
    expect(part(drawing_page, "eraser")).to_be_disabled()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)


def erase_over_a_picture(page: Page) -> None:
    """Draws over a picture and erases that one stroke."""
    upload(page, png(SEVEN))
    expect_reading(page, "7", revision=1)
    draw_stroke(page, STEM)
    expect(part(page, "reading")).to_have_attribute("data-revision", "2")
    part(page, "eraser").click()
    draw_stroke(page, ACROSS_THE_STEM)


def choose_a_picture_while_erasing(page: Page) -> None:
    draw_stroke(page, STEM)
    part(page, "eraser").click()
    upload(page, png(SEVEN))


@pytest.mark.parametrize("leave_no_stroke", [erase_over_a_picture, choose_a_picture_while_erasing])
def test_over_a_picture_without_strokes_the_pen_is_in_hand(drawing_page: Page, leave_no_stroke: Callable[[Page], None]):
    leave_no_stroke(drawing_page)
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "eraser")).to_be_disabled()
    expect(part(drawing_page, "drawing")).to_have_attribute("data-tool", "pen")
    draw_stroke(drawing_page, BAR)
    expect(part(drawing_page, "eraser")).to_be_enabled()


def test_brackets_make_the_pen_thinner_and_wider(drawing_page: Page):
    for key, value in (("]", "18"), ("]", "20"), ("[", "18")):
        drawing_page.keyboard.press(key)
        expect(part(drawing_page, "stroke-width")).to_have_value(value)
    sent = puts(drawing_page)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    assert sent[0]["strokes"]["strokes"][0]["width"] == 18
    drawing_page.keyboard.press("[")
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
    assert sent[-1]["strokes"]["strokes"][0]["width"] == 16


def test_a_bracket_that_a_keyboard_has_with_alt_only_works(drawing_page: Page):
    drawing_page.keyboard.press("Alt+]")
    expect(part(drawing_page, "stroke-width")).to_have_value("18")
    drawing_page.keyboard.press("Alt+e")
    expect(part(drawing_page, "drawing")).to_have_attribute("data-tool", "pen")
    drawing_page.keyboard.press("Control+Alt+[")
    expect(part(drawing_page, "stroke-width")).to_have_value("16")


def test_sliders_for_red_green_and_blue_mix_the_pickers_colour(drawing_page: Page):
    drawing_page.get_by_text("Colours", exact=True).click()
    part(drawing_page, "stroke-colour").fill("#0a80ff")
    for channel, value in (("red", "10"), ("green", "128"), ("blue", "255")):
        expect(part(drawing_page, f"stroke-{channel}")).to_have_value(value)
    part(drawing_page, "background-colour").fill("#ffffff")
    part(drawing_page, "background-red").fill("16")
    expect(part(drawing_page, "background-colour")).to_have_value("#10ffff")
    drawing_page.reload()
    expect(part(drawing_page, "background-red")).to_have_value("16")
    expect(part(drawing_page, "stroke-green")).to_have_value("128")


def test_a_slider_held_and_moved_is_read_while_it_moves(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    part(drawing_page, "colours").locator("summary").click()
    part(drawing_page, "background-green").scroll_into_view_if_needed()
    slider = part(drawing_page, "background-green").bounding_box()
    assert slider
    sent = puts(drawing_page)
    drawing_page.mouse.move(slider["x"] + slider["width"] - 8, slider["y"] + slider["height"] / 2)
    drawing_page.mouse.down()
    for step in range(60):
        drawing_page.mouse.move(slider["x"] + slider["width"] - 8 - step, slider["y"] + slider["height"] / 2)
        drawing_page.wait_for_timeout(20)
    assert len(sent) > 1
    drawing_page.mouse.up()
    chosen = part(drawing_page, "background-colour").input_value()
    expect(part(drawing_page, "reading-card")).to_have_attribute("aria-busy", "false")
    assert chosen != "#ffffff"
    until(drawing_page, lambda: sent[-1]["strokes"]["background"] == chosen)
    expect_reading(drawing_page, "7")


@pytest.mark.parametrize("preset", ["chalkboard", "pencil", "marker", "night"])
def test_a_preset_sets_ink_paper_and_width_and_is_read_right(drawing_page: Page, preset: str):
    draw(drawing_page, "2")
    expect_reading(drawing_page, "2", revision=1)
    sent = puts(drawing_page)
    part(drawing_page, "colours").locator("summary").click()
    button = part(drawing_page, f"preset-{preset}")
    button.click()
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
    expect_reading(drawing_page, "2")
    chosen = {name: button.get_attribute(f"data-{name}") for name in ("ink", "paper", "width")}
    strokes = sent[-1]["strokes"]
    [stroke] = strokes["strokes"]
    assert chosen == {"ink": stroke["colour"], "paper": strokes["background"], "width": str(stroke["width"])}
    expect(part(drawing_page, "stroke-colour")).to_have_value(chosen["ink"])


@pytest.mark.one_view
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("preset", ["chalkboard", "pencil", "marker", "night"])
def test_what_the_page_writes_on_the_paper_is_legible_on_it(drawing_page: Page, scheme: Scheme, preset: str):
    drawing_page.emulate_media(color_scheme=scheme)
    part(drawing_page, "colours").locator("summary").click()
    part(drawing_page, f"preset-{preset}").click()
    assert drawing_page.locator(".paper__hint").evaluate(CONTRAST, "color") >= 4.5
    part(drawing_page, "mode-number").click()
    draw(drawing_page, "7", scale=0.5, left=-10)
    draw(drawing_page, "1", scale=0.5, left=120)
    expect_reading(drawing_page, "71")
    expect(part(drawing_page, "boxes").locator("rect")).to_have_count(2)
    # All in one go: a newer reading puts others in their place.
    every = f"boxes => boxes.map(box => ({CONTRAST})(box, 'stroke'))"
    assert min(part(drawing_page, "boxes").locator("rect").evaluate_all(every)) >= 3
