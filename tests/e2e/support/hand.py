"""Draws on the drawing page: digits as strokes on a sheet of 300 × 300, by mouse or by finger."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from playwright.sync_api import CDPSession, Locator, Page, Request, expect

Points = Sequence[tuple[float, float]]

SHEET = 300
TOUCH = """(pad, [kind, type, id, x, y, size, button]) => { const box = pad.getBoundingClientRect();
    pad.setPointerCapture = () => {};
    pad.dispatchEvent(new PointerEvent(kind, {pointerType: type, pointerId: id, isPrimary: true, bubbles: true,
        clientX: box.left + x * box.width / 300, clientY: box.top + y * box.height / 300,
        button: kind === 'pointermove' ? -1 : button, buttons: kind === 'pointerup' ? 0 : 1, pressure: 0.7,
        width: size, height: size})); }"""


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[tuple[float, float]]:
    """Points of an ellipse from `start` to `end`, in degrees clockwise from three o'clock."""
    steps = max(2, round(abs(end - start) / 15))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


DIGITS: dict[str, list[Points]] = {
    "0": [arc(150, 150, 60, 90, -90, 270)],
    "1": [[(150, 60), (150, 240)]],
    "2": [[*arc(150, 110, 55, 50, 190, 390), (100, 230), (210, 230)]],
    "3": [[*arc(140, 105, 55, 45, 200, 450), *arc(140, 195, 60, 47, -90, 160)]],
    "4": [[(165, 55), (80, 180), (220, 180)], [(170, 110), (170, 245)]],
    "5": [[(110, 70), (105, 140), *arc(140, 185, 60, 50, -120, 130)], [(110, 70), (205, 68)]],
    "7": [[(85, 75), (215, 75), (130, 240)]],
}


def part(page: Page, name: str) -> Locator:
    return page.get_by_test_id(name)


def puts(page: Page) -> list[dict]:
    """Collects the drawings that the page sends from now on: each body, with the drawing's id."""
    sent: list[dict] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            sent.append({**request.post_data_json, "id": request.url.rstrip("/").rsplit("/", 1)[-1]})

    page.on("request", note)
    return sent


def expect_reading(page: Page, text: str, *, revision: int | None = None) -> None:
    if revision is not None:
        expect(part(page, "reading")).to_have_attribute("data-revision", str(revision))
    expect(part(page, "reading")).to_have_text(text)


def draw(page: Page, digit: str, *, scale: float = 1.0, left: float = 0.0) -> None:
    """Draws the digit with the mouse. `scale` and `left` leave room for several digits."""
    for stroke in DIGITS[digit]:
        draw_stroke(page, [(left + x * scale, 150 + (y - 150) * scale) for x, y in stroke])


def draw_stroke(page: Page, points: Points) -> None:
    """Draws one stroke with the mouse."""
    first, *rest = spread(on_screen(page, points))
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place)
    page.mouse.up()


def slowly(page: Page, points: Points, *, is_down: bool = False) -> None:
    """Draws a stroke with the mouse at a person's speed, and leaves the button down."""
    first, *rest = spread(on_screen(page, points))
    page.mouse.move(*first)
    if not is_down:
        page.mouse.down()
    for place in rest:
        page.mouse.move(*place)
        page.wait_for_timeout(16)


def touch(
    page: Page, kind: str, by: str, identity: int, x: float, y: float, *, size: float = 20, button: int = 0
) -> None:
    """Dispatches one pointer event of a stylus or a hand."""
    part(page, "pad").evaluate(TOUCH, [f"pointer{kind}", by, identity, x, y, size, button])


class Finger:
    """A finger that touches the page as on a phone."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def draw(self, digit: str) -> None:
        for stroke in DIGITS[digit]:
            self.draw_stroke(stroke)

    def draw_stroke(self, points: Points, *, second: Points = ()) -> None:
        """Draws one stroke. With `second`, another finger starts at its first point and moves too."""
        places = list(spread(on_screen(self._page, points)))
        others = on_screen(self._page, second)[:1]
        self._touch("touchStart", places[0])
        for index, place in enumerate(places[1:]):
            fingers = [place, *((x + index, y) for x, y in others)]
            self._touch("touchStart" if others and index == 0 else "touchMove", *fingers)
        self._touch("touchEnd")

    def cancel_stroke(self, points: Points) -> None:
        """Draws a stroke that the system cancels, as when a call comes in."""
        first, *rest = spread(on_screen(self._page, points))
        self._touch("touchStart", first)
        for place in rest:
            self._touch("touchMove", place)
        self._touch("touchCancel")

    def _touch(self, kind: str, *places: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places, 1)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def on_screen(page: Page, points: Points) -> list[tuple[float, float]]:
    part(page, "pad").evaluate("pad => pad.scrollIntoView({block: 'nearest'})")
    box = part(page, "pad").bounding_box()
    assert box
    return [(box["x"] + x * box["width"] / SHEET, box["y"] + y * box["height"] / SHEET) for x, y in points]


def spread(places: Sequence[tuple[float, float]], step: float = 20) -> Iterable[tuple[float, float]]:
    """The places, with points added between them so that the steps are at most `step` pixels."""
    yield places[0]
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / step))
        for number in range(1, steps + 1):
            yield x0 + (x1 - x0) * number / steps, y0 + (y1 - y0) * number / steps


def drawings_of(page: Page) -> list[dict]:
    """The visitor's drawings, the newest first."""
    return page.request.get("/api/v1/drawings/").json()["results"]


def until(page: Page, holds: Callable[[], object]) -> None:
    """Waits until this holds, while the page keeps running."""
    for _ in range(3000):
        if holds():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it never held")


def settle(page: Page) -> None:
    """Waits until the page has reacted to the last event and painted the result."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )
