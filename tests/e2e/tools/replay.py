"""Handwriting replayed in the page, with the events that a pen makes and at the speed of a hand, and sent to the API.

    .venv/bin/python -m tests.e2e.tools.replay http://127.0.0.1:8000 --count 200

needs a running site without a throttle (`DIGITSITE_THROTTLE=0 make run`), and reads the strokes that
`DIGITSITE_STROKES` names.
"""

import argparse
import asyncio
from collections.abc import Sequence
from typing import Literal

import requests
from playwright.async_api import Browser, CDPSession, Page, async_playwright, expect

from tests.conftest import chromium
from tests.e2e.support.handwriting import LIFTED_MS, SHEET, Place, Written, dealt, handwriting, lasts

By = Literal["mouse", "pen", "touch"]
BY: tuple[By, ...] = ("mouse", "pen", "touch")
PATIENCE_MS = 30_000
LAUNCH = ["--no-sandbox", "--disable-gpu"]


class Hand:
    """Draws on a page as fast as was written; the browser is not waited for, as no hand waits."""

    def __init__(self, page: Page, session: CDPSession, by: By) -> None:
        self.page = page
        self._session = session
        self._by = by

    @classmethod
    async def at(cls, page: Page, by: By) -> "Hand":
        return cls(page, await page.context.new_cdp_session(page), by)

    async def write(self, written: Written) -> None:
        for stroke in written.strokes:
            await self.draw(stroke)
            await asyncio.sleep(LIFTED_MS / 1000)

    async def draw(self, stroke: Sequence[Place]) -> None:
        box = await self.page.get_by_test_id("pad").bounding_box()
        assert box
        scale = box["width"] / SHEET
        places = [(box["x"] + x * scale, box["y"] + y * scale, t, p) for x, y, t, p in stroke]
        loop = asyncio.get_running_loop()
        began = loop.time()
        sent = [self._send("Pressed", *places[0])]
        for place in places[1:]:
            await asyncio.sleep(max(0, began + place[2] / 1000 - loop.time()))
            sent.append(self._send("Moved", *place))
        sent.append(self._send("Released", *places[-1]))
        await asyncio.gather(*sent)

    def _send(self, what: str, x: float, y: float, _: float, pressure: float) -> asyncio.Task[object]:
        if self._by == "touch":
            kind = {"Pressed": "touchStart", "Moved": "touchMove", "Released": "touchEnd"}[what]
            fingers = [] if what == "Released" else [{"x": x, "y": y}]
            message = self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        else:
            event = {"type": f"mouse{what}", "x": x, "y": y, "button": "left", "buttons": int(what != "Released")}
            how = {"clickCount": 1, "pointerType": self._by, "force": pressure if self._by == "pen" else 0}
            message = self._session.send("Input.dispatchMouseEvent", {**event, **how})
        return asyncio.ensure_future(message)


async def in_the_page(url: str, drawings: Sequence[Written], *, hands: int) -> dict[int, str]:
    """What the page reads of each drawing in the end, by its place; each hand has a page of its own."""
    places = {id(written): place for place, written in enumerate(drawings)}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=LAUNCH)
        shares = [
            _replay(browser, url, share, BY[number % len(BY)]) for number, share in enumerate(dealt(drawings, hands))
        ]
        read = [pair for share in await asyncio.gather(*shares) for pair in share]
        await browser.close()
    return {places[id(written)]: text for written, text in read}


async def _replay(browser: Browser, url: str, drawings: Sequence[Written], by: By) -> list[tuple[Written, str]]:
    context = await browser.new_context(viewport={"width": 800, "height": 900}, has_touch=by == "touch")
    page = await context.new_page()
    await page.goto(url)
    hand = await Hand.at(page, by)
    read = []
    for written in drawings:
        await page.get_by_test_id("mode-number" if len(written.label) > 1 else "mode-digit").click()
        await hand.write(written)
        reading = page.get_by_test_id("reading")
        await expect(reading).to_have_attribute("data-revision", str(len(written.strokes)), timeout=PATIENCE_MS)
        read.append((written, await reading.text_content() or ""))
        await page.get_by_test_id("clear").click()
    await context.close()
    return read


def through_the_api(url: str, drawings: Sequence[Written]) -> dict[int, str]:
    """What the API answers for each drawing's picture, by its place."""
    read = {}
    for place, written in enumerate(drawings):
        mode = "number" if len(written.label) > 1 else "digit"
        files = {"image": ("drawing.png", written.picture, "image/png")}
        answer = requests.post(f"{url}/api/v1/drawings/", files=files, data={"mode": mode}, timeout=60).json()
        assert answer["status"] == "done", answer
        read[place] = answer["prediction"]["text"]
    return read


def right(drawings: Sequence[Written], read: dict[int, str]) -> int:
    return sum(read[place] == written.label for place, written in enumerate(drawings))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--hands", type=int, default=6, help="pages side by side")
    chosen = parser.parse_args()
    drawings = handwriting(chosen.count)
    page = asyncio.run(in_the_page(chosen.url, drawings, hands=chosen.hands))
    api = through_the_api(chosen.url, drawings)
    print(f"{len(drawings)} drawings, {sum(map(lasts, drawings)) / len(drawings):.1f} s each to write")
    print(f"right in the page: {right(drawings, page)}, through the API: {right(drawings, api)}")
    for place, written in enumerate(drawings):
        if page[place] != api[place]:
            print(f"{place}: a {written.label} is {page[place]!r} in the page, {api[place]!r} through the API")


if __name__ == "__main__":
    main()
