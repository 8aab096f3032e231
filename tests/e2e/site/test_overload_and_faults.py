"""A site in real trouble: whatever happens in the middle of a drawing, the page ends with the right reading."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import without_errors
from tests.e2e.support.hand import DIGITS, draw, draw_stroke, expect_reading, part
from tests.e2e.support.routes import DRAWINGS
from tests.e2e.support.stack import Site
from tests.predictor.pictures import drawn

pytestmark = pytest.mark.slow

SLANT, STEM = DIGITS["4"]


@pytest.fixture(scope="module")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that lets in little, so that it soon says no."""
    limits = {"DIGITSITE_THROTTLE": "3/s", "DIGITSITE_QUEUE_LIMIT": "2", "DIGITSITE_WAIT": "1"}
    site = Site(tmp_path_factory.mktemp("strained"), **limits)
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture
def worn_page(browser: Browser, strained: Site) -> Iterator[Page]:
    strained.wait_until_ready()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with without_errors(context.new_page()) as page:
        page.goto(f"{strained.url}/")
        yield page
    context.close()


def answers(page: Page) -> list[int]:
    """The status of each answer to a drawing from now on."""
    seen: list[int] = []
    page.on("response", lambda answer: seen.append(answer.status) if answer.request.method == "PUT" else None)
    return seen


def send(site: Site, what: int, process: str) -> None:
    for pid in site.pids(process):
        os.kill(pid, what)


@contextmanager
def nobody_reading(site: Site) -> Iterator[None]:
    """The predict worker stands still."""
    send(site, signal.SIGSTOP, "-Q predict")
    try:
        yield
    finally:
        send(site, signal.SIGCONT, "-Q predict")


def test_more_strokes_than_a_visitor_may_send(worn_page: Page):
    seen = answers(worn_page)
    draw(worn_page, "4")
    while 429 not in seen:
        worn_page.keyboard.press("u")
        worn_page.keyboard.press("r")
        worn_page.wait_for_timeout(50)
    expect(part(worn_page, "reading-card")).to_have_attribute("aria-busy", "false")
    expect_reading(worn_page, "4")
    expect(part(worn_page, "status")).to_be_empty()


def test_a_queue_that_is_full(worn_page: Page, strained: Site):
    seen = answers(worn_page)
    draw_stroke(worn_page, SLANT)
    expect(part(worn_page, "reading")).to_have_attribute("data-revision", "1")
    with nobody_reading(strained):
        while (
            requests.post(f"{strained.url}/api/v1/drawings/", files={"image": drawn("1")}, timeout=60).status_code
            != 503
        ):
            pass
        draw_stroke(worn_page, STEM)
        expect(part(worn_page, "status")).to_contain_text("busy")
        assert 503 in seen
    expect_reading(worn_page, "4", revision=2)
    expect(part(worn_page, "status")).to_be_empty()


def test_a_worker_that_is_killed_while_it_should_read(worn_page: Page, strained: Site):
    draw_stroke(worn_page, SLANT)
    expect(part(worn_page, "reading")).to_have_attribute("data-revision", "1")
    before = strained.pids("-Q predict")
    with nobody_reading(strained):
        draw_stroke(worn_page, STEM)
        expect(part(worn_page, "status")).to_contain_text("Still waiting for a reading")
        send(strained, signal.SIGKILL, "-Q predict")
    expect_reading(worn_page, "4", revision=2)
    expect(part(worn_page, "status")).to_be_empty()
    assert set(strained.pids("-Q predict")).isdisjoint(before)


def test_a_connection_that_is_cut_while_the_answer_is_waited_for(worn_page: Page, strained: Site):
    draw_stroke(worn_page, SLANT)
    expect(part(worn_page, "reading")).to_have_attribute("data-revision", "1")
    # A glance at the stroke in hand may fail too.
    with nobody_reading(strained), worn_page.expect_event("requestfailed", lambda request: request.method == "PUT"):
        with worn_page.expect_request(DRAWINGS):
            draw_stroke(worn_page, STEM)
        send(strained, signal.SIGKILL, "gunicorn")
    expect_reading(worn_page, "4", revision=2)
    expect(part(worn_page, "status")).to_be_empty()


def test_a_network_that_is_gone_for_a_while(worn_page: Page):
    draw_stroke(worn_page, SLANT)
    expect(part(worn_page, "reading")).to_have_attribute("data-revision", "1")
    worn_page.context.set_offline(True)
    draw_stroke(worn_page, STEM)
    expect(part(worn_page, "status")).to_contain_text("can’t be reached")
    worn_page.context.set_offline(False)
    expect_reading(worn_page, "4", revision=2)
    expect(part(worn_page, "status")).to_be_empty()
