"""The pen in a real browser: by mouse, by finger, by stylus, on any screen, and what it sends."""

import base64
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from ml.glyphs.redrawing import redrawn
from ml.pictures import decoding
from tests.e2e.support.hand import DIGITS, Finger, draw, draw_stroke, expect_reading, part, puts, settle, slowly, touch

WIDTHS = (360, 1280)
SEVEN = DIGITS["7"][0]


@pytest.mark.one_view
@pytest.mark.parametrize("width", WIDTHS)
def test_digits_drawn_with_the_mouse_are_read(drawing_page: Page, width: int):
    drawing_page.set_viewport_size({"width": width, "height": 800})
    for digit, strokes in DIGITS.items():
        draw(drawing_page, digit)
        expect_reading(drawing_page, digit, revision=len(strokes))
        part(drawing_page, "clear").click()


@pytest.mark.one_view
@pytest.mark.parametrize("width", WIDTHS)
def test_a_finger_draws_and_nothing_scrolls_under_it(phone: Page, width: int):
    phone.set_viewport_size({"width": width, "height": 500})
    Finger(phone).draw("4")
    expect_reading(phone, "4", revision=2)
    assert phone.evaluate("scrollY") == 0


def test_it_reads_after_each_stroke(drawing_page: Page):
    sent = puts(drawing_page)
    for number, stroke in enumerate(DIGITS["4"], 1):
        draw_stroke(drawing_page, stroke)
        expect(part(drawing_page, "reading")).to_have_attribute("data-revision", str(number))
        expect(part(drawing_page, "confidence")).to_have_text(re.compile("sure|digit", re.IGNORECASE))
    assert [(each["revision"], len(each["strokes"]["strokes"])) for each in sent] == [(1, 1), (2, 2)]
    assert len({each["id"] for each in sent}) == 1


def test_a_second_finger_draws_nothing(phone: Page):
    sent = puts(phone)
    Finger(phone).draw_stroke(SEVEN, second=[(30, 280)])
    expect_reading(phone, "7", revision=1)
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert all(abs(x - 30) > 20 or abs(y - 280) > 20 for x, y, *_ in stroke["points"])


def test_a_cancelled_touch_ends_its_stroke_and_the_next_one_draws(phone: Page):
    sent = puts(phone)
    finger = Finger(phone)
    finger.cancel_stroke(DIGITS["4"][0])
    finger.draw_stroke(DIGITS["4"][1])
    expect_reading(phone, "4", revision=2)
    assert len(sent[-1]["strokes"]["strokes"]) == 2


def test_a_stroke_that_leaves_the_pad_ends_outside_of_it(drawing_page: Page):
    sent = puts(drawing_page)
    draw_stroke(drawing_page, [(150, 60), (150, 240), (150, 400)])
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert stroke["points"][-1][1] > 300


def test_the_strokes_say_where_when_and_how_hard(drawing_page: Page):
    sent = puts(drawing_page)
    draw_stroke(drawing_page, SEVEN)
    expect_reading(drawing_page, "7")
    content = sent[-1]
    assert (content["strokes"]["width"], content["strokes"]["height"]) == (300, 300)
    points = content["strokes"]["strokes"][0]["points"]
    assert points[0][:2] == pytest.approx(SEVEN[0], abs=1)
    assert points[-1][:2] == pytest.approx(SEVEN[-1], abs=1)
    assert [point[2] for point in points] == sorted(point[2] for point in points)
    assert {point[3] for point in points} == {0.5}
    assert content["mode"] == "digit"
    assert content["source"] == "canvas"


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_the_pad_has_a_pixel_for_each_of_the_screens(browser: Browser, site: str, ratio: float):
    context = browser.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=ratio)
    page = context.new_page()
    page.goto(site)
    assert part(page, "pad").evaluate("pad => [pad.width, pad.height]") == [round(328 * ratio)] * 2
    draw(page, "1")
    sharp = """(pad, ratio) => { const row = pad.getContext('2d').getImageData(0, pad.height / 2, pad.width, 1).data;
        const greys = Array.from({length: pad.width}, (_, x) => row[4 * x]);
        const [dark, light] = [Math.min(...greys), Math.max(...greys)];
        return greys.filter(grey => grey > dark + 8 && grey < light - 8).length; }"""
    assert part(page, "pad").evaluate(sharp, ratio) <= 4, "the line's two edges are a pixel or two wide"
    context.close()


