"""Plausibility of candidates by size and place alone."""

import numpy as np
import pytest

from ml.glyphs.components import Region
from ml.numbers.plausibility import digit_odds, measure, stray_odds
from ml.tools import fit_plausibility

HEIGHT = 40


def block(left: int, top: int, width: int, height: int) -> Region:
    return Region(np.full((height, width), 255, np.uint8), left, top)


LEFT, RIGHT = block(0, 0, 24, HEIGHT), block(60, 0, 24, HEIGHT)


@pytest.mark.parametrize(
    "mark",
    [block(40, 34, 6, 6), block(40, 30, 5, 16), block(34, 18, 20, 5)],
    ids=["dot", "comma", "dash"],
)
def test_a_mark_between_two_digits_is_rather_a_mark(mark: Region) -> None:
    geometry = measure([mark], LEFT, RIGHT, 0.0, HEIGHT)
    assert stray_odds(geometry) > 0 > digit_odds(geometry)


@pytest.mark.parametrize("digit", [block(32, 18, 20, 22), block(38, 0, 5, 40), block(28, 0, 26, 40)])
def test_a_small_zero_a_stick_and_a_whole_digit_are_rather_digits(digit: Region) -> None:
    geometry = measure([digit], LEFT, RIGHT, 0.0, HEIGHT)
    assert digit_odds(geometry) > stray_odds(geometry) < 0


def test_a_comma_that_hangs_below_is_likelier_a_mark_than_the_same_stroke_further_up() -> None:
    hanging, standing = (measure([block(40, top, 5, 18)], LEFT, RIGHT, 0.0, HEIGHT) for top in (34, 10))
    assert stray_odds(hanging) > stray_odds(standing)


def test_pieces_far_apart_and_cut_strokes_speak_against_one_digit() -> None:
    near, far = ([block(0, 0, 10, 40), block(10 + gap, 0, 10, 40)] for gap in (2, 14))
    assert digit_odds(measure(near, None, None, 0.0, HEIGHT)) > digit_odds(measure(far, None, None, 0.0, HEIGHT))
    whole, cut = (digit_odds(measure([LEFT], None, RIGHT, crossed, HEIGHT)) for crossed in (0.0, 1.0))
    assert whole > cut


def test_the_fit_finds_what_made_the_data() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack((np.ones(20_000), rng.normal(0, 1, 20_000)))
    truth = rng.random(20_000) < 1 / (1 + np.exp(-(x @ (-1.0, 2.0))))
    found = fit_plausibility.fit(x, truth)
    assert found == pytest.approx((-1.0, 2.0), abs=0.15)


def test_the_area_under_the_curve_is_the_chance_of_the_right_order() -> None:
    truth = np.array([False, False, True, True])
    assert fit_plausibility.roc_area(np.array([1.0, 2.0, 3.0, 4.0]), truth) == 1.0
    assert fit_plausibility.roc_area(np.array([1.0, 3.0, 2.0, 4.0]), truth) == 0.75
