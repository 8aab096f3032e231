"""Pictures: several at once, dropped, pasted, from a camera; and the drawing as a file."""

import base64
import io
import re
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.support.hand import draw, expect_reading, part, puts, settle
from tests.e2e.support.pictures import ONE, SEVEN, png, upload
from tests.e2e.support.routes import DRAWINGS, hold, nth

CAMERA = """
    const canvas = document.createElement('canvas'); [canvas.width, canvas.height] = [640, 480];
    const context = canvas.getContext('2d');
    setInterval(() => { context.fillStyle = '#888'; context.fillRect(0, 0, 640, 480);
        context.fillStyle = '#fff'; context.fillRect(128, 48, 384, 384);
        context.lineWidth = 26; context.beginPath(); context.moveTo(240, 130); context.lineTo(400, 130);
        context.lineTo(300, 360); context.stroke(); }, 30);
    navigator.mediaDevices.getUserMedia = async () => window.stream = canvas.captureStream();
    navigator.mediaDevices.enumerateDevices = async () => [{kind: 'videoinput'}];
"""
SLOW_CAMERA = (
    CAMERA
    + """
    const ask = navigator.mediaDevices.getUserMedia;
    const asked = window.asked = [];
    navigator.mediaDevices.getUserMedia = () => {
        asked.push(new Promise(resolve => setTimeout(resolve, 200)).then(ask));
        return asked.at(-1);
    };
"""
)
NO_CAMERA = """
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };
    navigator.mediaDevices.enumerateDevices = async () => [{kind: 'videoinput'}];
"""
HAND_OVER = """(target, [kind, files]) => { const data = new DataTransfer();
    for (const [name, text] of files)
        data.items.add(new File([Uint8Array.from(atob(text), each => each.charCodeAt(0))], name, {type: 'image/png'}));
    const options = {bubbles: true, cancelable: true};
    const event = kind === 'paste' ? new ClipboardEvent(kind, {...options, clipboardData: data})
        : new DragEvent(kind, {...options, dataTransfer: data});
    target.dispatchEvent(event);
    return event.defaultPrevented; }"""


def hand_over(page: Page, kind: str, *pictures: bytes) -> bool:
    files = [[f"{number}.png", base64.b64encode(each).decode()] for number, each in enumerate(pictures, 1)]
    return bool(part(page, "pad").evaluate(HAND_OVER, [kind, files]))


def test_several_pictures_are_read_side_by_side_in_a_list(drawing_page: Page):
    upload(drawing_page, png(SEVEN), png(ONE), b"no picture", png(SEVEN))
    expect(part(drawing_page, "picture-tally")).to_have_text("4 of 4 pictures done")
    rows = part(drawing_page, "picture")
    expect(rows).to_have_count(4)
    for row, digit in ((0, "7"), (1, "1"), (3, "7")):
        expect(rows.nth(row).locator("b")).to_have_text(digit)
        expect(rows.nth(row)).to_have_attribute("data-state", "sure")
    expect(rows.nth(2)).to_be_disabled()
    expect(rows.nth(2)).to_have_attribute("data-state", "refused")
    drawing_page.get_by_text("Close the list").click()
    expect(rows).to_have_count(0)
    drawing_page.goto(drawing_page.url + "history/")
    expect(part(drawing_page, "history-item")).to_have_count(3)


def test_choosing_a_picture_lays_it_on_the_pad_sends_nothing_and_goes_on_as_its_drawing(drawing_page: Page):
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    upload(drawing_page, png(SEVEN), png(ONE))
    expect(part(drawing_page, "picture-tally")).to_have_text("2 of 2 pictures done")
    expect_reading(drawing_page, "4", revision=2)
    sent: list[str] = []
    drawing_page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    rows = part(drawing_page, "picture")
    for row, digit in ((0, "7"), (1, "1")):
        rows.nth(row).click()
        expect_reading(drawing_page, digit, revision=1)
        expect(rows.nth(row)).to_have_attribute("aria-pressed", "true")
    assert sent == []
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_be_visible()
    rows.nth(0).click()
    expect(part(drawing_page, "thanks")).to_be_hidden()
    draw(drawing_page, "1", scale=0.2, left=5)
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")


