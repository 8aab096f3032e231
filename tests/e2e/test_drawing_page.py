"""The drawing page in a real browser, before a real site: drawing, reading, correcting."""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.e2e.hand import DIGITS, Finger, draw, draw_stroke, expect_reading, part, puts

WIDTHS = (360, 1280)
SEVEN = DIGITS["7"][0]


def png(digit_on: str = "white", ink: str = "black") -> bytes:
    image = Image.new("RGB", (400, 300), digit_on)
    ImageDraw.Draw(image).line([(140, 70), (260, 70), (180, 240)], fill=ink, width=22, joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


# Drawing


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


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_the_page_is_no_wider_than_the_window(drawing_page: Page, width: int):
    drawing_page.set_viewport_size({"width": width, "height": 740})
    assert drawing_page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_reading_is_seen_without_scrolling(phone: Page):
    Finger(phone).draw("7")
    expect_reading(phone, "7")
    for hook in ("pad", "reading", "confidence", "model-view", "probability-7", "label-7"):
        box = part(phone, hook).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 740, hook


def test_drawing_shifts_nothing(drawing_page: Page):
    places = """['pad', 'reading', 'model-view', 'label-0', 'consent'].map(hook => {
        const {x, y} = document.querySelector(`[data-testid=${hook}]`).getBoundingClientRect(); return [x, y]; })"""
    before = drawing_page.evaluate(places)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    assert drawing_page.evaluate(places) == before


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


# The reading


def test_it_shows_how_sure_it_is_the_ten_bars_and_what_the_network_saw(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "confidence")).to_have_text(re.compile(r"^\d+(\.\d)?% sure$"))
    shares = [float(part(drawing_page, f"probability-{digit}").get_attribute("data-value")) for digit in range(10)]
    assert sum(shares) == pytest.approx(1, abs=0.01)
    assert shares[7] == max(shares)
    filled = part(drawing_page, "probability-7").locator(".bar__fill")
    drawing_page.wait_for_timeout(400)
    track = part(drawing_page, "probability-7").locator(".bar__track").bounding_box()
    box = filled.bounding_box()
    assert track["y"] + track["height"] - box["y"] == pytest.approx(shares[7] * track["height"], abs=1.5)
    assert part(drawing_page, "model-view").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]


def test_the_reading_is_announced_politely(drawing_page: Page):
    assert part(drawing_page, "reading").evaluate("it => it.closest('[aria-live]').ariaLive") == "polite"


def test_undo_redo_and_clear_read_what_is_left(drawing_page: Page):
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    part(drawing_page, "undo").click()
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "3")
    part(drawing_page, "redo").click()
    expect_reading(drawing_page, "4", revision=4)
    part(drawing_page, "clear").click()
    expect_reading(drawing_page, "")
    expect(part(drawing_page, "model-view")).not_to_have_attribute("src", re.compile(".*"))
    assert part(drawing_page, "probability-4").get_attribute("data-value") == ""
    expect(part(drawing_page, "label-4")).to_be_disabled()


def test_undone_to_nothing_the_next_stroke_begins_another_drawing(drawing_page: Page):
    sent = puts(drawing_page)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "undo").click()
    expect_reading(drawing_page, "")
    draw(drawing_page, "1")
    expect_reading(drawing_page, "1", revision=1)
    assert sent[0]["id"] != sent[-1]["id"]


def test_a_cleared_drawing_comes_back_by_undo(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    drawing_page.keyboard.press("Delete")
    expect_reading(drawing_page, "")
    drawing_page.keyboard.press("Control+z")
    expect_reading(drawing_page, "7", revision=1)


def test_other_colours_and_widths_redraw_the_same_drawing_and_read_it(drawing_page: Page):
    sent = puts(drawing_page)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    for hook, value in (("background-colour", "#002040"), ("stroke-colour", "#ffff00"), ("stroke-width", "30")):
        part(drawing_page, hook).fill(value)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
    expect_reading(drawing_page, "7")
    strokes = sent[-1]["strokes"]
    assert strokes["background"] == "#002040"
    assert [(stroke["colour"], stroke["width"]) for stroke in strokes["strokes"]] == [("#ffff00", 30)]
    assert strokes["strokes"][0]["points"] == sent[0]["strokes"]["strokes"][0]["points"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_in_both_themes(drawing_page: Page, scheme: str):
    drawing_page.emulate_media(color_scheme=scheme)
    drawing_page.reload()
    sent = puts(drawing_page)
    draw(drawing_page, "2")
    expect_reading(drawing_page, "2")
    is_dark = int(sent[-1]["strokes"]["background"][1:3], 16) < 128
    assert is_dark == (scheme == "dark")


def test_in_number_mode_each_digit_has_its_box_and_its_bars(drawing_page: Page):
    part(drawing_page, "mode-number").click()
    draw(drawing_page, "7", scale=0.5, left=-10)
    draw(drawing_page, "4", scale=0.5, left=70)
    draw(drawing_page, "1", scale=0.5, left=150)
    expect_reading(drawing_page, "741")
    boxes = part(drawing_page, "boxes").locator("rect")
    expect(boxes).to_have_count(3)
    pad = part(drawing_page, "pad").bounding_box()
    first = boxes.first.bounding_box()
    assert first["x"] - pad["x"] == pytest.approx(pad["width"] * (85 * 0.5 - 10) / 300, abs=pad["width"] * 0.06)
    best = "document.querySelector('.bar.is-best').dataset.testid"
    assert drawing_page.evaluate(best) == "probability-7"
    part(drawing_page, "glyphs").get_by_role("button", name="Digit 2: 4").click()
    assert drawing_page.evaluate(best) == "probability-4"


def test_another_mode_reads_the_same_drawing_again(drawing_page: Page):
    draw(drawing_page, "7", scale=0.5, left=-10)
    draw(drawing_page, "1", scale=0.5, left=120)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
    part(drawing_page, "mode-number").click()
    expect_reading(drawing_page, "71", revision=3)


# Correcting


def label_of(page: Page, drawing_id: str) -> dict | None:
    return page.request.get(f"/api/v1/drawings/{drawing_id}/").json()["label"]


def last_id(page: Page) -> str:
    return page.request.get("/api/v1/drawings/").json()["results"][0]["id"]


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a visitor that nobody has seen before, whose requests need no host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site)
    yield context.new_page()
    context.close()


def test_one_tap_corrects_and_one_takes_it_back(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "label-1").click()
    expect(part(drawing_page, "thanks")).to_contain_text("A reviewer looks at it")
    expect(part(drawing_page, "label-1")).to_have_attribute("aria-pressed", "true")
    drawing_id = last_id(drawing_page)
    assert label_of(drawing_page, drawing_id) == {"text": "1", "by": "visitor", "state": "proposed"}
    part(drawing_page, "label-undo").click()
    expect(part(drawing_page, "thanks")).to_be_hidden()
    expect(part(drawing_page, "label-1")).to_have_attribute("aria-pressed", "false")
    assert label_of(drawing_page, drawing_id) is None


def test_one_key_corrects(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    drawing_page.keyboard.press("3")
    expect(part(drawing_page, "thanks")).to_be_visible()
    assert label_of(drawing_page, last_id(drawing_page))["text"] == "3"


def test_single_keys_can_be_turned_off(drawing_page: Page):
    drawing_page.get_by_text("Keys", exact=True).click()
    part(drawing_page, "single-keys").uncheck()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    drawing_page.keyboard.press("3")
    drawing_page.keyboard.press("u")
    drawing_page.keyboard.press("Control+Shift+z")
    drawing_page.wait_for_timeout(300)
    expect(part(drawing_page, "thanks")).to_be_hidden()
    expect_reading(drawing_page, "7", revision=1)


def test_not_a_digit_is_said_with_an_empty_label(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "label-none").click()
    expect(part(drawing_page, "thanks")).to_contain_text("not a digit")
    assert label_of(drawing_page, last_id(drawing_page))["text"] == ""


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


def test_a_visitor_finds_their_drawings_in_the_history_also_after_a_reload(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "label-1").click()
    expect(part(drawing_page, "thanks")).to_be_visible()
    part(drawing_page, "history").click()
    for _ in range(2):
        expect(part(drawing_page, "history-item")).to_have_count(1)
        expect(part(drawing_page, "history-reading")).to_have_text("7")
        expect(part(drawing_page, "label")).to_have_text(re.compile(r"You:\s+1\s+·\s+in review"))
        drawing_page.reload()
    picture = part(drawing_page, "history-item").locator("img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300


def test_a_drawings_page_explains_corrects_and_deletes(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "history").click()
    part(drawing_page, "history-item").click()
    expect(part(drawing_page, "reading")).to_have_text("7")
    expect(part(drawing_page, "heat")).to_have_attribute("data-ready", "", timeout=20_000)
    coloured = """canvas => { const {data} = canvas.getContext('2d').getImageData(0, 0, 28, 28);
        return data.filter((red, at) => at % 4 === 0 && red - data[at + 2] > 20).length; }"""
    assert part(drawing_page, "heat").evaluate(coloured) > 5
    drawing_page.get_by_label("The digit").fill("1")
    part(drawing_page, "correct").click()
    expect(part(drawing_page, "label")).to_have_attribute("data-state", "proposed")
    part(drawing_page, "withdraw").click()
    expect(drawing_page.get_by_text("Taken back.")).to_be_visible()
    part(drawing_page, "delete").click()
    expect(drawing_page.get_by_text("Nothing drawn yet")).to_be_visible()


# Pictures


def test_an_uploaded_picture_lies_on_the_pad_and_is_read(drawing_page: Page):
    part(drawing_page, "upload").set_input_files({"name": "7.png", "mimeType": "image/png", "buffer": png()})
    expect_reading(drawing_page, "7", revision=1)
    dark = """pad => { const side = pad.width, data = pad.getContext('2d').getImageData(0, 0, side, side).data;
        const at = (x, y) => data[4 * (Math.round(y * side) * side + Math.round(x * side))] < 128;
        return [at(0.5, 0.3), at(0.2, 0.5)]; }"""
    assert part(drawing_page, "pad").evaluate(dark) == [True, False]
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_be_visible()


def test_an_uploaded_picture_can_be_drawn_over(drawing_page: Page):
    blank = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(blank, "PNG")
    part(drawing_page, "upload").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": blank.getvalue()})
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    expect_reading(drawing_page, "")
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=2)


def test_a_picture_that_the_browser_cannot_show_is_shown_as_the_site_kept_it(drawing_page: Page):
    tiff = io.BytesIO()
    Image.open(io.BytesIO(png())).save(tiff, "TIFF")
    part(drawing_page, "upload").set_input_files({"name": "7.tif", "mimeType": "image/tiff", "buffer": tiff.getvalue()})
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "undo")).to_be_enabled()
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_be_visible()


def test_what_is_no_picture_is_refused_in_words_and_drawing_goes_on(drawing_page: Page):
    part(drawing_page, "upload").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"not a picture"})
    expect(part(drawing_page, "status")).not_to_be_empty()
    expect(part(drawing_page, "label-7")).to_be_disabled()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    expect(part(drawing_page, "status")).to_be_empty()
