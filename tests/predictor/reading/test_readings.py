"""How glyphs are kept, and how pictures become them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.glyphs.glyph import Glyph
from ml.pictures import decoding
from predictor.drawings import intake
from predictor.drawings.intake import Submission
from predictor.reading import stored_glyphs
from tests.predictor.pictures import pixels, strokes

SIDES = st.integers(0, 5000)


GLYPHS = st.builds(
    Glyph,
    box=st.tuples(SIDES, SIDES, SIDES, SIDES),
    pixels=arrays(np.uint8, (28, 28)),
    row=st.integers(0, 9),
    start=st.integers(0, 99),
    end=st.integers(0, 99),
    prior=st.floats(-50, 50),
    stray=st.none() | st.floats(-50, 50),
    hypothesis=st.integers(0, 3),
)


@given(GLYPHS)
def test_a_packed_glyph_comes_back_as_it_was(glyph: Glyph) -> None:
    back = stored_glyphs.unpack(json.loads(json.dumps(stored_glyphs.pack(glyph, list(glyph.box)))))
    assert np.array_equal(back.pixels, glyph.pixels)
    assert replace(back, pixels=glyph.pixels) == glyph


@given(arrays(np.uint8, (28, 28)))
def test_a_shown_glyph_has_the_pixels_that_the_network_saw(pixels: np.ndarray) -> None:
    assert np.array_equal(stored_glyphs.pixels_of({"pixels": decoding.png_data_url(pixels)}), pixels)


def test_boxes_are_in_the_picture_as_it_was_sent() -> None:
    kept = decoding.keep(pixels("7", side=100))
    [small] = intake.isolate(kept, "digit")
    [large] = intake.isolate(replace(kept, width=1000, height=500), "digit")
    x, y, width, height = small["box"]
    assert large["box"] == [10 * x, 5 * y, 10 * width, 5 * height]
    assert large["pixels"] == small["pixels"]


@pytest.mark.parametrize(
    "other",
    [
        {"data": b"another"},
        {"mode": "number"},
        {"strokes": strokes("7")},
    ],
)
def test_a_revision_is_known_by_what_was_drawn(other: dict) -> None:
    one = {"data": b"picture", "mode": "digit", "source": "canvas"}
    assert Submission(**one).content_hash() != Submission(**{**one, **other}).content_hash()


def test_what_is_said_beside_a_drawing_does_not_make_another_one() -> None:
    one = Submission(data=b"picture", mode="digit", source="canvas", strokes={"a": 1, "b": 2})
    two = Submission(data=b"picture", mode="digit", source="upload", strokes={"b": 2, "a": 1}, consent=True)
    assert one.content_hash() == two.content_hash()
