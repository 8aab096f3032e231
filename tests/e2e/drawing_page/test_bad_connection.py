"""The drawing page when the site is slow, busy or gone: the newest drawing is kept, and read in the end."""

import time

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.e2e.support.hand import DIGITS, draw, draw_stroke, drawings_of, part, settle, until
from tests.e2e.support.routes import DEAF_TO_ABORT, DRAWINGS, EVERYTHING, LABELS, answer, hold, nth

pytestmark = pytest.mark.one_view


@pytest.mark.parametrize("is_deaf", [False, True], ids=("aborted", "not even aborted"))
def test_an_older_answer_never_stands_over_a_newer_one(page: Page, site: str, is_deaf: bool):
    if is_deaf:
        page.add_init_script(DEAF_TO_ABORT)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if route.request.post_data_json["revision"] == 1:
            held.append(route)
        else:
            route.continue_()

    page.route(DRAWINGS, hold_the_first)
    page.goto(f"{site}/")
    for stroke in DIGITS["4"]:
        draw_stroke(page, stroke)
    expect(part(page, "reading")).to_have_attribute("data-revision", "2")
    expect(part(page, "reading")).to_have_text("4")
    [late] = held
    if is_deaf:
        with page.expect_event("requestfinished"):
            late.fulfill(json=answer("9", late))
        settle(page)
    expect(part(page, "reading")).to_have_text("4")
    expect(part(page, "reading")).to_have_attribute("data-revision", "2")


def test_when_the_site_is_gone_it_says_so_and_catches_up_with_the_newest_drawing(drawing_page: Page):
    drawing_page.route(EVERYTHING, lambda route: route.abort("connectionrefused"))
    draw_stroke(drawing_page, DIGITS["4"][0])
    expect(part(drawing_page, "status")).to_contain_text("can’t be reached")
    draw_stroke(drawing_page, DIGITS["4"][1])
    expect(part(drawing_page, "reading")).to_be_empty()
    drawing_page.unroute(EVERYTHING)
    expect(part(drawing_page, "reading")).to_have_text("4")
    expect(part(drawing_page, "reading")).to_have_attribute("data-revision", "2")
    expect(part(drawing_page, "status")).to_be_empty()


def test_what_the_page_said_it_keeps_is_sent_also_when_the_pad_was_cleared(drawing_page: Page):
    drawing_page.route(EVERYTHING, lambda route: route.abort("connectionrefused"))
    for digit in "47":
        draw(drawing_page, digit)
        expect(part(drawing_page, "status")).to_contain_text("will be sent automatically")
        if digit == "4":
            part(drawing_page, "clear").click()
    drawing_page.unroute(EVERYTHING)
    expect(part(drawing_page, "reading")).to_have_text("7")

    def read() -> list[str]:
        return sorted(each["prediction"]["text"] for each in drawings_of(drawing_page) if each["status"] == "done")

    until(drawing_page, lambda: read() == ["4", "7"])


def test_whoever_leaves_before_all_is_sent_is_asked_first(drawing_page: Page):
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    drawing_page.on("dialog", stay)
    drawing_page.route(EVERYTHING, lambda route: route.abort("connectionrefused"))
    draw(drawing_page, "7")
    expect(part(drawing_page, "status")).to_contain_text("will be sent automatically")
    with drawing_page.expect_event("dialog"):
        drawing_page.evaluate("() => void setTimeout(() => location.reload())")
    drawing_page.unroute(EVERYTHING)
    expect(part(drawing_page, "reading")).to_have_text("7")
    drawing_page.reload()
    assert asked == ["beforeunload"]


def test_a_correction_said_while_the_site_is_gone_is_said_when_it_is_back(drawing_page: Page):
    draw(drawing_page, "7")
    expect(part(drawing_page, "reading")).to_have_text("7")
    drawing_page.route(LABELS, lambda route: route.abort("connectionrefused"))
    part(drawing_page, "label-1").click()
    expect(part(drawing_page, "status")).to_contain_text("can’t be reached")
    drawing_page.unroute(LABELS)
    expect(part(drawing_page, "thanks")).to_be_visible()
    expect(part(drawing_page, "status")).to_be_empty()


@pytest.mark.parametrize("earlier", ["label-3", "label-undo"], ids=("another digit", "taking it back"))
def test_what_is_said_last_is_sent_last_and_what_it_replaces_not_again(drawing_page: Page, earlier: str):
    draw(drawing_page, "7")
    expect(part(drawing_page, "reading")).to_have_text("7")
    part(drawing_page, "label-1").click()
    expect(part(drawing_page, "thanks")).to_be_visible()
    held = hold(drawing_page, LABELS)
    part(drawing_page, earlier).click()
    first = nth(held, 1, drawing_page)
    part(drawing_page, "label-8").click()
    settle(drawing_page)
    assert len(held) == 1
    first.abort("connectionrefused")
    second = nth(held, 2, drawing_page)
    assert second.request.post_data_json == {"text": "8"}
    second.continue_()
    expect(part(drawing_page, "label-8")).to_have_attribute("aria-pressed", "true")
    expect(part(drawing_page, "status")).to_be_empty()
    assert len(held) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_site_is_asked_again_when_it_said_and_not_before(drawing_page: Page, status: int):
    asked: list[float] = []

    def refuse_once(route: Route) -> None:
        asked.append(time.monotonic())
        if len(asked) > 1:
            route.continue_()
            return
        error = {"error": {"code": "throttled", "message": "Too many."}}
        route.fulfill(status=status, json=error, headers={"Retry-After": "2"})

    drawing_page.route(DRAWINGS, refuse_once)
    draw(drawing_page, "7")
    expect(part(drawing_page, "status")).to_contain_text("busy")
    expect(part(drawing_page, "reading")).to_have_text("7")
    expect(part(drawing_page, "status")).to_be_empty()
    assert len(asked) == 2
    assert asked[1] - asked[0] > 1.9


def test_a_reading_that_is_late_is_waited_for(drawing_page: Page):
    looks = 0

    def queued_twice(route: Route) -> None:
        nonlocal looks
        looks += 1
        if looks > 3:
            route.continue_()
            return
        original = route.fetch().json()
        route.fulfill(status=202, json={**original, "status": "queued", "prediction": None})

    drawing_page.route(DRAWINGS, queued_twice)
    draw(drawing_page, "7")
    expect(part(drawing_page, "status")).to_contain_text("Still waiting for a reading")
    expect(part(drawing_page, "reading")).to_have_text("7")
    expect(part(drawing_page, "status")).to_be_empty()


def test_a_site_that_refuses_for_good_is_not_asked_again(drawing_page: Page):
    asked = 0

    def refuse(route: Route) -> None:
        nonlocal asked
        asked += 1
        route.fulfill(status=400, json={"error": {"code": "bad_value", "message": "The strokes are knotted."}})

    drawing_page.clock.install()
    drawing_page.route(DRAWINGS, refuse)
    draw(drawing_page, "7")
    expect(part(drawing_page, "status")).to_have_text("The strokes are knotted.")
    drawing_page.clock.run_for("01:00")
    settle(drawing_page)
    assert asked == 1
