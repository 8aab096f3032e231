"""The ink as the report shows it."""

import numpy as np
import pytest

from ml.evaluation.steps import ink_view
from ml.pictures.strokes import fit_strokes
from tests.ml.drawing import draw, place, plain_strokes


@pytest.mark.parametrize("side", [300, 1500])
def test_the_ink_lies_where_the_picture_has_it(side: int) -> None:
    digit = place(draw(plain_strokes(4), side=side // 3), side // 2, side // 4, width=side + 1, height=side)
    ink = ink_view(digit, "digit", None)
    assert (ink.shape, ink.dtype) == (digit.shape[:2], np.uint8)
    dark = digit[..., 0] < 64
    assert ink[dark].mean() > 230
    assert ink[digit[..., 0] == 255].mean() < 1


def test_a_blank_picture_has_no_ink() -> None:
    assert not ink_view(np.full((40, 60, 3), 200, np.uint8), "digit", None).any()


def test_the_ink_of_strokes_is_redrawn_with_the_standard_pen() -> None:
    lines = plain_strokes(4)
    thick = draw(lines, pen=40)
    drawn = {
        "width": 300,
        "height": 300,
        "background": "#ffffff",
        "strokes": fit_strokes(lines, width=300, height=300, pen=40),
    }
    alone = ink_view(thick, "digit", None)
    redrawn = ink_view(thick, "digit", drawn)
    assert 0 < np.count_nonzero(redrawn) < 0.7 * np.count_nonzero(alone)
