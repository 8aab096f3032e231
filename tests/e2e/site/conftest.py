"""A site of their own for the tests that kill its workers, exchange its network or fill its review queue."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.support.reviewing import MANY, PASSWORD, SOME, number_of, sign_in_by_keys
from tests.e2e.support.stack import Site, wait_until
from tests.predictor.pictures import pixels

DIGITS = "01347"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("own site"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def site(stack: Site) -> str:
    return stack.url


@pytest.fixture(scope="session")
def queue(stack: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site with reviewers and labelled drawings that wait for them; every ninth label is wrong."""
    _fill(stack, tmp_path_factory.mktemp("set") / "digits.npz")
    return stack


def _fill(site: Site, file: Path) -> None:
    pictures, said = [], []
    for number in range(SOME + MANY + 180):
        digit = DIGITS[number % len(DIGITS)]
        # Each a little elsewhere: what is the same is imported once.
        moved = np.roll(pixels(digit, side=100), (number % 9 - 4, number // 9 % 9 - 4), (0, 1))
        moved[0, number % 100] = 250 - number // 100
        pictures.append(moved)
        said.append("8" if number % 9 == 0 else digit)
    np.savez(file, images=np.stack(pictures), labels=np.array(said))
    site.manage("import_drawings", str(file), "--owner", "review")
    wait_until(lambda: not number_of(site, "SELECT count(*) FROM predictor_prediction WHERE status = 'queued'"))
    site.manage("queue_reviews")
    make = "from django.contrib.auth.models import User\nfor name in ('anna', 'bert', 'carl', 'dora'):\n"
    site.manage("shell", "-c", f"{make}    User.objects.create_superuser(name, password='{PASSWORD}')")


@pytest.fixture
def sign_in(browser: Browser, queue: Site) -> Iterator[Callable[..., Page]]:
    """A reviewer's browser at a page of review, signed in by keys; no script fails, and nothing is refused."""
    pages, errors = [], list[str]()

    def open_page(name: str, path: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        page = context.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        page.add_init_script("addEventListener('pointerdown', () => { document.title = 'a mouse!'; })")
        page.goto(f"{queue.url}/admin/review/{path}")
        sign_in_by_keys(page, name)
        page.wait_for_url(f"{queue.url}/admin/review/{path}")
        return page

    yield open_page
    for page in pages:
        page.goto(f"{queue.url}/healthz")  # what they have in hand is let go
        page.context.close()
    assert errors == []
