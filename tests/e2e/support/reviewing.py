"""A reviewer at the review pages of a running site, and what the site has stored of it."""

import sqlite3
from contextlib import closing
from typing import Any

from playwright.sync_api import Page

from tests.e2e.support.hand import part
from tests.e2e.support.stack import Site

PASSWORD = "correct-horse-battery"
SOME, MANY = 60, 300
"""Drawings that one reviewer does in a row."""


def rows_of(site: Site, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site.data / "digitsite.sqlite3", timeout=20)) as database:
        return database.execute(sql, values).fetchall()


def number_of(site: Site, sql: str, *values: Any) -> int:
    return int(rows_of(site, sql, *values)[0][0])


def shown_drawing(page: Page) -> str:
    """The drawing that is shown, once there is one."""
    page.wait_for_selector('[data-testid="drawing"][data-id]:not([data-id=""])')
    return part(page, "drawing").get_attribute("data-id") or ""


def press_key(page: Page, key: str, before: str) -> str:
    """Presses a key, and waits until another drawing is shown; which one."""
    page.keyboard.press(key)
    page.wait_for_selector(f'[data-testid="drawing"][data-id]:not([data-id=""], [data-id="{before}"])')
    return shown_drawing(page)


def key_for(page: Page) -> str:
    """What the reviewer answers: the visitor's label where the network agrees, else what the network read."""
    said, read = (page.locator(f"[data-testid={name}] b").inner_text() for name in ("said", "reading"))
    return "Enter" if said == read else read


def sign_in_by_keys(page: Page, name: str) -> None:
    """At the admin's sign-in page."""
    page.locator("#id_username").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