def test_a_list_that_comes_to_an_empty_pad_lays_its_first_picture_on_it(drawing_page: Page):
    upload(drawing_page, png(SEVEN), png(SEVEN))
    expect_reading(drawing_page, "7", revision=1)
    expect(part(drawing_page, "picture-list").locator("[aria-pressed=true]")).to_have_count(1)


def test_a_picture_dropped_on_the_pad_is_read(drawing_page: Page):
    assert hand_over(drawing_page, "dragover", png(SEVEN))
    expect(part(drawing_page, "paper")).to_have_class(re.compile("is-awaiting"))
    assert hand_over(drawing_page, "drop", png(SEVEN))
    expect(part(drawing_page, "paper")).not_to_have_class(re.compile("is-awaiting"))
    expect_reading(drawing_page, "7", revision=1)


def test_a_pasted_picture_is_read_and_several_are_listed(drawing_page: Page):
    assert hand_over(drawing_page, "paste", png(SEVEN))
    expect_reading(drawing_page, "7", revision=1)
    assert hand_over(drawing_page, "paste", png(ONE), png(SEVEN))
    expect(part(drawing_page, "picture")).to_have_count(2)
    assert not hand_over(drawing_page, "paste")


def test_what_is_in_the_cameras_frame_is_read_and_the_camera_goes_off(page: Page, site: str):
    page.add_init_script(CAMERA)
    page.goto(f"{site}/")
    bodies: list[str] = []
    page.on("request", lambda request: bodies.append(request.post_data or "") if request.method == "PUT" else None)
    part(page, "camera").click()
    expect(part(page, "camera-video")).to_have_js_property("videoWidth", 640)
    part(page, "camera-shutter").click()
    expect_reading(page, "7", revision=1)
    expect(part(page, "camera-panel")).to_be_hidden()
    expect(part(page, "camera")).to_be_focused()
    assert page.evaluate("stream.getTracks().every(track => track.readyState === 'ended')")
    history = page.request.get(f"{site}/api/v1/drawings/").json()["results"]
    assert [(each["source"], each["width"]) for each in history] == [("camera", 384)]


def test_a_double_tap_opens_one_camera_and_closing_it_turns_it_off(page: Page, site: str):
    page.add_init_script(SLOW_CAMERA)
    page.goto(f"{site}/")
    part(page, "camera").evaluate("button => { button.click(); button.click(); }")
    expect(part(page, "camera-video")).to_have_js_property("videoWidth", 640)
    page.evaluate("async () => { window.streams = await Promise.all(asked); }")
    settle(page)
    part(page, "camera-close").click()
    states = "streams.flatMap(stream => stream.getTracks()).map(track => track.readyState)"
    assert page.evaluate(states) == ["ended"]