def test_another_size_shows_the_same_drawing_and_sends_nothing(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    sent = puts(drawing_page)
    drawing_page.set_viewport_size({"width": 400, "height": 800})
    inked = """pad => { const side = pad.width, {data} = pad.getContext('2d').getImageData(0, 0, side, side);
        const ink = (x, y) => Math.abs(data[4 * (Math.round(y * side) * side + Math.round(x * side))] - data[0]) > 100;
        return [ink(0.5, 0.25), ink(0.5, 0.9)]; }"""
    expect(part(drawing_page, "pad")).to_have_js_property("width", 368)
    assert part(drawing_page, "pad").evaluate(inked) == [True, False]
    assert sent == []


def are_the_pictures(sent: dict) -> bool:
    """Whether the strokes that the page sent serve to read its picture."""
    picture = decoding.decode(base64.b64decode(sent["image"].partition(",")[2]))
    return redrawn(picture, sent["strokes"], is_number=False) is not None


def test_a_palm_draws_nothing_and_gives_way_to_the_stylus(drawing_page: Page):
    sent = puts(drawing_page)
    touch(drawing_page, "down", "touch", 2, 40, 250, size=90)
    touch(drawing_page, "up", "touch", 2, 40, 250, size=90)
    touch(drawing_page, "down", "touch", 3, 240, 280)
    touch(drawing_page, "move", "touch", 3, 250, 285)
    touch(drawing_page, "down", "pen", 4, 150, 60)
    for y in range(70, 241, 10):
        touch(drawing_page, "move", "pen", 4, 150, y)
        touch(drawing_page, "move", "touch", 3, 240 + y % 7, 280)
    touch(drawing_page, "up", "touch", 3, 240, 280)
    touch(drawing_page, "up", "pen", 4, 150, 240)
    touch(drawing_page, "down", "touch", 5, 60, 60)
    touch(drawing_page, "up", "touch", 5, 60, 60)
    expect_reading(drawing_page, "1", revision=1)
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert all(abs(x - 150) < 1 for x, *_ in stroke["points"])
    assert {pressure for *_, pressure in stroke["points"]} == {0.7}


def test_a_cancelled_stroke_is_kept_as_far_as_it_came(drawing_page: Page):
    sent = puts(drawing_page)
    touch(drawing_page, "down", "pen", 4, 150, 60)
    touch(drawing_page, "move", "pen", 4, 150, 240)
    touch(drawing_page, "cancel", "pen", 4, 0, 0)
    touch(drawing_page, "move", "pen", 4, 280, 280)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert [point[:2] for point in stroke["points"]] == [
        pytest.approx([150, 60], abs=0.5),
        pytest.approx([150, 240], abs=0.5),
    ]


def test_what_came_between_two_frames_is_drawn_too(drawing_page: Page):
    sent = puts(drawing_page)
    touch(drawing_page, "down", "pen", 4, 150, 60)
    part(drawing_page, "pad").evaluate(
        """pad => { const {left, top, width} = pad.getBoundingClientRect();
            const at = y => ({pointerId: 4, pointerType: 'pen', buttons: 1, clientX: left + width / 2,
                clientY: top + y * width / 300});
            const between = [90, 120, 150, 180].map(y => new PointerEvent('pointermove', at(y)));
            pad.dispatchEvent(new PointerEvent('pointermove', {...at(180), coalescedEvents: between})); }"""
    )
    touch(drawing_page, "up", "pen", 4, 150, 240)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert [round(y) for _, y, *_ in stroke["points"]] == [60, 90, 120, 150, 180]


def test_a_stylus_that_presses_harder_draws_wider(drawing_page: Page):
    sent = puts(drawing_page)
    stylus = drawing_page.context.new_cdp_session(drawing_page)
    box = part(drawing_page, "pad").bounding_box()
    assert box
    for step in range(20):
        kind = {0: "mousePressed", 19: "mouseReleased"}.get(step, "mouseMoved")
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] * (0.2 + 0.03 * step)}
        pressed = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen", "force": 0.1 + 0.04 * step}
        stylus.send("Input.dispatchMouseEvent", {"type": kind, **place, **pressed})
    expect_reading(drawing_page, "1", revision=1)
    [stroke] = sent[-1]["strokes"]["strokes"]
    pressures = [point[3] for point in stroke["points"]]
    assert pressures == sorted(pressures)
    assert pressures[-1] - pressures[0] > 0.5
    ink = """(pad, y) => { const row = Math.round(y * pad.height);
        const {data} = pad.getContext('2d').getImageData(0, row, pad.width, 1);
        return data.filter((value, at) => at % 4 === 0 && Math.abs(value - data[0]) > 100).length; }"""
    above, below = (part(drawing_page, "pad").evaluate(ink, y) for y in (0.25, 0.7))
    assert below > 1.5 * above > 0
    assert are_the_pictures(sent[-1])


@pytest.mark.parametrize("pen", [2, 40])
def test_its_strokes_are_what_the_picture_shows(drawing_page: Page, pen: int):
    part(drawing_page, "stroke-width").fill(str(pen))
    sent = puts(drawing_page)
    for digit in ("5", "3"):
        draw(drawing_page, digit)
        expect_reading(drawing_page, digit)
        assert are_the_pictures(sent[-1])
        part(drawing_page, "clear").click()


def test_the_network_sees_the_same_whatever_the_pen(drawing_page: Page):
    seen = set()
    draw(drawing_page, "4")
    for revision, pen in enumerate((2, 40, 16), start=3):
        part(drawing_page, "stroke-width").fill(str(pen))
        expect_reading(drawing_page, "4", revision=revision)
        seen.add(part(drawing_page, "model-view").get_attribute("src"))
    assert len(seen) == 1


def test_digits_that_a_thick_pen_joins_are_read(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    part(drawing_page, "stroke-width").fill("36")
    for place, digit in enumerate("302"):
        draw(drawing_page, digit, scale=0.5, left=-20 + 85 * place)
    expect_reading(drawing_page, "302", revision=3)


def test_the_stylus_other_end_erases(drawing_page: Page):
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    sent = puts(drawing_page)
    touch(drawing_page, "down", "pen", 4, 150, 225, button=5)
    touch(drawing_page, "move", "pen", 4, 200, 225)
    touch(drawing_page, "up", "pen", 4, 200, 225)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "3")
    assert len(sent[-1]["strokes"]["strokes"]) == 1
    expect(part(drawing_page, "eraser")).to_have_attribute("aria-pressed", "false")


def test_a_window_that_changes_under_the_pen_keeps_the_stroke_whole(drawing_page: Page):
    sent = puts(drawing_page)
    slowly(drawing_page, SEVEN[:2])
    drawing_page.set_viewport_size({"width": 900, "height": 700})
    expect(part(drawing_page, "pad")).not_to_have_js_property("width", 0)
    settle(drawing_page)
    slowly(drawing_page, SEVEN[1:], is_down=True)
    drawing_page.mouse.up()
    expect_reading(drawing_page, "7", revision=1)
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert stroke["points"][-1][:2] == pytest.approx(SEVEN[-1], abs=2)


def test_the_other_mouse_buttons_draw_nothing(drawing_page: Page):
    sent = puts(drawing_page)
    for button in ("right", "middle"):
        part(drawing_page, "pad").click(button=button)
    drawing_page.keyboard.press("Escape")
    draw(drawing_page, "1")
    expect_reading(drawing_page, "1", revision=1)
    assert [len(each["strokes"]["strokes"]) for each in sent] == [1]


def test_a_pointer_that_comes_back_without_a_button_has_ended_its_stroke(drawing_page: Page):
    """As after the button was released over a dialog of the system: the page hears of no release."""
    sent = puts(drawing_page)
    touch(drawing_page, "down", "mouse", 1, 150, 60)
    touch(drawing_page, "move", "mouse", 1, 150, 240)
    part(drawing_page, "pad").dispatch_event(
        "pointermove", {"pointerId": 1, "pointerType": "mouse", "buttons": 0, "clientX": 5, "clientY": 5}
    )
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    [stroke] = sent[-1]["strokes"]["strokes"]
    assert stroke["points"][-1][:2] == pytest.approx([150, 240], abs=1), "the way back is not drawn"
    touch(drawing_page, "down", "mouse", 1, 60, 60)
    touch(drawing_page, "up", "mouse", 1, 60, 60)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
