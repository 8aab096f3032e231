"""What a first visit weighs, and what it shows where there is much room, or where nothing may move."""

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ARTIFACTS
from tests.e2e.support.hand import draw, expect_reading, part
from tests.e2e.support.pages import NO_COOKIES

LIMIT = 100 * 1024
MOVING = """() => {
    const parts = ['', '::before', '::after'];
    const moves = style => [style.transitionDuration, style.animationDuration].some(each => !/^(0s(, )?)+$/.test(each));
    return [...document.querySelectorAll('*')].filter(it => parts.some(part => moves(getComputedStyle(it, part))))
        .map(it => it.outerHTML.slice(0, 80)).concat(document.getAnimations().map(String)); }"""


def test_it_weighs_no_more_than_100_kb(browser: Browser, site: str):
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(f"{site}/", wait_until="networkidle")
    expect(part(page, "pad")).to_be_visible()
    context.close()
    assert len(sizes) > 10
    print(f"{len(sizes)} answers, {sum(sizes)} bytes with their headers")
    assert sum(sizes) <= LIMIT


def test_a_browser_that_blocks_cookies_is_told_before_anything_is_drawn(page: Page):
    page.add_init_script(NO_COOKIES)
    page.goto("/")
    expect(part(page, "no-cookies")).to_contain_text("This browser blocks cookies.")
    notice, pad = part(page, "no-cookies").bounding_box(), part(page, "pad").bounding_box()
    assert notice
    assert pad
    assert notice["y"] + notice["height"] <= pad["y"], "it never covers the pad"


def test_a_browser_that_takes_cookies_is_told_nothing(page: Page):
    page.goto("/", wait_until="networkidle")
    expect(part(page, "no-cookies")).to_be_hidden()


def test_a_lecture_rooms_screen_shows_every_step_beside_the_reading(browser: Browser, site: str):
    context = browser.new_context(viewport={"width": 2560, "height": 1440})
    page = context.new_page()
    page.goto(f"{site}/")
    pad = part(page, "pad").bounding_box()
    draw(page, "4")
    expect_reading(page, "4", revision=2)
    expect(part(page, "network-view-numbers").locator("i")).to_have_count(784)
    for hook in (
        "pad",
        "reading",
        "probability-9",
        "label-9",
        "network-view-picture",
        "network-view-points",
        "network-view-numbers",
    ):
        expect(part(page, hook)).to_be_in_viewport(ratio=1)
    assert part(page, "pad").bounding_box() == pad
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "lecture-room-2560.png")
    context.close()


def test_where_motion_is_unwanted_nothing_moves(drawing_page: Page):
    assert drawing_page.evaluate(MOVING) != []
    drawing_page.emulate_media(reduced_motion="reduce")
    draw(drawing_page, "4")
    expect_reading(drawing_page, "4", revision=2)
    assert drawing_page.evaluate(MOVING) == []
