"""Reviewing in a real browser, by keys alone: hundreds of drawings, two reviewers at once, the grid, a phone."""

import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import ARTIFACTS
from tests.e2e.support.hand import part
from tests.e2e.support.reviewing import MANY, SOME, key_for, number_of, press_key, rows_of, shown_drawing
from tests.e2e.support.stack import Site, wait_until

SPANS = """[performance.getEntriesByName('review:next'), performance.getEntriesByType('resource')
    .filter(each => each.initiatorType === 'fetch')].map(each => each.map(({duration}) => duration))"""


def test_the_grid_accepts_many_in_one_stroke_but_the_doubtful_ones_and_takes_it_back(
    queue: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("bert", "grid/")
    page.keyboard.press("7")
    cells = page.locator("[data-testid=cells] [role=option]")
    expect(cells.first).to_be_visible()
    count = cells.count()
    doubtful = page.locator(".cell.doubtful")
    assert doubtful.count() == page.locator(".cell.picked").count() > 0, (
        "drawings whose visitor disagrees come picked out"
    )
    last = cells.nth(count - 1).get_attribute("data-id")
    for _ in range(count - 1):
        page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(page.locator(f".cell.picked[data-id='{last}']")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("4")
    accepted = count - doubtful.count() - 1
    expect(part(page, "accept")).to_contain_text(f"Accept {accepted} as 7")
    batches = "SELECT text, undone_at FROM predictor_reviewaction WHERE batch IS NOT NULL"
    page.keyboard.press("Enter")
    wait_until(lambda: len(rows_of(queue, batches)) == accepted)
    assert sorted(text for text, _ in rows_of(queue, batches)) == ["4", *["7"] * (accepted - 1)]
    expect(part(page, "lead")).to_contain_text(f"{count - accepted} picked out")
    page.keyboard.press("z")
    wait_until(lambda: all(undone for _, undone in rows_of(queue, batches)))
    expect(cells).to_have_count(accepted)


@pytest.mark.parametrize("count", [SOME, pytest.param(MANY, marks=pytest.mark.slow)])
def test_a_reviewer_does_many_drawings_without_touching_the_mouse(
    queue: Site, sign_in: Callable[..., Page], count: int
) -> None:
    by_anna = "FROM predictor_reviewaction a JOIN auth_user u ON u.id = a.reviewer_id WHERE u.username = 'anna'"
    stands = f"SELECT count(*) {by_anna} AND a.undone_at IS NULL"
    before = number_of(queue, stands)
    accepted = (
        "SELECT drawing_id FROM predictor_label l JOIN auth_user u ON u.id = l.decided_by_id "
        "WHERE u.username = 'anna' AND l.state = 'accepted'"
    )
    earlier = set(rows_of(queue, accepted))
    page = sign_in("anna")
    shown, done = shown_drawing(page), set()
    for number in range(count):
        key = key_for(page)
        if number % 60 == 30:  # a slip, taken back after going on
            press_key(page, "x", shown)
            page.keyboard.press("z")
            expect(part(page, "drawing")).to_have_attribute("data-id", shown)
        done.add(shown)
        shown = press_key(page, key, shown)
    assert len(done) == count
    assert page.title() != "a mouse!"
    spans, requests = page.evaluate(SPANS)
    assert statistics.median(spans) < statistics.median(requests) / 2, (
        "the next drawing is there before the site answers"
    )
    wait_until(lambda: number_of(queue, stands) == before + count)
    wrong = f"SELECT count(*) {by_anna} AND a.undone_at IS NULL AND a.text <> a.read"
    assert number_of(queue, wrong) == 0, "every slip was taken back, and every drawing has its own answer"
    measured = set(rows_of(queue, f"SELECT a.drawing_id {by_anna} AND a.purpose <> 'review'"))
    assert set(rows_of(queue, accepted)) - earlier == {(each.replace("-", ""),) for each in done} - measured
    expect(part(page, "progress")).to_contain_text("done today")


def test_two_reviewers_at_once_never_have_the_same_drawing(queue: Site, sign_in: Callable[..., Page]) -> None:
    pages = [sign_in("bert"), sign_in("carl")]
    shown = [shown_drawing(page) for page in pages]
    for _ in range(25):
        for number, page in enumerate(pages):
            assert shown[0] != shown[1]
            shown[number] = press_key(page, key_for(page), shown[number])
    stand = "FROM predictor_reviewaction WHERE purpose = 'review' AND undone_at IS NULL GROUP BY drawing_id"
    decided = rows_of(queue, f"SELECT count(*) {stand}")
    assert set(decided) == {(1,)}, "what both answered, one of them gave a second opinion on"


def test_undo_also_goes_back_after_the_page_was_left(queue: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("bert")
    first = shown_drawing(page)
    second = press_key(page, key_for(page), first)
    page.keyboard.press("s")
    expect(part(page, "drawing")).not_to_have_attribute("data-id", second)
    page.reload()
    last = shown_drawing(page)
    skipped = f"SELECT id FROM predictor_reviewaction WHERE drawing_id = '{second.replace('-', '')}'"
    wait_until(lambda: rows_of(queue, skipped))  # it may come in after the page was left
    page.route("**/admin/review/undo/", _lose_the_answer, times=1)
    press_key(page, "z", last)
    assert shown_drawing(page) == second, "asked twice, as the first answer was lost, it is undone once"
    press_key(page, "z", second)
    assert shown_drawing(page) == first


def _lose_the_answer(route: Route) -> None:
    route.fetch()
    route.abort()


def test_a_stroke_that_cannot_be_undone_any_more_is_in_nobodys_way(queue: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("bert", "grid/")
    page.keyboard.press("3")
    expect(page.locator("[data-testid=cells] [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    stands = "SELECT count(*) FROM predictor_reviewaction WHERE batch IS NOT NULL AND undone_at IS NULL"
    wait_until(lambda: number_of(queue, stands))
    expect(page.locator("#review")).not_to_have_attribute("aria-busy", "true")
    gone = {"error": {"code": "not_found", "message": "Somebody else has undone this already."}}
    page.route("**/admin/review/undo/", lambda route: route.fulfill(status=404, json=gone), times=1)
    page.keyboard.press("z")
    expect(part(page, "trouble")).to_have_text(gone["error"]["message"])
    page.keyboard.press("z")
    expect(part(page, "trouble")).to_contain_text("Nothing on this page is left to undo")
    page.goto(f"{queue.url}/admin/review/")
    press_key(page, "z", shown_drawing(page))
    assert number_of(queue, stands) == 0, "undone as a whole, in the other page too"


def test_a_site_that_goes_away_loses_no_answer(queue: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("carl")
    page.route("**/admin/review/answers/", lambda route: route.abort())
    answered = []
    shown = shown_drawing(page)
    for _ in range(3):
        answered.append(shown)
        shown = press_key(page, key_for(page), shown)
    expect(part(page, "trouble")).to_contain_text("Your answers are kept")
    page.unroute("**/admin/review/answers/")
    expect(part(page, "trouble")).to_have_text("")
    for each in answered:
        stands = "SELECT count(*) FROM predictor_reviewaction WHERE drawing_id = ? AND text IS NOT NULL"
        wait_until(partial(number_of, queue, stands, each.replace("-", "")))


def test_the_keys_are_told_and_do_nothing_meanwhile(queue: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("carl")
    shown = shown_drawing(page)
    page.keyboard.press("?")
    expect(part(page, "help")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(part(page, "help")).to_be_hidden()
    assert shown_drawing(page) == shown


def test_a_number_is_typed_digit_by_digit(queue: Site, sign_in: Callable[..., Page]) -> None:
    number = (
        "from predictor.models import *; from predictor.drawings import intake; from predictor.review import labels; "
        "from tests.predictor.pictures import drawn; owner = Owner.objects.create(key='numbers'); "
        "sent = intake.Submission(data=drawn('347'), mode='number', source='api', consent=True); "
        "drawing, _ = intake.add_drawing(owner=owner, submission=sent); "
        "labels.propose_label(drawing=drawing, text='341', owner=owner); "
        "ReviewItem.objects.filter(pk=drawing.pk).update(score=99); print(drawing.pk)"
    )
    pk = queue.manage("shell", "-c", number).strip().splitlines()[-1]
    page = sign_in("carl", viewport={"width": 360, "height": 740})
    assert shown_drawing(page) == pk
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(part(page, "typed")).to_be_focused()
    page.keyboard.type("34")
    page.keyboard.type("7")
    expect(part(page, "typed")).to_have_value("347")
    press_key(page, "Enter", pk)
    text = "SELECT text FROM predictor_label WHERE drawing_id = ? AND state = 'accepted'"
    wait_until(lambda: rows_of(queue, text, pk.replace("-", "")) == [("347",)])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_thumb_reviews_too_and_nothing_sticks_out(
    queue: Site, sign_in: Callable[..., Page], width: int, theme: str
) -> None:
    page = sign_in("bert", viewport={"width": width, "height": 740}, has_touch=True, color_scheme=theme)
    shown = shown_drawing(page)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=Path(ARTIFACTS) / f"review-{width}-{theme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    buttons = page.locator("#review button:visible")
    sizes = [buttons.nth(number).bounding_box() for number in range(buttons.count())]
    assert all(size and size["height"] >= 36 and size["width"] >= 28 for size in sizes)
    assert width > 360 or all(size and size["width"] >= 56 for size in sizes)
    while part(page, "accept").is_disabled():
        # Drawings of other tests may have nothing to accept.
        shown = press_key(page, "s", shown)
    part(page, "accept").tap()
    expect(part(page, "drawing")).not_to_have_attribute("data-id", shown)
    page.get_by_role("button", name="Undo").tap()
    expect(part(page, "drawing")).to_have_attribute("data-id", shown)
    page.goto(f"{queue.url}/admin/review/grid/")
    page.locator("[data-reading='1']").tap()
    cell = page.locator("[data-testid=cells] [role=option]:not(.doubtful)").first
    cell.tap()
    expect(cell).to_have_class("cell picked")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=Path(ARTIFACTS) / f"review-grid-{width}-{theme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
