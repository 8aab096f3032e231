"""Two-factor authentication by keyboard: on, signing in with it at both doors, and off again."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.codes import STEP, code_at
from tests.e2e.support.hand import part
from tests.e2e.support.pages import PASSWORD, sign_up_staff
from tests.e2e.support.stack import Site

A_MOUSE = "addEventListener('pointerdown', () => { document.title = 'a mouse!'; })"


def _sign_in(page: Page, door: str, name: str) -> None:
    """By keys, as far as the password goes."""
    page.goto(door)
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/code/**")


def _enter(page: Page, what: str) -> None:
    expect(page.locator("[name=code]")).to_be_focused()
    page.keyboard.type(what)
    page.keyboard.press("Enter")


@pytest.mark.one_view
def test_by_keyboard_it_is_turned_on_used_at_both_doors_and_turned_off(page: Page, stack: Site) -> None:
    name = sign_up_staff(page, stack)
    page.add_init_script(A_MOUSE)
    page.goto("/history/")
    page.get_by_role("link", name="Two-factor authentication").focus()
    page.keyboard.press("Enter")
    secret = part(page, "secret").inner_text()
    began = time.time()
    _enter(page, code_at(secret, began))
    shown = part(page, "recovery-codes").get_by_role("listitem")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()

    page.context.clear_cookies()
    _sign_in(page, "/accounts/login/?next=/history/", name)
    _enter(page, code_at(secret, max(time.time(), began + STEP)))
    page.wait_for_url(f"{stack.url}/history/")

    page.context.clear_cookies()
    _sign_in(page, "/admin/login/?next=/admin/", name)
    _enter(page, codes[0])
    page.wait_for_url(f"{stack.url}/admin/")

    page.goto("/accounts/two-factor/")
    expect(page.locator("main")).to_contain_text("9 recovery codes left")
    page.locator("[name=password]").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{stack.url}/history/")
    expect(page.get_by_role("status").first).to_have_text("Two-factor authentication is off.")
    assert page.title() != "a mouse!"
