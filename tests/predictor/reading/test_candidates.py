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


def test_a_box_reads_its_part_alone_and_the_glyph_lies_where_it_lies_in_the_whole() -> None:
    kept = decoding.keep(np.concatenate([np.full((100, 50, 3), 255, np.uint8), pixels("7", side=100)], axis=1))
    whole = StoredPicture(image=kept.data, width=1500, height=1000, mode="digit")
    [alone] = find_candidates(whole, None).glyphs
    [framed] = find_candidates(replace(whole, box=[500, 0, 1000, 1000]), None).glyphs
    assert framed.box == alone.box
    assert np.array_equal(framed.pixels, alone.pixels)
    assert find_candidates(replace(whole, box=[0, 0, 500, 1000]), None).glyphs == []
    assert find_candidates(replace(whole, box=[1496, 996, 4, 4]), None).glyphs == [], (
        "less than a pixel of the stored picture"
    )
