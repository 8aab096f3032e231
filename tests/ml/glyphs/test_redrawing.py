"""Strokes sent with a picture are redrawn if they match it, and ignored otherwise."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.glyphs import redrawing
from ml.glyphs.glyph import Glyph
from ml.isolation import Mode, isolate
from ml.network.reader import Reader
from ml.numbers.beam_search import choose
from ml.pictures.picture import Picture
from ml.pictures.strokes import fit_strokes, render
from tests.ml.drawing import plain_strokes

SIDE = 300
DIGITS = st.integers(0, 9)
PENS = st.floats(1, 40)


def sheet(*digits: int, pen: float = 12, step: float = 0.8) -> dict[str, Any]:
    """Digits side by side, `step` heights apart, in the form that the page sends; of the same size for every pen."""
    beside = [
        [[x + step * index, y] for x, y in stroke]
        for index, digit in enumerate(digits)
        for stroke in plain_strokes(digit)
    ]
    width = SIDE * len(digits)
    strokes = fit_strokes(beside, width=width, height=SIDE, pen=40)
    drawn = [{**stroke, "width": pen} for stroke in strokes]
    return {"width": width, "height": SIDE, "background": "#ffffff", "strokes": drawn}


def picture(drawn: Mapping[str, Any], scale: int = 1) -> Picture:
    strokes = [
        {**stroke, "width": scale * stroke["width"], "points": scale * np.array(stroke["points"])}
        for stroke in drawn["strokes"]
    ]
    width, height = scale * drawn["width"], scale * drawn["height"]
    return render(strokes, width=width, height=height, background=drawn["background"])


def one(drawn: Mapping[str, Any], shown: Picture | None = None) -> Glyph:
    [glyph] = isolate(picture(drawn) if shown is None else shown, "digit", drawn).glyphs
    return glyph


def difference(one: Glyph, other: Glyph) -> float:
    return float(np.abs(one.pixels.astype(int) - other.pixels).mean())


def is_the_pictures(found: list[Glyph], shown: Picture, mode: Mode = "digit") -> bool:
    """Whether the glyphs are those that the picture gives without strokes."""
    alone = isolate(shown, mode).glyphs
    return len(found) == len(alone) and all(
        np.array_equal(a.pixels, b.pixels) and a.box == b.box for a, b in zip(found, alone, strict=True)
    )


@cache
def reader() -> Reader:
    return Reader.bundled()


def text(shown: Picture, drawn: Mapping[str, Any] | None) -> str:
    glyphs = isolate(shown, "number", drawn).glyphs
    readings = reader().read(np.stack([glyph.pixels for glyph in glyphs]))
    return choose(glyphs, readings.probabilities, readings.digitness).text


@settings(max_examples=40, deadline=None)
@given(DIGITS, PENS, PENS)
def test_every_pen_gives_the_same_glyph(digit: int, pen: float, other: float) -> None:
    assert difference(one(sheet(digit, pen=pen)), one(sheet(digit, pen=other))) < 0.01


@pytest.mark.parametrize("pen", [1, 2, 40])
def test_a_number_is_read_with_every_pen(pen: float) -> None:
    drawn = sheet(4, 0, 7, 2, 9, pen=pen)
    assert text(picture(drawn), drawn) == "40729"


def test_digits_joined_by_a_thick_pen_are_separated() -> None:
    drawn = sheet(8, 6, 0, 3, pen=75, step=0.72)
    assert text(picture(drawn), None) != "8603"
    assert text(picture(drawn), drawn) == "8603"


@settings(max_examples=30, deadline=None)
@given(DIGITS, st.floats(4, 30))
def test_the_box_is_that_of_the_visible_ink(digit: int, pen: float) -> None:
    drawn = sheet(digit, pen=pen)
    [alone] = isolate(picture(drawn), "digit").glyphs
    assert np.abs(np.subtract(one(drawn).box, alone.box)).max() <= 3


def test_strokes_of_another_scale_than_the_picture_are_used() -> None:
    drawn = sheet(5, pen=40)
    assert difference(one(drawn, picture(drawn, scale=3)), one(drawn)) < 2
    assert difference(one(drawn, picture(drawn, scale=3)), isolate(picture(drawn), "digit").glyphs[0]) > 5


@pytest.mark.parametrize(("colours", "background"), [(["#ffffff"], "#000000"), (["red", "#0f0"], "rgb(90, 90, 90)")])
def test_strokes_of_any_colour_are_used_on_any_background(colours: list[str], background: str) -> None:
    plain = sheet(4, pen=30)
    strokes = [{**stroke, "colour": colours[index % len(colours)]} for index, stroke in enumerate(plain["strokes"])]
    assert difference(one({**plain, "strokes": strokes, "background": background}), one(plain)) == 0


@pytest.mark.parametrize("colour", ["#ffffff", "#f4f4f4", "nonsense", "rgb(300, 999, 99999999999999999999)"])
def test_invisible_strokes_are_ignored(colour: str) -> None:
    drawn, shown = sheet(4), picture(sheet(4))
    pale = {**drawn, "strokes": [{**stroke, "colour": colour} for stroke in drawn["strokes"]]}
    assert is_the_pictures(isolate(shown, "digit", pale).glyphs, shown)


@pytest.mark.parametrize("mode", ["digit", "number"])
def test_strokes_of_another_drawing_are_ignored(mode: Mode) -> None:
    shown = picture(sheet(7))
    assert is_the_pictures(isolate(shown, mode, sheet(1)).glyphs, shown, mode)


def test_incomplete_strokes_are_ignored() -> None:
    drawn, shown = sheet(4), picture(sheet(4))
    assert len(drawn["strokes"]) > 1
    assert is_the_pictures(isolate(shown, "digit", {**drawn, "strokes": drawn["strokes"][:1]}).glyphs, shown)


def test_strokes_that_the_picture_lacks_are_ignored() -> None:
    drawn = sheet(3)
    bar = {"colour": "#000000", "width": 12, "points": [[40, 40], [260, 40]]}
    assert is_the_pictures(
        isolate(picture(drawn), "digit", {**drawn, "strokes": [*drawn["strokes"], bar]}).glyphs, picture(drawn)
    )


@pytest.mark.parametrize("mode", ["digit", "number"])
def test_a_blot_is_not_redrawn(mode: Mode) -> None:
    blot = {"colour": "#000000", "width": 60, "points": [[140, 150], [160, 150]]}
    drawn = {"width": SIDE, "height": SIDE, "background": "#ffffff", "strokes": [blot]}
    assert is_the_pictures(isolate(picture(drawn), mode, drawn).glyphs, picture(drawn), mode)


def test_a_line_widened_by_pressure_is_used() -> None:
    drawn = sheet(9, pen=16)
    pressed = {**drawn, "strokes": [{**stroke, "width": 24} for stroke in drawn["strokes"]]}
    assert difference(one(drawn, picture(pressed)), one(drawn)) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.lists(
        st.tuples(
            st.floats(-1e9, 1e9),
            st.lists(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=4), max_size=6),
        ),
        max_size=4,
    ),
)
def test_any_strokes_leave_the_picture_readable(
    width: float, height: float, strokes: list[tuple[float, list[list[float]]]]
) -> None:
    shown = picture(sheet(8))
    given_strokes = [{"colour": "nonsense", "width": pen, "points": points} for pen, points in strokes]
    drawn = {"width": width, "height": height, "background": "nonsense", "strokes": given_strokes}
    assert is_the_pictures(isolate(shown, "digit", drawn).glyphs, shown)


@pytest.mark.parametrize("background", ["rgb(300, 0, 0)", "rgb(0, 0, 99999999999999999999)", "#0000", "hsl(0,0%,0%)"])
def test_any_background_leaves_the_picture_readable(background: str) -> None:
    shown = picture(sheet(8))
    assert is_the_pictures(isolate(shown, "digit", {**sheet(8), "background": background}).glyphs, shown)


@pytest.mark.parametrize("width", [0.0, -1e9])
def test_strokes_without_width_have_a_box_inside_the_picture(width: float) -> None:
    drawn = sheet(8, pen=1)
    bare = {**drawn, "strokes": [{**stroke, "width": width} for stroke in drawn["strokes"]]}
    x, y, across, down = one(bare, picture(drawn)).box
    assert 0 <= x < x + across <= SIDE
    assert 0 <= y < y + down <= SIDE


def test_an_endless_scribble_is_ignored() -> None:
    points = [[100.0 if index % 2 else 140.0, 50 + index % 200] for index in range(3_000)]
    endless = {"colour": "#000000", "width": 12, "points": points}
    drawn = {"width": SIDE, "height": SIDE, "background": "#ffffff", "strokes": [endless]}
    assert is_the_pictures(isolate(picture(drawn), "digit", drawn).glyphs, picture(drawn))


def test_strokes_that_would_take_long_to_paint_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = sheet(7, pen=40)
    shown = picture(drawn)
    assert not is_the_pictures([one(drawn, shown)], shown)
    monkeypatch.setattr(redrawing, "PAINTED", 1000)
    assert is_the_pictures([one(drawn, shown)], shown)


def test_very_many_dots_of_a_very_wide_pen_take_no_time() -> None:
    """They would be painted for minutes, one over the other."""
    dots = [{"colour": "#000000", "width": 1e9, "points": [[150.0, 150.0]] * 40}] * 1000
    line = {"colour": "#000000", "width": 5, "points": [[100.0, 50.0], [100.0, 250.0]]}
    drawn = {"width": SIDE, "height": SIDE, "background": "#ffffff", "strokes": [line] * 1001 + dots}
    shown = picture({**drawn, "strokes": [line]})
    assert is_the_pictures([one(drawn, shown)], shown)
