"""Saying what a drawing is, by tap and by key, and taking it back; consent."""

from playwright.sync_api import Page, expect

from tests.e2e.support.hand import DIGITS, draw, draw_stroke, drawings_of, expect_reading, part, puts, settle
from tests.e2e.support.routes import DRAWINGS, hold, nth


def label_of(page: Page, drawing_id: str) -> dict | None:
    return page.request.get(f"/api/v1/drawings/{drawing_id}/").json()["label"]


def last_id(page: Page) -> str:
    return drawings_of(page)[0]["id"]


def test_one_tap_corrects_and_one_takes_it_back(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "label-1").click()
    expect(part(drawing_page, "thanks")).to_contain_text("A reviewer checks it")
    expect(part(drawing_page, "label-1")).to_have_attribute("aria-pressed", "true")
    drawing_id = last_id(drawing_page)
    assert label_of(drawing_page, drawing_id) == {"text": "1", "by": "visitor", "state": "proposed"}
    part(drawing_page, "label-undo").click()
    expect(part(drawing_page, "thanks")).to_be_hidden()
    expect(part(drawing_page, "label-1")).to_have_attribute("aria-pressed", "false")
    assert label_of(drawing_page, drawing_id) is None


def test_one_key_corrects_and_the_keyboard_takes_it_back(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    for digit in "0123456789":
        drawing_page.keyboard.press(digit)
        expect(part(drawing_page, f"label-{digit}")).to_have_attribute("aria-pressed", "true")
        expect(drawing_page.locator(".key[aria-pressed=true]")).to_have_count(1)
    drawing_id = last_id(drawing_page)
    assert label_of(drawing_page, drawing_id)["text"] == "9"
    part(drawing_page, "label-undo").focus()
    drawing_page.keyboard.press("Enter")
    expect(part(drawing_page, "thanks")).to_be_hidden()
    assert label_of(drawing_page, drawing_id) is None


def test_by_tab_and_enter_alone_a_drawing_is_undone_read_as_a_number_and_called_no_digit(drawing_page: Page):
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    for hook, then in (("undo", "3"), ("redo", "4"), ("mode-number", "5")):
        drawing_page.evaluate("document.activeElement.blur()")
        for _ in range(30):
            drawing_page.keyboard.press("Tab")
            if part(drawing_page, hook).evaluate("it => it === document.activeElement"):
                break
        drawing_page.keyboard.press("Enter")
        expect(part(drawing_page, "reading")).to_have_attribute("data-revision", then)
    part(drawing_page, "label-none").focus()
    drawing_page.keyboard.press("Enter")
    expect(part(drawing_page, "thanks")).to_contain_text("not a digit")


def test_single_keys_can_be_turned_off(drawing_page: Page):
    drawing_page.get_by_text("Keys", exact=True).click()
    part(drawing_page, "single-keys").uncheck()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    drawing_page.keyboard.press("3")
    drawing_page.keyboard.press("u")
    drawing_page.keyboard.press("Control+Shift+z")
    settle(drawing_page)
    expect(part(drawing_page, "thanks")).to_be_hidden()
    expect_reading(drawing_page, "7", revision=1)


def test_not_a_digit_is_said_with_an_empty_label(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "label-none").click()
    expect(part(drawing_page, "thanks")).to_contain_text("not a digit")
    assert label_of(drawing_page, last_id(drawing_page))["text"] == ""


def test_the_chosen_digit_stays_chosen_when_the_number_is_read_again_alike(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    draw(drawing_page, "7", scale=0.5, left=-10)
    draw(drawing_page, "1", scale=0.5, left=120)
    expect_reading(drawing_page, "71", revision=2)
    second = part(drawing_page, "glyphs").get_by_role("button").nth(1)
    second.click()
    part(drawing_page, "stroke-colour").fill("#0000aa")
    expect_reading(drawing_page, "71", revision=3)
    expect(second).to_have_attribute("aria-pressed", "true")


def test_in_a_number_the_chosen_digit_is_corrected_and_the_whole_can_be_typed(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    draw(drawing_page, "7", scale=0.5, left=-10)
    draw(drawing_page, "1", scale=0.5, left=120)
    expect_reading(drawing_page, "71")
    part(drawing_page, "glyphs").get_by_role("button").nth(1).click()
    part(drawing_page, "label-9").click()
    expect(part(drawing_page, "thanks")).to_contain_text("79")
    assert label_of(drawing_page, last_id(drawing_page))["text"] == "79"
    part(drawing_page, "label-text").fill("74")
    part(drawing_page, "label-number").click()
    expect(part(drawing_page, "thanks")).to_contain_text("74")
    assert label_of(drawing_page, last_id(drawing_page))["text"] == "74"


def test_a_digit_is_not_corrected_in_a_number_that_reads_differently_by_then(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    draw(drawing_page, "7", scale=0.3, left=60)
    draw(drawing_page, "1", scale=0.3, left=150)
    expect_reading(drawing_page, "71")
    # Nor is the new digit seen while it is drawn.
    drawing_page.route("**/glances/", lambda route: route.abort())
    held = hold(drawing_page, DRAWINGS)
    draw(drawing_page, "7", scale=0.3, left=-10)
    late = nth(held, 1, drawing_page)
    part(drawing_page, "glyphs").get_by_role("button").nth(1).click()
    part(drawing_page, "label-9").click()
    late.continue_()
    expect(part(drawing_page, "status")).to_contain_text("Check it again")
    expect_reading(drawing_page, "771")
    assert label_of(drawing_page, last_id(drawing_page)) is None
    part(drawing_page, "glyphs").get_by_role("button").nth(2).click()
    part(drawing_page, "label-9").click()
    expect(part(drawing_page, "thanks")).to_contain_text("779")


def test_a_stroke_after_the_correction_is_another_drawing_and_the_correction_stays(drawing_page: Page):
    sent = puts(drawing_page)
    draw_stroke(drawing_page, DIGITS["4"][0])
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    part(drawing_page, "label-6").click()
    expect(part(drawing_page, "thanks")).to_be_visible()
    draw_stroke(drawing_page, DIGITS["4"][1])
    expect_reading(drawing_page, "4", revision=1)
    expect(part(drawing_page, "thanks")).to_be_hidden()
    first, second = sent
    assert first["id"] != second["id"]
    assert len(second["strokes"]["strokes"]) == 2
    assert label_of(drawing_page, first["id"])["text"] == "6"
    assert label_of(drawing_page, second["id"]) is None


def test_a_drawing_that_was_labelled_elsewhere_goes_on_as_another(drawing_page: Page):
    sent = puts(drawing_page)
    draw_stroke(drawing_page, DIGITS["4"][0])
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    token = next(each["value"] for each in drawing_page.context.cookies() if each["name"] == "csrftoken")
    url = f"/api/v1/drawings/{sent[0]['id']}/label/"
    assert drawing_page.request.post(url, data={"text": "6"}, headers={"X-CSRFToken": token}).ok
    draw_stroke(drawing_page, DIGITS["4"][1])
    expect_reading(drawing_page, "4", revision=1)
    assert [(each["id"] == sent[0]["id"], each["revision"]) for each in sent] == [(True, 1), (True, 2), (False, 1)]
