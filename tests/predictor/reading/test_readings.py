"""How stored pictures become glyphs, and how glyphs are shown."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from ml.pictures import decoding
from predictor.drawings.intake import Submission
from predictor.reading.candidates import StoredPicture, find_candidates
from tests.predictor.pictures import pixels, strokes


@given(arrays(np.uint8, (28, 28)))
def test_a_shown_glyph_has_the_pixels_that_the_network_saw(pixels: np.ndarray) -> None:
    assert np.array_equal(decoding.pixels_of_data_url(decoding.png_data_url(pixels)), pixels)


def test_boxes_are_in_the_picture_as_it_was_sent() -> None:
    stored = StoredPicture(image=decoding.keep(pixels("7", side=100)).data, width=100, height=100, mode="digit")
    [small] = find_candidates(stored)
    [large] = find_candidates(replace(stored, width=1000, height=500))
    x, y, width, height = small.box
    assert large.box == (10 * x, 5 * y, 10 * width, 5 * height)
    assert np.array_equal(large.pixels, small.pixels)


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
