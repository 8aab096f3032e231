"""Every page, light and dark, from a small phone to a lecture room's screen: for everyone, and for no one too wide."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.conftest import ARTIFACTS
from tests.e2e.support.pages import DESKTOP, PAGES, STAFF_PAGES, someone
from tests.e2e.support.stack import Site

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 360, 768, 1280, 2560, 3840)
KEPT = (360, 768, 1280, 2560)
HEIGHTS = {2560: 1440, 3840: 2160}
CONTROLS = {
    *("button", "link", "checkbox", "radio", "slider", "spinbutton", "textbox", "searchbox", "combobox", "ColorWell"),
    *("Date", "DisclosureTriangle", "meter", "img"),
}
TABBABLE = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter(each => !each.disabled && each.type !== 'hidden' && each.checkVisibility({visibilityProperty: true}))"""
FOCUSED = """() => {
    const it = document.activeElement;
    it.dataset.visited = '';
    const ring = getComputedStyle(it.matches('.upload input') ? it.parentElement : it);
    const luminance = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).map(Number)
        .map(each => each / 255).map(each => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ground = getComputedStyle(document.documentElement).backgroundColor;
    const [dark, light] = [luminance(ring.outlineColor), luminance(ground)].sort((a, b) => a - b);
    return {it: it === document.body ? '' : it.outerHTML.slice(0, 120), style: ring.outlineStyle,
        width: parseFloat(ring.outlineWidth), contrast: (light + 0.05) / (dark + 0.05)}; }"""
START_OVER = (
    """() => { const {body} = document; body.tabIndex = -1; body.focus(); body.removeAttribute('tabindex'); }"""
)


@pytest.fixture(scope="module")
def visitor(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = someone(browser, site)
    yield context
    context.close()


@pytest.fixture(scope="module", params=["light", pytest.param("dark", marks=pytest.mark.slow)])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=[*PAGES, *STAFF_PAGES])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def shown(browser: Browser, stack: Site, visitor: BrowserContext, name: str, scheme: str) -> Iterator[Page]:
    """The page as it looks to someone who has drawn, in one of the themes."""
    cookies = visitor.storage_state()
    context = browser.new_context(viewport=DESKTOP, base_url=stack.url, storage_state=cookies, color_scheme=scheme)
    page = context.new_page()
    if name in PAGES:
        PAGES[name](page)
    else:
        STAFF_PAGES[name](page, stack)
    yield page
    context.close()


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def test_axe_finds_nothing(shown: Page, name: str, scheme: str) -> None:
    shown.set_viewport_size(DESKTOP)
    assert _violations(shown) == []
    if scheme == "light":
        # Without motion: axe would see the colours half-way.
        shown.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert _violations(shown) == []
        shown.emulate_media(color_scheme="light")
        shown.set_viewport_size({"width": 360, "height": 740})
        assert _violations(shown) == []
        shown.emulate_media(reduced_motion="no-preference")


def test_every_control_has_a_name(shown: Page) -> None:
    tree = shown.context.new_cdp_session(shown).send("Accessibility.getFullAXTree")["nodes"]
    named = [(each["role"]["value"], each["name"]["value"]) for each in tree if not each["ignored"] and "name" in each]
    assert {role for role, _ in named} & CONTROLS
    assert [role for role, said in named if role in CONTROLS and not said] == []


def test_every_control_is_reached_by_keyboard_and_shows_it(shown: Page) -> None:
    shown.set_viewport_size(DESKTOP)
    shown.evaluate(START_OVER)
    controls, unseen = shown.evaluate_handle(TABBABLE), []
    for _ in range(120):
        shown.keyboard.press("Tab")
        focused = shown.evaluate(FOCUSED)
        if not focused["it"]:
            break
        if focused["style"] == "none" or focused["width"] < 2 or focused["contrast"] < 3:
            unseen.append(focused)
    assert unseen == []
    assert (
        controls.evaluate("all => all.filter(e => !('visited' in e.dataset)).map(e => e.outerHTML.slice(0, 120))") == []
    )


def test_no_page_is_wider_than_its_window_in_either_direction(shown: Page, name: str, scheme: str) -> None:
    """And what each looks like is kept, to be looked at."""
    ARTIFACTS.mkdir(exist_ok=True)
    wide = []
    # A theme changes no widths: dark is only looked at.
    for width in WIDTHS if scheme == "light" else KEPT:
        shown.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 800)})
        for direction in ("rtl", "ltr") if scheme == "light" else ("ltr",):
            shown.evaluate("direction => { document.documentElement.dir = direction; }", direction)
            if not shown.evaluate("document.documentElement.scrollWidth <= innerWidth"):
                wide.append((direction, width))
        if width in KEPT:
            file = ARTIFACTS / f"{name}-{width}-{scheme}.png"
            shown.screenshot(path=file, animations="disabled", full_page=width < 2560)
    assert wide == []
