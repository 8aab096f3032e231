"""Every page of the site in each state that looks different, and how to get there."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

from django.template.loader import render_to_string
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.codes import code_at
from tests.e2e.support.hand import draw, draw_stroke, expect_reading, part
from tests.e2e.support.routes import DRAWINGS, FAILURE, fail
from tests.e2e.support.stack import Site
from tests.predictor.pictures import data_url, drawn, strokes

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PASSWORD = "a-rather-long-one"
CAMERA = """
    const canvas = document.createElement('canvas'); [canvas.width, canvas.height] = [640, 480];
    canvas.getContext('2d').fillRect(200, 100, 240, 40);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
    navigator.mediaDevices.enumerateDevices = async () => [{kind: 'videoinput'}];
"""
NO_COOKIES = "Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}});"
"""What a page sees in a browser that blocks cookies."""


def someone(browser: Browser, site: str) -> BrowserContext:
    """A visitor with several drawings, one of them labelled differently from its reading, another shared."""
    context = browser.new_context(viewport=DESKTOP, base_url=site)
    page = context.new_page()
    page.goto("/")
    sent = [_send(context, image=data_url(drawn(digit))) for digit in "1320"]
    sent.append(_send(context, image=data_url(drawn("7")), strokes=strokes("7")))
    _post(context, f"/api/v1/drawings/{sent[0]}/label/", {"text": "7"})
    _post(context, f"/api/v1/drawings/{sent[-1]}/label/", {"text": "1"})
    page.goto(f"/drawings/{sent[-1]}/")
    part(page, "share").click()
    expect(part(page, "link")).to_be_visible()
    page.close()
    return context


def _send(context: BrowserContext, **content: object) -> str:
    return str(_post(context, "/api/v1/drawings/", content)["id"])


def _post(context: BrowserContext, path: str, content: dict[str, object]) -> dict[str, object]:
    [token] = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken"]
    answer = context.request.post(path, data=content, headers={"X-CSRFToken": token})
    assert answer.ok, answer.text()
    found: dict[str, object] = answer.json()
    return found


def _at(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path) and None


def _new_visitor_at(path: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.context.clear_cookies()
        page.goto(path)

    return show


def _read(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/")
    draw(page, "4")
    expect_reading(page, "4", revision=2)


def _failed(page: Page) -> None:
    page.context.clear_cookies()
    page.route(DRAWINGS, fail)
    page.goto("/")
    draw(page, "7")
    expect(part(page, "confidence")).to_have_text(FAILURE)


def _corrected(page: Page) -> None:
    _read(page)
    part(page, "label-9").click()
    expect(part(page, "thanks")).to_be_visible()


def _number(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/")
    part(page, "mode-number").click()
    for place, digit in enumerate("741"):
        draw(page, digit, scale=0.5, left=-10 + 80 * place)
    expect_reading(page, "741", revision=4)


def _framed(page: Page) -> None:
    """A picture of two digits with a frame round one, in hand."""
    page.context.clear_cookies()
    page.goto("/")
    part(page, "upload").set_input_files({"name": "47.png", "mimeType": "image/png", "buffer": drawn("47")})
    part(page, "frame-tool").click()
    draw_stroke(page, [(155, 80), (295, 220)])
    expect_reading(page, "7", revision=2)


def _opened(page: Page) -> None:
    """Opens all panels of the drawing page that can be open together."""
    page.add_init_script(CAMERA)
    _read(page)
    part(page, "colours").locator("summary").click()
    if part(page, "network-view").get_attribute("open") is None:
        part(page, "network-view").locator("summary").click()
    expect(part(page, "network-view-numbers").locator("i")).to_have_count(784)
    part(page, "camera").click()
    expect(part(page, "camera-panel")).to_be_visible()
    files = [{"name": f"{digit}.png", "mimeType": "image/png", "buffer": drawn(digit)} for digit in "31"]
    part(page, "upload").set_input_files(files)
    expect(part(page, "picture-tally")).to_have_text("2 of 2 pictures done")


def _keys(page: Page) -> None:
    page.goto("/")
    page.get_by_text("Keys", exact=True).click()


def _without_cookies(page: Page) -> None:
    page.add_init_script(NO_COOKIES)
    page.goto("/")
    expect(part(page, "no-cookies")).to_be_visible()


def _drawing(page: Page) -> None:
    page.goto("/history/?label=1")
    part(page, "history-item").click()
    expect(part(page, "heat")).to_have_attribute("data-ready", "")


def _shared(page: Page) -> None:
    _drawing(page)
    page.goto(part(page, "link").input_value())


def _refused_sign_up(page: Page) -> None:
    page.goto("/accounts/signup/")
    for field, value in (("username", "a b"), ("password1", "one"), ("password2", "two")):
        page.locator(f"[name={field}]").fill(value)
    page.get_by_role("button", name="Create account").click()
    expect(page.locator(".field__error").first).to_be_visible()


def _signed_up_at(path: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.context.clear_cookies()
        page.goto("/accounts/signup/")
        name = f"someone-{abs(hash(page)) % 10**9}"
        for field, value in (("username", name), ("password1", PASSWORD), ("password2", PASSWORD)):
            page.locator(f"[name={field}]").fill(value)
        page.get_by_role("button", name="Create account").click()
        page.wait_for_url("**/history/")
        page.goto(path)

    return show


def sign_up_staff(page: Page, site: Site) -> str:
    """Makes an account with staff status, which is signed in. Returns its name."""
    _signed_up_at("/history/")(page)
    name = page.locator(".nav__name").inner_text()
    with closing(sqlite3.connect(site.data / "digitsite.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE auth_user SET is_staff = 1 WHERE username = ?", (name,))
    return name


def _setting_up(page: Page, site: Site) -> str:
    name = sign_up_staff(page, site)
    page.goto("/accounts/two-factor/")
    return name


def _turned_on(page: Page, site: Site) -> str:
    name = _setting_up(page, site)
    page.locator("[name=code]").fill(code_at(part(page, "secret").inner_text(), time.time()))
    page.get_by_role("button", name="Turn on").click()
    expect(part(page, "recovery-codes")).to_be_visible()
    return name


def _turning_off(page: Page, site: Site) -> None:
    _turned_on(page, site)
    page.goto("/accounts/two-factor/")


def _asked_for_the_code(page: Page, site: Site) -> None:
    name = _turned_on(page, site)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/accounts/code/**")
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".field__error")).to_be_visible()


def _stale_form(page: Page) -> None:
    page.goto("/privacy/")
    page.locator(".consent [name=csrfmiddlewaretoken]").evaluate("field => field.value = 'x'")
    part(page, "consent-no").click()
    expect(page.locator("h1")).to_have_text("The form has expired")


def _error(code: str) -> Callable[[Page], None]:
    """Shows the rendered error page, because a real error is hard to provoke in a test."""

    def show(page: Page) -> None:
        html = render_to_string(f"{code}.html")
        page.route("**/error/", lambda route: route.fulfill(status=int(code), content_type="text/html", body=html))
        page.goto("/error/")

    return show


PAGES: dict[str, Callable[[Page], None]] = {
    "draw": _new_visitor_at("/"),
    "draw-read": _read,
    "draw-failed": _failed,
    "draw-corrected": _corrected,
    "draw-number": _number,
    "draw-framed": _framed,
    "draw-opened": _opened,
    "draw-keys": _keys,
    "draw-no-cookies": _without_cookies,
    "history": _at("/history/"),
    "history-empty": _new_visitor_at("/history/"),
    "history-none": _at("/history/?text=99"),
    "history-malformed": _at("/history/?text=x&from=y"),
    "delete-all": _at("/history/delete/"),
    "delete-nothing": _new_visitor_at("/history/delete/"),
    "drawing": _drawing,
    "shared": _shared,
    "about": _at("/about/"),
    "privacy": _new_visitor_at("/privacy/"),
    "sign-in": _at("/accounts/login/"),
    "sign-up": _at("/accounts/signup/"),
    "sign-up-refused": _refused_sign_up,
    "signed-in": _signed_up_at("/history/"),
    "password": _signed_up_at("/accounts/password/"),
    "delete-account": _signed_up_at("/accounts/delete/"),
    "error-400": _error("400"),
    "error-403": _error("403"),
    "error-403-form": _stale_form,
    "error-404": _at("/nothing-here/"),
    "error-413": _error("413"),
    "error-429": _error("429"),
    "error-500": _error("500"),
}
STAFF_PAGES: dict[str, Callable[[Page, Site], object]] = {
    "two-factor-set-up": _setting_up,
    "two-factor-on": _turned_on,
    "two-factor-off": _turning_off,
    "two-factor-code": _asked_for_the_code,
}
"""Those that need an account with staff status on this site."""
