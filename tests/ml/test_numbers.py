"""The candidates of a number, and choosing among them."""

import numpy as np
import pytest

from ml.glyphs import Glyph, isolate
from ml.pictures import Picture
from ml.segmentation import best_path
from tests.ml.drawing import draw, plain_strokes

PIXELS = np.zeros((28, 28), np.uint8)


def candidate(start: int, end: int, row: int = 0) -> Glyph:
    return Glyph((start, row, end - start, 1), PIXELS, row, start, end)


def certain(shares: list[float]) -> np.ndarray:
    rows = np.full((len(shares), 10), 0.0)
    rows[:, 3] = shares
    return rows


def side_by_side(*digits: int, gap: int = 0) -> Picture:
    """Digits on canvases of 100 pixels; a negative gap lets them touch."""
    width = 100 * len(digits) + gap * (len(digits) - 1)
    picture = np.full((100, width, 3), 255, np.uint8)
    for index, digit in enumerate(digits):
        x = index * (100 + gap)
        part = picture[:, x : x + 100]
        np.minimum(part, draw(plain_strokes(digit), side=100, pen=5), out=part)
    return picture


def spans(glyphs: list[Glyph]) -> set[tuple[int, int]]:
    return {(glyph.start, glyph.end) for glyph in glyphs}


def test_digits_apart_are_one_atom_each() -> None:
    glyphs = isolate(side_by_side(1, 7, 2), "number")
    assert {(0, 1), (1, 2), (2, 3)} <= spans(glyphs)


def test_touching_digits_are_cut() -> None:
    glyphs = isolate(side_by_side(2, 5, gap=-58), "number")
    assert max(glyph.end for glyph in glyphs) >= 2


def test_pieces_of_one_digit_may_be_joined() -> None:
    strokes = plain_strokes(4, "open_tall")
    apart = [strokes[0], [[x + 0.12, y] for x, y in strokes[1]]]
    glyphs = isolate(draw(apart, pen=4), "number")
    widest = max(glyph.box[2] for glyph in glyphs)
    assert any(glyph.box[2] == widest and glyph.start == 0 for glyph in glyphs)


def test_rows_run_from_top_to_bottom() -> None:
    picture = np.concatenate((side_by_side(1, 2), side_by_side(3, 4)))
    glyphs = isolate(picture, "number")
    assert {glyph.row for glyph in glyphs} == {0, 1}
    assert all((glyph.box[1] >= 100) == (glyph.row == 1) for glyph in glyphs)


def test_every_row_can_be_covered_end_to_end() -> None:
    glyphs = isolate(side_by_side(6, 8, 0, gap=-45), "number")
    last = max(glyph.end for glyph in glyphs)
    reached = {0}
    for glyph in sorted(glyphs, key=lambda glyph: glyph.start):
        if glyph.start in reached:
            reached.add(glyph.end)
    assert last in reached


def test_the_more_confident_segmentation_is_chosen() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2), candidate(0, 2)]
    assert best_path(glyphs, certain([0.99, 0.99, 0.6]), np.ones(3)) == [0, 1]
    assert best_path(glyphs, certain([0.6, 0.99, 0.99]), np.ones(3)) == [2]


def test_neither_merging_nor_splitting_is_favoured() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2), candidate(0, 2)]
    assert best_path(glyphs, certain([0.9, 0.9, 0.91]), np.ones(3)) == [2]
    assert best_path(glyphs, certain([0.9, 0.9, 0.89]), np.ones(3)) == [0, 1]


def test_what_is_no_digit_is_passed_over() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2)]
    assert best_path(glyphs, certain([0.9, 0.9]), np.array([0.99, 0.01])) == [0]


def test_rows_are_read_in_order() -> None:
    glyphs = [candidate(0, 1, row=1), candidate(0, 1, row=0), candidate(1, 2, row=0)]
    assert best_path(glyphs, certain([0.9] * 3), np.ones(3)) == [1, 2, 0]


def test_no_candidates_give_no_path() -> None:
    assert best_path([], np.zeros((0, 10)), np.zeros(0)) == []


@pytest.mark.parametrize("digit", range(10))
def test_digit_mode_never_splits(digit: int) -> None:
    glyphs = isolate(side_by_side(digit, digit), "digit")
    assert [(glyph.row, glyph.start, glyph.end) for glyph in glyphs] == [(0, 0, 1)]
