"""Intercepts the page's requests, to delay, refuse or reorder their answers."""

from playwright.sync_api import Page, Route

from tests.e2e.support.hand import until

DRAWINGS = "**/api/v1/drawings/*/"
EVERYTHING = "**/api/v1/**"
LABELS = "**/api/v1/drawings/*/label/"
GLANCES = "**/api/v1/glances/"
DEAF_TO_ABORT = "const real = fetch; window.fetch = (url, options) => real(url, {...options, signal: undefined});"
FAILURE = "It takes too long to read. Draw it simpler, or send a smaller picture."
BRISK = "const clock = performance.now.bind(performance); performance.now = () => clock() / 20;"
"""Slows the page's clock, so that every answer seems fast even on a busy machine."""


def hold(page: Page, what: str) -> list[Route]:
    """Holds requests until the test answers them. Returns the growing list of held requests."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(what, keep)
    return held


def nth(held: list[Route], number: int, page: Page) -> Route:
    """Waits for the `number`-th held request, counted from 1."""
    until(page, lambda: len(held) >= number)
    return held[number - 1]


def fail(route: Route) -> None:
    """Says that the drawing could not be read."""
    answered = route.fetch()
    route.fulfill(json={**answered.json(), "status": "failed", "prediction": None, "failure": FAILURE})


def answer(text: str, route: Route) -> dict:
    """The API's answer for this request's drawing, read as `text`."""
    body = route.request.post_data_json
    glyph = {
        "box": [80, 60, 140, 180],
        "digit": int(text),
        "confidence": 0.9,
        "probabilities": [0.9 if digit == int(text) else 0.1 / 9 for digit in range(10)],
        "pixels": "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=",
    }
    prediction = {"text": text, "confidence": 0.9, "sure": True, "model": "1", "elapsed_ms": 1, "glyphs": [glyph]}
    named = {"id": route.request.url.rstrip("/").rsplit("/", 1)[-1], "revision": body["revision"], "mode": body["mode"]}
    size = {"width": 300, "height": 300, "image_url": ""}
    return {**named, **size, "status": "done", "label": None, "prediction": prediction}
