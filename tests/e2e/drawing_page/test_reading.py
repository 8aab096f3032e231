"""The reading: what is shown of it, and what undo, colours, themes and modes make of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hand import DIGITS, draw, draw_stroke, expect_reading, part, puts, slowly, until
from tests.e2e.support.pictures import SEVEN, png, upload
from tests.e2e.support.routes import BRISK, DRAWINGS, FAILURE, fail


def test_it_shows_how_sure_it_is_the_ten_bars_and_what_the_network_saw(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "confidence")).to_have_text(re.compile(r"^\d+(\.\d)?% sure$"))
    shares = [float(part(drawing_page, f"probability-{digit}").get_attribute("data-value")) for digit in range(10)]
    assert sum(shares) == pytest.approx(1, abs=0.01)
    assert shares[7] == max(shares)
    filled = part(drawing_page, "probability-7").locator(".bar__fill")
    track = part(drawing_page, "probability-7").locator(".bar__track").bounding_box()
    height = pytest.approx(shares[7] * track["height"], abs=1.5)
    until(drawing_page, lambda: track["y"] + track["height"] - filled.bounding_box()["y"] == height)
    assert part(drawing_page, "model-view").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]


def test_the_reading_is_announced_politely(drawing_page: Page):
    assert part(drawing_page, "reading").evaluate("it => it.closest('[aria-live]').ariaLive") == "polite"


def test_a_drawing_that_could_not_be_read_says_why_until_the_next_stroke(drawing_page: Page):
    drawing_page.route(DRAWINGS, fail, times=1)
    draw_stroke(drawing_page, DIGITS["1"][0])
    expect(part(drawing_page, "confidence")).to_have_text(FAILURE)
    expect_reading(drawing_page, "", revision=1)
    part(drawing_page, "undo").click()
    draw_stroke(drawing_page, DIGITS["1"][0])
    expect_reading(drawing_page, "1")
    expect(part(drawing_page, "confidence")).to_contain_text("sure")


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
    # A slow machine sends what was changed so far first.
    with drawing_page.expect_request(lambda request: bool(re.search(r'"width":30[,}]', request.post_data or ""))):
        for hook, value in (("background-colour", "#002040"), ("stroke-colour", "#ffff00"), ("stroke-width", "30")):
            part(drawing_page, hook).fill(value)
    expect_reading(drawing_page, "7", revision=len(sent))
    strokes = sent[-1]["strokes"]
    assert strokes["background"] == "#002040"
    assert [(stroke["colour"], stroke["width"]) for stroke in strokes["strokes"]] == [("#ffff00", 30)]
    assert strokes["strokes"][0]["points"] == sent[0]["strokes"]["strokes"][0]["points"]


@pytest.mark.one_view
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
    expect_reading(drawing_page, "741", revision=4)
    boxes = part(drawing_page, "boxes").locator("rect")
    expect(boxes).to_have_count(3)
    expect(boxes.first).to_be_visible()
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


NOISE = "let seed = 1; const next = at => (seed = (seed * 48271) % 2147483647) & 255;"
WHITE = "const next = at => 255;"
STRIPES = "const next = at => at % 8 < 4 ? 0 : 255;"
SPOILED = """
    const context2d = CanvasRenderingContext2D.prototype, {getImageData: read, putImageData: put} = context2d;
    context2d.getImageData = function (...box) {
        const image = read.apply(this, box);
        image.data.forEach((_, at) => { image.data[at] = at % 4 === 3 ? 255 : next(at); });
        return image; };
    const spoiled = canvas => { const other = document.createElement('canvas');
        [other.width, other.height] = [canvas.width, canvas.height];
        const context = other.getContext('2d');
        put.call(context, context.getImageData(0, 0, other.width, other.height), 0, 0);
        return other; };
    const {toDataURL, toBlob} = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.toDataURL = function (...as) { return toDataURL.apply(spoiled(this), as); };
    HTMLCanvasElement.prototype.toBlob = function (...as) { return toBlob.apply(spoiled(this), as); };
"""


@pytest.mark.parametrize("values", [NOISE, WHITE, STRIPES], ids=["noise", "white", "stripes"])
def test_a_drawing_is_read_by_its_strokes_where_the_browser_spoils_canvases(page: Page, site: str, values: str):
    page.add_init_script(f"{{{values}{SPOILED}}}{BRISK}")
    page.goto(f"{site}/")
    drawn: list[str] = []
    page.on("request", lambda request: drawn.append(request.post_data or "") if request.method != "GET" else None)
    slowly(page, DIGITS["7"][0])
    expect_reading(page, "7")
    page.mouse.up()
    expect_reading(page, "7", revision=1)
    assert len(drawn) >= 2
    assert not any('"image"' in body for body in drawn)


def test_an_uploaded_file_is_sent_as_it_is_where_the_browser_spoils_canvases(page: Page, site: str):
    page.add_init_script(f"{{{NOISE}{SPOILED}}}")
    page.goto(f"{site}/")
    upload(page, png(SEVEN))
    expect_reading(page, "7", revision=1)
    draw(page, "1", scale=0.2, left=5)
    expect_reading(page, "7", revision=2)


def test_where_canvases_are_true_the_picture_is_sent(drawing_page: Page):
    sent = puts(drawing_page)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    assert sent[0]["image"].startswith("data:image/png;base64,")
