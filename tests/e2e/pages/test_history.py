"""The history and a drawing's own page in a real browser: scrolled, searched, replayed, shared, taken along."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from frontend.pagination import SIZE
from tests.e2e.support.hand import part
from tests.predictor.pictures import data_url, drawn

COUNT = 2 * SIZE + 2
"""Two full pages, and a last one."""
SEVEN = {
    "width": 300,
    "height": 300,
    "background": "#ffffff",
    "strokes": [
        {"colour": "#000000", "width": 20, "points": [[85 + 13 * n, 75, 40 * n, 0.5] for n in range(11)]},
        {"colour": "#000000", "width": 20, "points": [[215 - 8 * n, 75 + 16 * n, 40 * n, 0.5] for n in range(11)]},
    ],
}


@pytest.fixture(scope="module")
def visitor(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """Someone with a long history: ones, and a seven drawn last."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.new_page().goto(f"{site}/")
    for number in range(COUNT):
        _send(context, site, "1" if number < COUNT - 1 else "7")
    yield context
    context.close()


def _send(context: BrowserContext, site: str, digit: str) -> None:
    [token] = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken"]
    content = {"image": data_url(drawn(digit)), "strokes": SEVEN if digit == "7" else None, "consent": True}
    answer = context.request.post(f"{site}/api/v1/drawings/", data=content, headers={"X-CSRFToken": token})
    assert answer.ok, answer.text()


@pytest.fixture
def page(visitor: BrowserContext, site: str) -> Iterator[Page]:
    """Their history; no script of it fails, and nothing in it is refused."""
    page, errors = visitor.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    page.goto(f"{site}/history/")
    yield page
    page.close()
    assert errors == []


def _open_newest(page: Page) -> None:
    part(page, "history-item").first.click()
    page.wait_for_url(re.compile("/drawings/"))


def test_scrolling_brings_all_of_a_history(page: Page):
    expect(part(page, "history-item")).not_to_have_count(0)
    until = part(page, "pager-status")
    for _ in range(20):
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(100)
        if part(page, "older").count() == 0:
            break
    expect(until).to_have_text(f"All {COUNT} drawings are listed.")
    links = part(page, "history-item").evaluate_all("items => items.map(item => item.href)")
    assert len(set(links)) == len(links) == COUNT


def test_a_page_that_cannot_be_fetched_leaves_its_link(page: Page):
    page.route("**/history/?before=*", lambda route: route.abort())
    page.reload()
    page.mouse.wheel(0, 20_000)
    expect(part(page, "pager-status")).to_have_text(re.compile("could not be loaded"))
    page.unroute("**/history/?before=*")
    part(page, "older").click()
    page.wait_for_url(re.compile("before="))
    expect(part(page, "history-item").first).to_be_visible()


def test_the_history_is_searched_by_keyboard(page: Page):
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"text=7"))
    expect(part(page, "history-reading")).to_have_text(["7"])
    part(page, "all").click()
    expect(part(page, "history-item").nth(5)).to_be_visible()


def test_without_javascript_all_of_it_works_by_links_and_forms(browser: Browser, visitor: BrowserContext, site: str):
    context = browser.new_context(java_script_enabled=False, storage_state=visitor.storage_state())
    page = context.new_page()
    page.goto(f"{site}/history/")
    expect(part(page, "history-item")).to_have_count(SIZE)
    for left in (SIZE, COUNT - 2 * SIZE):
        part(page, "older").click()
        expect(part(page, "history-item")).to_have_count(left)
    page.goto(f"{site}/history/?digit=7")
    _open_newest(page)
    page.locator("#text").fill("1")
    part(page, "correct").click()
    expect(part(page, "outcome")).to_contain_text("you said that it is 1")
    part(page, "withdraw").click()
    expect(part(page, "outcome")).to_contain_text("Taken back")
    expect(part(page, "replay")).to_be_hidden()
    context.close()


def _ink(page: Page) -> int:
    """How much of the replayed sheet is drawn on."""
    return int(
        part(page, "replay-canvas").evaluate("""canvas => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return data.filter((value, at) => at % 4 === 0 && value < 128).length; }""")
    )


def test_strokes_are_replayed_as_fast_as_they_were_drawn(page: Page):
    _open_newest(page)
    play, canvas = part(page, "replay-play"), part(page, "replay-canvas")
    expect(part(page, "replay-at")).to_have_text(re.compile(r"stroke 2 of 2, 1\.[12] s"))
    play.focus()
    page.keyboard.press("Enter")
    expect(play).to_have_text("Pause")
    expect(canvas).to_have_attribute("data-strokes", "1")
    expect(canvas).to_have_attribute("data-strokes", "2")
    expect(play).to_have_text("Play")


def test_a_replay_is_paused_and_moved_by_keys(page: Page):
    _open_newest(page)
    slider = part(page, "replay-slider")
    expect(slider).to_be_visible()
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "stroke 1 of 2, 0.0 s")
    begun = _ink(page)
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("stroke 2 of 2"))
    assert _ink(page) > begun
    part(page, "replay-play").click()
    part(page, "replay-play").click()
    expect(part(page, "replay")).to_have_attribute("data-state", "paused")


def test_where_motion_is_unwanted_whole_strokes_appear(page: Page):
    page.emulate_media(reduced_motion="reduce")
    _open_newest(page)
    part(page, "replay-play").click()
    expect(part(page, "replay-at")).to_have_text("stroke 1 of 2, 0.4 s")
    expect(part(page, "replay-at")).to_have_text(re.compile(r"stroke 2 of 2, 1\.\d s"))


def test_a_link_shows_the_drawing_until_it_is_taken_back(page: Page, browser: Browser):
    _open_newest(page)
    part(page, "share").click()
    link = part(page, "link").input_value()
    stranger = browser.new_context().new_page()
    assert stranger.goto(link).status == 200
    expect(part(stranger, "reading")).to_have_text("7")
    assert stranger.locator(".paper img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    part(page, "unshare").click()
    expect(part(page, "share")).to_be_visible()
    assert stranger.goto(link).status == 404
    stranger.context.close()


def test_all_is_taken_along(page: Page, tmp_path: Path):
    with page.expect_download() as download:
        part(page, "export").click()
    file = tmp_path / "all.zip"
    download.value.save_as(file)
    names = zipfile.ZipFile(file).namelist()
    assert len([name for name in names if name.startswith("pictures/")]) == COUNT
    assert {"readings.csv", "labels.csv"} < set(names)


def test_at_last_all_is_deleted(page: Page):
    part(page, "delete-all").click()
    expect(page.locator("h1")).to_have_text(f"Delete all your {COUNT} drawings?")
    part(page, "confirm").click()
    expect(page.get_by_text(f"All {COUNT} drawings are deleted.")).to_be_visible()
    expect(part(page, "nothing-yet")).to_be_visible()
