"""A real site (web, workers, Redis, network) and a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import chromium
from tests.e2e.stack import Site

ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "test-artifacts"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running site, with the tools to look behind it."""
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def site(stack: Site) -> str:
    return stack.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*flags, "--disable-sync", "--no-first-run"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a visitor that nobody has seen before; its requests need no host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site)
    yield context.new_page()
    context.close()


@contextmanager
def without_errors(page: Page) -> Iterator[Page]:
    """No test leaves an error in the page's script, or anything that the content security policy refused."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield page
    assert errors == []


@pytest.fixture
def drawing_page(page: Page, site: str) -> Iterator[Page]:
    with without_errors(page):
        page.goto(f"{site}/")
        yield page


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Page]:
    """The drawing page on a small screen, under fingers."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, device_scale_factor=2)
    with without_errors(context.new_page()) as page:
        page.goto(f"{site}/")
        yield page
    context.close()
