"""The whole way: drawn in a browser, read, corrected, accepted in the admin, learned from, read by the new network."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ml.evaluation.held_out import held_out
from ml.sources.mnist import Mnist
from tests.e2e.support.generated import draw_strokes
from tests.e2e.support.stack import Site, wait_until

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def reviewer(stack: Site) -> str:
    stack.environment["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    stack.manage("createsuperuser", "--noinput", "--username", "reviewer", "--email", "reviewer@example.org")
    return "reviewer"


@pytest.fixture(scope="module")
def pictures_that_judge(mnist: Mnist, cache: Path) -> None:
    """Drawn once on a machine, and not in the time that a training has."""
    held_out(mnist, cache)


def champion(page: Page, site: str) -> dict:
    answer = page.request.get(f"{site}/api/v1/models/champion/")
    assert answer.ok
    return answer.json()


@pytest.mark.slow
@pytest.mark.one_view
def test_drawn_digits_are_read_corrected_accepted_learned_and_read_by_the_new_version(
    stack: Site, site: str, browser: Browser, page: Page, reviewer: str, pictures_that_judge: None
) -> None:
    page.goto(site)
    corrected = []
    for digit in range(10):
        page.get_by_test_id("clear").click()
        expect(page.get_by_test_id("reading")).to_have_text("")
        draw_strokes(page, digit)
        expect(page.get_by_test_id("reading")).to_have_text(str(digit))
        if digit == 0:
            page.get_by_test_id("consent-yes").click()
        if digit in {1, 7}:
            # For the 7 the visitor says something else than what was read.
            with page.expect_response(re.compile(r"/label/$")) as answered:
                page.get_by_test_id("label-1").click()
            corrected.append(answered.value.json())
            expect(page.get_by_text(re.compile("reviewer", re.IGNORECASE)).first).to_be_visible()
    assert [drawing["label"] for drawing in corrected] == [{"text": "1", "by": "visitor", "state": "proposed"}] * 2
    before = champion(page, site)["version"]

    admin = browser.new_context().new_page()
    admin.goto(f"{site}/admin/predictor/drawing/?label=proposed")
    admin.fill("#id_username", reviewer)
    admin.fill("#id_password", PASSWORD)
    admin.click("input[type=submit]")
    expect(admin.locator("#result_list tbody img").first).to_be_visible()
    for drawing in corrected:
        admin.check(f"input[name=_selected_action][value='{drawing['id']}']")
    admin.select_option("select[name=action]", "accept")
    admin.click("button[name=index]")
    expect(admin.locator(".messagelist")).to_contain_text("2 accepted")

    said = stack.manage("retrain", "--epochs", "1", "--no-promote", timeout=500)
    candidate = re.search(r"Version (\d+):", said)
    assert candidate, said
    assert champion(page, site)["version"] == before
    stack.manage("promote", candidate[1])

    def read_by_the_candidate() -> str | None:
        page.get_by_test_id("clear").click()
        with page.expect_response(lambda r: "/api/v1/drawings/" in r.url and r.request.method == "PUT") as answered:
            draw_strokes(page, 3)
        prediction = answered.value.json()["prediction"]
        return prediction["text"] if prediction and prediction["model"] == candidate[1] else None

    assert wait_until(read_by_the_candidate) == "3"

    said = stack.manage("retrain", "--epochs", "1", "--no-promote")
    assert "Nothing changed" in said


def test_a_drawing_is_in_the_history_after_a_reload_and_nobody_elses(site: str, browser: Browser, page: Page) -> None:
    page.goto(site)
    with page.expect_response(lambda r: "/api/v1/drawings/" in r.url and r.request.method == "PUT") as answered:
        draw_strokes(page, 3)
    drawing = json.loads(answered.value.text())
    page.goto(f"{site}/history/")
    page.reload()
    expect(page.get_by_test_id("history-item")).to_have_count(1)
    stranger = browser.new_context().new_page()
    assert stranger.request.get(f"{site}/api/v1/drawings/{drawing['id']}/").status == 404
    assert stranger.goto(f"{site}/drawings/{drawing['id']}/").status == 404
