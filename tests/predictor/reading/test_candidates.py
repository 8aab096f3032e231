"""How stored pictures become glyphs, and how glyphs are shown."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import arrays

from ml.pictures import decoding
from predictor.reading.stored_pictures import StoredPicture, find_candidates
from tests.predictor.pictures import pixels


@given(arrays(np.uint8, (28, 28)))
def test_a_shown_glyph_has_the_pixels_that_the_network_saw(pixels: np.ndarray) -> None:
    assert np.array_equal(decoding.pixels_of_data_url(decoding.png_data_url(pixels)), pixels)


def test_boxes_are_in_the_picture_as_it_was_sent() -> None:
    stored = StoredPicture(image=decoding.keep(pixels("7", side=100)).data, width=100, height=100, mode="digit")
    [small] = find_candidates(stored, None).glyphs
    [large] = find_candidates(replace(stored, width=1000, height=500), None).glyphs
    x, y, width, height = small.box
    assert large.box == (10 * x, 5 * y, 10 * width, 5 * height)
    assert np.array_equal(large.pixels, small.pixels)
