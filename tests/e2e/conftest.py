"""A real site (web, workers, Redis, network) and a real browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.conftest import chromium
from tests.e2e.support.stack import Site, shared

expect.set_options(timeout=60_000)  # a slow machine fails no test
ARTIFACTS = Path(__file__).resolve().parents[2] / "test-artifacts"


class View(NamedTuple):
    """What a visitor looks at the site in: CSS pixels, and the theme of their system."""

    width: int
    height: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"

    @property
    def viewport(self) -> ViewportSize:
        return {"width": self.width, "height": self.height}


HEIGHTS = {360: 740, 768: 1024, 1280: 800, 2560: 1440}
VIEWS = [View(width, height, scheme) for width, height in HEIGHTS.items() for scheme in ("light", "dark")]
HANDHELD = [view for view in VIEWS if view.width < 1000]
LAPTOP, PHONE = View(1280, 800, "light"), View(360, 740, "light")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a page runs in every view, one of a touch screen in every small view; all but the usual are slow."""
    if metafunc.definition.get_closest_marker("one_view"):
        return
    for name, views, usual in (("view", VIEWS, LAPTOP), ("touch_view", HANDHELD, PHONE)):
        if name in metafunc.fixturenames:
            each = [pytest.param(view, marks=[] if view == usual else pytest.mark.slow) for view in views]
            metafunc.parametrize(name, each, indirect=True, ids=str)


@pytest.fixture
def view(request: pytest.FixtureRequest) -> View:
    return getattr(request, "param", LAPTOP)


@pytest.fixture
def touch_view(request: pytest.FixtureRequest) -> View:
    return getattr(request, "param", PHONE)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running site, with the tools to look behind it. Tests in other processes use it, too: they change nothing."""
    everyones = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        everyones = everyones.parent
    with shared(everyones / "site") as site:
        yield site


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
def page(browser: Browser, site: str, view: View) -> Iterator[Page]:
    """A page of a visitor that nobody has seen before; its requests need no host."""
    context = browser.new_context(viewport=view.viewport, color_scheme=view.scheme, base_url=site)
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
def phone(browser: Browser, site: str, touch_view: View) -> Iterator[Page]:
    """The drawing page on a small screen, under fingers."""
    context = browser.new_context(
        viewport=touch_view.viewport, color_scheme=touch_view.scheme, has_touch=True, device_scale_factor=2
    )
    with without_errors(context.new_page()) as page:
        page.goto(f"{site}/")
        yield page
    context.close()
