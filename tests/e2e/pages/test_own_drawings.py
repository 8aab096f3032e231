"""From the drawing page to the history and to a drawing's own page."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.support.hand import draw, expect_reading, part


def test_a_visitor_finds_their_drawings_in_the_history_also_after_a_reload(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7")
    part(drawing_page, "label-1").click()
    expect(part(drawing_page, "thanks")).to_be_visible()
    part(drawing_page, "history").click()
    for _ in range(2):
        expect(part(drawing_page, "history-item")).to_have_count(1)
        expect(part(drawing_page, "history-reading")).to_have_text("7")
        expect(part(drawing_page, "label")).to_have_text(re.compile(r"You:\s+1\s+·\s+in review"))
        drawing_page.reload()
    picture = part(drawing_page, "history-item").locator("img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300


def test_a_drawings_page_explains_corrects_and_deletes(drawing_page: Page):
    draw(drawing_page, "7")
    expect_reading(drawing_page, "7", revision=1)
    part(drawing_page, "history").click()
    part(drawing_page, "history-item").click()
    expect(part(drawing_page, "reading")).to_have_text("7")
    expect(part(drawing_page, "heat")).to_have_attribute("data-ready", "")
    coloured = """canvas => { const {data} = canvas.getContext('2d').getImageData(0, 0, 28, 28);
        return data.filter((red, at) => at % 4 === 0 && red - data[at + 2] > 20).length; }"""
    assert part(drawing_page, "heat").evaluate(coloured) > 5
    drawing_page.get_by_label("The digit").fill("1")
    part(drawing_page, "correct").click()
    expect(part(drawing_page, "label")).to_have_attribute("data-state", "proposed")
    part(drawing_page, "withdraw").click()
    expect(drawing_page.get_by_text("Taken back.")).to_be_visible()
    part(drawing_page, "delete").click()
    expect(drawing_page.get_by_text("Nothing drawn yet")).to_be_visible()
