"""Boxes in pictures: what is inside, and what of it is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.pictures.cropping import clipped, crop


@given(
    box=st.tuples(*[st.floats(-1e9, 1e9)] * 2, *[st.floats(0, 1e9, exclude_min=True)] * 2),
    size=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    stored=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_what_is_left_of_a_box_lies_in_the_picture_and_can_be_cropped(
    box: tuple[float, ...], size: tuple[int, int], stored: tuple[int, int]
) -> None:
    found = clipped(box, *size)
    if found is None:
        return
    x, y, w, h = found
    assert 0 <= x < x + w <= size[0]
    assert 0 <= y < y + h <= size[1]
    part, left, top = crop(np.zeros((*stored, 3), np.uint8), found, *size)
    assert min(part.shape[:2]) >= 1
    assert left + part.shape[1] <= stored[1]
    assert top + part.shape[0] <= stored[0]


def test_the_part_is_what_the_box_holds_in_the_smaller_picture() -> None:
    picture = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    part, left, top = crop(picture, (40, 10, 20, 30), 80, 60)
    assert (left, top) == (4, 1)
    assert np.array_equal(part, picture[1:4, 4:6])


@pytest.mark.parametrize("box", [(10, 0, 5, 9), (-5, 0, 5, 9), (0, -3.5, 9, 5), (2, 2, 1.5, 8)])
def test_less_than_four_pixels_are_nothing(box: tuple[float, ...]) -> None:
    assert clipped(box, 9, 9) is None
