"""A review page that is open while its reviewer signs out and in again in another tab loses no answer."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.support.hand import part
from tests.e2e.support.reviewing import key_for, press_key, rows_of, shown_drawing, sign_in_by_keys
from tests.e2e.support.stack import Site, wait_until
from tests.reliability import Note

BY_DORA = (
    "SELECT a.drawing_id, a.undone_at IS NULL FROM predictor_reviewaction a JOIN auth_user u ON u.id = a.reviewer_id "
    "WHERE u.username = 'dora'"
)


def _sign_out_elsewhere(page: Page, site: Site) -> Page:
    """Returns another tab, which shows the sign-in page."""
    other = page.context.new_page()
    other.goto(f"{site.url}/admin/")
    other.get_by_role("button", name="Log out").click()
    other.goto(f"{site.url}/admin/")
    return other


def _sign_in_again(other: Page, site: Site) -> None:
    sign_in_by_keys(other, "dora")
    other.wait_for_url(f"{site.url}/admin/")
    other.close()


def _standing(site: Site) -> set[str]:
    return {drawing for drawing, stands in rows_of(site, BY_DORA) if stands}


def test_answers_given_meanwhile_are_stored_after_it(
    queue: Site, sign_in: Callable[..., Page], reliability: Note
) -> None:
    page = sign_in("dora")
    shown = shown_drawing(page)
    other = _sign_out_elsewhere(page, queue)
    answered = []
    for _ in range(3):
        answered.append(shown.replace("-", ""))
        shown = press_key(page, key_for(page), shown)
    expect(part(page, "trouble")).to_contain_text("Your answers are kept")
    assert not _standing(queue)
    _sign_in_again(other, queue)
    wait_until(lambda: _standing(queue) == set(answered))
    reliability(
        "doors", "a reviewer answers while signed out, and signs in again in another tab", "3 of 3 answers stored"
    )
    expect(part(page, "trouble")).to_have_text("")
    page.keyboard.press("Control+z")
    wait_until(lambda: _standing(queue) == set(answered[:2]))
    assert shown_drawing(page).replace("-", "") == answered[2]
    page.keyboard.press("Shift+Z")  # what Caps Lock makes of z
    wait_until(lambda: _standing(queue) == set(answered[:1]))


def test_the_grid_goes_on_with_the_same_drawings(queue: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("dora", "grid/")
    page.keyboard.press("3")
    cells = page.locator("[data-testid=cells] [role=option]")
    expect(cells.first).to_be_visible()
    wanted = {
        (cell.get_attribute("data-id") or "").replace("-", "")
        for cell in page.locator("[data-testid=cells] [role=option]:not(.picked)").all()
    }
    before = _standing(queue)
    other = _sign_out_elsewhere(page, queue)
    page.keyboard.press("Enter")
    expect(part(page, "trouble")).to_contain_text("signed out")
    _sign_in_again(other, queue)
    page.bring_to_front()
    page.keyboard.press("Enter")
    wait_until(lambda: _standing(queue) == before | wanted)
    expect(page.locator("#review")).not_to_have_attribute("aria-busy", "true")  # keys pressed meanwhile are ignored
    page.keyboard.press("z")
    wait_until(lambda: _standing(queue) == before)
