"""Draws the generator's digits on the pad with the mouse."""

import numpy as np
from playwright.sync_api import Page

from ml.pictures.strokes import fit_strokes
from ml.sources import generator


def strokes_of(digit: int, seed: int = 4) -> list[list[list[float]]]:
    """A digit's strokes in the unit square with a margin, as points [x, y, …]."""
    raw = generator.digit_strokes(digit, np.random.default_rng([seed, digit]))
    fitted = fit_strokes(raw, width=100, height=100, pen=5, margin=0.18)
    return [[[x / 100, y / 100] for x, y, *_ in stroke["points"]] for stroke in fitted]


def draw_strokes(page: Page, digit: int, *, every: int = 3) -> None:
    """Draws a digit on the pad, stroke by stroke."""
    box = page.get_by_test_id("pad").bounding_box()
    assert box is not None
    for points in strokes_of(digit):
        kept = [*points[:-1:every], points[-1]]
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y, *_ in kept]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
