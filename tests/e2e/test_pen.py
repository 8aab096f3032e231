"""The pen in a real browser: by mouse, by finger, by stylus, on any screen, and what it sends."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.hand import DIGITS, Finger, draw, draw_stroke, expect_reading, part, puts, touch

WIDTHS = (360, 1280)
SEVEN = DIGITS["7"][0]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("digit", DIGITS)
def test_digits_drawn_with_the_mouse_are_read(drawing_page: Page, width: int, digit: str):
    drawing_page.set_viewport_size({"width": width, "height": 800})
    draw(drawing_page, digit)
    expect_reading(drawing_page, digit, revision=len(DIGITS[digit]))


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


def test_the_pad_has_a_pixel_for_each_of_the_screens(phone: Page):
    assert part(phone, "pad").evaluate("pad => [pad.width, pad.height]") == [656, 656]


def test_another_size_shows_the_same_drawing_and_sends_nothing(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    sent = puts(drawing_page)
    drawing_page.set_viewport_size({"width": 400, "height": 800})
    inked = """pad => { const side = pad.width, {data} = pad.getContext('2d').getImageData(0, 0, side, side);
        const dark = (x, y) => data[4 * (Math.round(y * side) * side + Math.round(x * side))] < 128;
        return [dark(0.5, 0.25), dark(0.5, 0.9)]; }"""
    expect(part(drawing_page, "pad")).to_have_js_property("width", 368)
    assert part(drawing_page, "pad").evaluate(inked) == [True, False]
    assert sent == []


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
