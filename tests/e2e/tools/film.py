"""The README's moving picture of the drawing page, taken of the real site: `python -m tests.e2e.tools.film`.

A four in two strokes, read after each; the question whether the site may learn from it; then a hasty seven, read as
what it looks like, and corrected. Takes about half a minute. The figures in it are those of the network that ships.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import chromium
from tests.e2e.support.hand import DIGITS, expect_reading, on_screen, part, spread
from tests.e2e.support.stack import ROOT, Site

OUT = ROOT / "docs" / "images" / "drawing.webp"
SIZE = {"width": 1120, "height": 780}
LARGEST = 600 * 1024
HASTY_SEVEN = [(128, 80), (165, 72), (150, 240)]
MOVE_MS, HOLD_MS, END_MS = 60, 1100, 2600
ARROW = [(0, 0), (0, 21), (5, 16), (9, 25), (13, 23), (9, 15), (16, 15)]


class Film:
    """Frames of a page and how long each is seen; the mouse is drawn in, for screenshots leave it out."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._durations: list[int] = []
        self._mouse = (SIZE["width"] * 0.6, SIZE["height"] * 0.55)

    def take(self, ms: int) -> None:
        frame = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        arrow = [(self._mouse[0] + x, self._mouse[1] + y) for x, y in ARROW]
        ImageDraw.Draw(frame).polygon(arrow, fill="black", outline="white", width=1)
        self._frames.append(frame)
        self._durations.append(ms)

    def move(self, x: float, y: float, *, steps: int = 6) -> None:
        (left, top), frames = self._mouse, range(1, steps + 1)
        for step in frames:
            self._mouse = (left + (x - left) * step / steps, top + (y - top) * step / steps)
            self._page.mouse.move(*self._mouse)
            self.take(MOVE_MS)

    def draw(self, stroke: list[tuple[float, float]]) -> None:
        first, *rest = spread(on_screen(self._page, stroke), step=34)
        self.move(*first)
        self._page.mouse.down()
        for place in rest:
            self.move(*place, steps=1)
        self._page.mouse.up()

    def click(self, hook: str) -> None:
        box = part(self._page, hook).bounding_box()
        assert box
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self._page.mouse.down()
        self._page.mouse.up()

    def hold(self, ms: int = HOLD_MS) -> None:
        """Once the bars have moved."""
        self._page.wait_for_timeout(400)
        self.take(ms)

    def save(self, file: Path) -> None:
        first, *rest = self._frames
        options = {"save_all": True, "append_images": rest, "duration": self._durations, "loop": 0}
        first.save(file, "WEBP", **options, quality=80, method=6, minimize_size=True)


def shoot(page: Page, film: Film) -> None:
    film.hold(700)
    for revision, stroke in enumerate(DIGITS["4"], 1):
        film.draw(list(stroke))
        expect(part(page, "reading")).to_have_attribute("data-revision", str(revision))
        film.hold()
    film.click("consent-yes")
    expect(part(page, "consent-take-back")).to_be_visible()
    film.hold()
    film.click("clear")
    film.hold(400)
    film.draw(HASTY_SEVEN)
    expect_reading(page, "1", revision=1)
    film.hold()
    film.click("label-7")
    expect(part(page, "thanks")).to_be_visible()
    film.hold(END_MS)


def main() -> None:
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        site = Site(Path(data))
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            site.start()
            page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en")
            page.goto(site.url)
            film = Film(page)
            shoot(page, film)
            film.save(OUT)
        finally:
            browser.close()
            site.stop()
    if OUT.stat().st_size > LARGEST:
        sys.exit(f"{OUT} has {OUT.stat().st_size} bytes, more than {LARGEST}.")
    print(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
