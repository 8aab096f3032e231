"""What lies on the pad is the newest of what came there, and what is said of it is said of that."""

from playwright.sync_api import Page, expect

from tests.e2e.support.hand import DIGITS, draw, draw_stroke, drawings_of, expect_reading, part, settle
from tests.e2e.support.pictures import ONE, SEVEN, png, upload
from tests.e2e.support.routes import DRAWINGS, FAILURE, fail, hold, nth

SLOW_TO_DECODE = """() => {
    const decode = createImageBitmap, decoding = window.decoding = [];
    window.createImageBitmap = async (...of) => {
        await new Promise(resolve => decoding.push(resolve));
        return decode(...of);
    };
}"""
"""Each picture is decoded when the test says so, in the order in which they came."""


def slow_to_decode(page: Page) -> None:
    page.evaluate(SLOW_TO_DECODE)


def decode(page: Page, number: int) -> None:
    """Lets that one, from 1, be decoded, once the page asks for it; returns when that has been shown."""
    page.wait_for_function("number => decoding.length >= number", arg=number)
    page.evaluate("number => decoding[number - 1]()", number)
    settle(page)


def listed(page: Page, *pictures: bytes) -> None:
    """The pictures in a list, read; the pad is not empty, and stays as it is."""
    draw_stroke(page, DIGITS["1"][0])
    expect_reading(page, "1", revision=1)
    upload(page, *pictures)
    expect(part(page, "picture-tally")).to_have_text(f"{len(pictures)} of {len(pictures)} pictures done")


def choose(page: Page, number: int, digit: str) -> None:
    part(page, "picture").nth(number - 1).click()
    expect_reading(page, digit, revision=1)
    expect(part(page, "step")).to_have_count(1)


def test_a_picture_that_was_drawn_over_comes_again_as_another_drawing(drawing_page: Page):
    listed(drawing_page, png(SEVEN), png(ONE))
    choose(drawing_page, 1, "7")
    draw_stroke(drawing_page, [(60, 150), (240, 150)])
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
    choose(drawing_page, 2, "1")
    choose(drawing_page, 1, "7")
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_be_visible()
    labelled = [each["revision"] for each in drawings_of(drawing_page) if each["label"]]
    assert labelled == [1]


def test_a_picture_chosen_again_bears_what_was_said_of_it(drawing_page: Page):
    listed(drawing_page, png(SEVEN), png(ONE))
    choose(drawing_page, 1, "7")
    part(drawing_page, "label-2").click()
    expect(part(drawing_page, "thanks")).to_contain_text("2")
    choose(drawing_page, 2, "1")
    expect(part(drawing_page, "thanks")).to_be_hidden()
    choose(drawing_page, 1, "7")
    expect(part(drawing_page, "thanks")).to_contain_text("2")
    expect(part(drawing_page, "label-2")).to_have_attribute("aria-pressed", "true")
    part(drawing_page, "label-undo").click()
    expect(part(drawing_page, "thanks")).to_be_hidden()


def test_a_slow_picture_does_not_come_over_a_newer_one(drawing_page: Page):
    slow_to_decode(drawing_page)
    upload(drawing_page, png(SEVEN))
    upload(drawing_page, png(ONE))
    decode(drawing_page, 2)
    expect_reading(drawing_page, "1", revision=1)
    decode(drawing_page, 1)
    expect_reading(drawing_page, "1", revision=1)
    expect(part(drawing_page, "step")).to_have_count(1)


def test_a_stroke_drawn_while_a_list_is_read_is_not_covered_by_its_picture(drawing_page: Page):
    slow_to_decode(drawing_page)
    upload(drawing_page, png(ONE), png(ONE))
    drawing_page.wait_for_function("() => decoding.length > 0")
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    decode(drawing_page, 1)
    expect_reading(drawing_page, "7", revision=1)
    expect(part(drawing_page, "picture-tally")).to_have_text("2 of 2 pictures done")
    expect(part(drawing_page, "picture-list").locator("[aria-pressed=true]")).to_have_count(0)


def test_a_list_goes_on_after_a_picture_that_cannot_be_shown(drawing_page: Page):
    drawing_page.evaluate("() => { createImageBitmap = async () => { throw new DOMException(); }; }")
    drawing_page.route("**/image/**", lambda route: route.abort())
    upload(drawing_page, *[png(SEVEN)] * 4)
    expect(part(drawing_page, "picture-tally")).to_have_text("4 of 4 pictures done")
    expect(part(drawing_page, "status")).to_contain_text("could not be shown")
    drawing_page.unroute("**/image/**")
    choose(drawing_page, 1, "7")
    expect(part(drawing_page, "status")).to_be_empty()


def test_a_picture_that_could_not_be_read_says_so_in_the_list(drawing_page: Page):
    held = hold(drawing_page, DRAWINGS)
    draw_stroke(drawing_page, DIGITS["1"][0])
    nth(held, 1, drawing_page).continue_()
    expect_reading(drawing_page, "1", revision=1)
    upload(drawing_page, png(SEVEN), png(ONE))
    for number in (2, 3):
        route = nth(held, number, drawing_page)
        if number == 2:
            fail(route)
        else:
            route.continue_()
    expect(part(drawing_page, "picture-tally")).to_have_text("2 of 2 pictures done")
    said = part(drawing_page, "picture-list").locator("[data-state=unsure] span")
    expect(said).to_have_text(FAILURE)