def test_escape_closes_the_camera_before_it_clears_the_drawing(page: Page, site: str):
    page.add_init_script(CAMERA)
    page.goto(f"{site}/")
    draw(page, "7")
    expect_reading(page, "7", revision=1)
    part(page, "camera").click()
    expect(part(page, "camera-panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(part(page, "camera-panel")).to_be_hidden()
    expect_reading(page, "7", revision=1)
    page.keyboard.press("Escape")
    expect_reading(page, "")


def test_where_the_browser_gives_no_camera_a_file_is_asked_for(page: Page, site: str):
    page.add_init_script(NO_CAMERA)
    page.goto(f"{site}/")
    with page.expect_file_chooser() as chooser:
        part(page, "camera").click()
    expect(part(page, "status")).to_contain_text("no access to a camera")
    chooser.value.set_files({"name": "7.png", "mimeType": "image/png", "buffer": png(SEVEN)})
    expect_reading(page, "7", revision=1)
    expect(part(page, "status")).to_be_empty()


def test_the_drawing_is_downloaded_as_pixels_and_as_lines(drawing_page: Page, tmp_path: Path):
    drawing_page.get_by_text("Download", exact=True).click()
    expect(part(drawing_page, "download-png")).to_be_disabled()
    sent = puts(drawing_page)
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    files = {}
    for kind in ("png", "svg"):
        with drawing_page.expect_download() as download:
            part(drawing_page, f"download-{kind}").click()
        assert download.value.suggested_filename == f"digit-7.{kind}"
        files[kind] = tmp_path / kind
        download.value.save_as(files[kind])
    with Image.open(files["png"]) as image:
        assert image.size == (1200, 1200)
        drawn = image.convert("L").resize((300, 300))
    lines = files["svg"].read_text()
    assert lines.count("<path") == 1
    assert len(sent) == 1
    elsewhere = drawing_page.context.new_page()
    elsewhere.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{lines}")
    shown = Image.open(io.BytesIO(elsewhere.locator("svg").screenshot())).convert("L")
    assert all(abs(drawn.getpixel(at) - shown.getpixel(at)) < 12 for at in ((150, 75), (20, 20), (172, 158), (60, 200)))


def test_an_uploaded_picture_lies_on_the_pad_and_is_read(drawing_page: Page):
    part(drawing_page, "upload").set_input_files({"name": "7.png", "mimeType": "image/png", "buffer": png(SEVEN)})
    expect_reading(drawing_page, "7", revision=1)
    dark = """pad => { const side = pad.width, data = pad.getContext('2d').getImageData(0, 0, side, side).data;
        const at = (x, y) => data[4 * (Math.round(y * side) * side + Math.round(x * side))] < 128;
        return [at(0.5, 0.3), at(0.2, 0.5)]; }"""
    assert part(drawing_page, "pad").evaluate(dark) == [True, False]
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_be_visible()


@pytest.mark.one_view
@pytest.mark.parametrize("paper", ["white", "black"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_uploaded_picture_can_be_drawn_over(
    drawing_page: Page, scheme: Literal["light", "dark"], paper: Literal["white", "black"]
):
    """In ink that shows on it, until the visitor chooses one."""
    drawing_page.emulate_media(color_scheme=scheme)
    drawing_page.reload()
    blank = io.BytesIO()
    Image.new("RGB", (300, 300), paper).save(blank, "PNG")
    part(drawing_page, "upload").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": blank.getvalue()})
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "1")
    expect_reading(drawing_page, "")
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=2)
    drawing_page.keyboard.press("]")
    expect_reading(drawing_page, "7", revision=3)


def test_a_picture_that_the_browser_cannot_show_is_shown_as_the_site_kept_it(drawing_page: Page):
    tiff = io.BytesIO()
    Image.open(io.BytesIO(png(SEVEN))).save(tiff, "TIFF")
    part(drawing_page, "upload").set_input_files({"name": "7.tif", "mimeType": "image/tiff", "buffer": tiff.getvalue()})
    expect_reading(drawing_page, "7")
    expect(part(drawing_page, "undo")).to_be_enabled()
    part(drawing_page, "label-7").click()
    expect(part(drawing_page, "thanks")).to_be_visible()


def test_a_file_larger_than_is_read_is_refused_before_it_is_sent(drawing_page: Page):
    huge = bytes(15 * 2**20 + 1)
    asked: list[str] = []
    drawing_page.on("request", lambda request: asked.append(request.url) if request.method == "PUT" else None)
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    upload(drawing_page, huge)
    expect(part(drawing_page, "status")).to_contain_text("larger than 15 MB")
    expect_reading(drawing_page, "4", revision=2)
    upload(drawing_page, huge, png(SEVEN))
    expect(part(drawing_page, "picture-tally")).to_have_text("2 of 2 pictures done")
    expect(part(drawing_page, "picture").nth(0)).to_have_attribute("data-state", "refused")
    expect(part(drawing_page, "picture").nth(0)).to_contain_text("larger than 15 MB")
    assert len(asked) == 3


def test_a_large_file_is_given_the_time_that_it_takes(drawing_page: Page):
    drawing_page.evaluate("() => { const real = AbortSignal.timeout; AbortSignal.timeout = ms => real(ms / 50); }")
    held = hold(drawing_page, DRAWINGS)
    upload(drawing_page, png(SEVEN) + bytes(6 * 2**20))
    slow = nth(held, 1, drawing_page)
    drawing_page.wait_for_timeout(20_000 / 50 + 500)
    slow.continue_()
    expect_reading(drawing_page, "7", revision=1)
    assert len(held) == 1


def test_what_is_no_picture_is_refused_in_words_and_drawing_goes_on(drawing_page: Page):
    part(drawing_page, "upload").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"not a picture"})
    expect(part(drawing_page, "status")).not_to_be_empty()
    expect(part(drawing_page, "label-7")).to_be_disabled()
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    expect(part(drawing_page, "status")).to_be_empty()
