"""Numbers on printed lines, and with a line under them."""

import numpy as np
import pytest

from ml.glyphs.ink import find_ink
from ml.isolation import isolate
from ml.numbers.ruled_lines import remove_ruled_lines
from tests.ml.drawing import printed, side_by_side
from tests.ml.numbers.test_numbers import black, text


def test_a_line_under_the_number_is_removed() -> None:
    number = side_by_side(4, 2, 7)
    assert text(black(number, rows=slice(78, 81), columns=slice(0, 300))) == "427"


def test_the_fragments_of_a_faint_line_are_no_part_of_a_digit() -> None:
    number = side_by_side(4, 2, 7)
    for left in (4, 60, 118, 170, 232):
        number = black(number, rows=slice(86, 88), columns=slice(left, left + 34))
    assert text(number) == "427"


@pytest.mark.parametrize(
    ("digits", "line", "rise"), [((4, 2, 9, 5), 140, 0.1), ((8, 8, 5, 4), 160, 0.1), ((9, 2, 4, 5), 140, 0)]
)
def test_dark_printed_lines_are_distinguished_from_the_pen(digits: tuple[int, ...], line: int, rise: float) -> None:
    number = side_by_side(*digits, gap=-30)
    assert text(printed(number, period=7, line=line, rise=rise)) == "".join(map(str, digits))


@pytest.mark.parametrize("digits", [(7, 4, 7, 7), (9, 7, 3, 0)])
def test_a_sevens_bar_is_no_printed_line(digits: tuple[int, ...]) -> None:
    number = side_by_side(*digits, gap=-30)
    assert text(printed(number, period=11, line=160, rise=0.4)) == "".join(map(str, digits))


def test_a_picture_of_lines_only_does_not_crash() -> None:
    line = black(np.full((100, 300, 3), 255, np.uint8), rows=slice(50, 54), columns=slice(20, 280))
    assert len(isolate(line, "number").glyphs) <= 1
    ruled = black(line, rows=slice(20, 24), columns=slice(20, 280))
    assert isolate(ruled, "number").glyphs == []


def test_the_feet_of_twos_are_not_removed_as_a_line() -> None:
    ink = find_ink(side_by_side(2, 2, 2))
    assert ink is not None
    assert remove_ruled_lines(ink) is ink
