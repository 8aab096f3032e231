"""A number's candidates, and the search among them."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.finder.finder import Finder
from ml.glyphs.components import Region, union
from ml.glyphs.glyph import Glyph
from ml.isolation import isolate
from ml.network.reader import Reader
from ml.numbers.beam_search import choose
from ml.numbers.cuts import cut
from ml.pictures.picture import WORKING_SIDE, Picture
from ml.sources.generator import FORMS
from tests.ml.drawing import by_hand, draw, plain_strokes, side_by_side

PIXELS = np.zeros((28, 28), np.uint8)
EVERY_FORM = [(digit, form) for digit in FORMS for form in FORMS[digit]]


def candidate(
    start: int, end: int, row: int = 0, *, prior: float = 0.0, stray: float | None = None, binarisation: int = 0
) -> Glyph:
    return Glyph((start, row, end - start, 1), PIXELS, row, start, end, prior, stray, binarisation)


def certain(shares: list[float]) -> np.ndarray:
    rows = np.full((len(shares), 10), 0.0)
    rows[:, 3] = shares
    return rows


def black(picture: Picture, *, rows: slice, columns: slice) -> Picture:
    changed = picture.copy()
    changed[rows, columns] = 0
    return changed


def best_path(glyphs: list[Glyph], probabilities: np.ndarray, digitness: np.ndarray) -> list[int]:
    return choose(glyphs, probabilities, digitness).path


@cache
def reader() -> Reader:
    return Reader.bundled()


@cache
def finder() -> Finder:
    return Finder.bundled()


def chosen(picture: Picture) -> list[tuple[int, Glyph]]:
    """The digits that the bundled network reads, with their glyphs."""
    glyphs = isolate(picture, "number", find=finder()).glyphs
    if not glyphs:
        return []
    readings = reader().read(np.stack([glyph.pixels for glyph in glyphs]))
    choice = choose(glyphs, readings.probabilities, readings.digitness)
    return [(int(digit), glyphs[index]) for digit, index in zip(choice.text, choice.path, strict=True)]


def text(picture: Picture) -> str:
    return "".join(str(digit) for digit, _ in chosen(picture))


@pytest.mark.parametrize(("pen", "seed"), [*((1, seed) for seed in (6, 39, 294)), *((34, seed) for seed in (0, 5, 21))])
def test_a_number_is_read_whatever_the_pen(pen: float, seed: int) -> None:
    written, picture = by_hand(seed, pen=pen)
    assert text(picture) == written


@pytest.mark.parametrize(("pen", "count"), [(1, 1), (6, 1), (16, 2)])
def test_the_boxes_of_every_binarisation_enclose_the_ink(pen: float, count: int) -> None:
    picture = side_by_side(4, 0, 7, pen=pen)
    rows, columns = np.nonzero(picture[..., 0] < 128)
    inked = np.array((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    glyphs = isolate(picture, "number").glyphs
    assert {glyph.binarisation for glyph in glyphs} == set(range(count))
    for binarisation in range(count):
        boxes = np.array([glyph.box for glyph in glyphs if glyph.binarisation == binarisation])
        held = np.concatenate((boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)))
        assert np.abs(held - inked).max() <= 2


@pytest.mark.parametrize("side", [230, 400])
def test_a_fine_pen_is_read_on_a_picture_that_is_downscaled(side: int) -> None:
    wide = np.hstack([draw(plain_strokes(digit), side=side, pen=1) for digit in (4, 0, 7, 2, 8)])
    assert wide.shape[1] > WORKING_SIDE
    assert text(wide) == "40728"


def test_digits_apart_are_read_from_left_to_right() -> None:
    assert text(side_by_side(1, 7, 2, 0)) == "1720"


def test_each_digit_has_its_box() -> None:
    boxes = [glyph.box for _, glyph in chosen(side_by_side(3, 6))]
    assert [x // 100 for x, _, _, _ in boxes] == [0, 1]
    assert all(50 <= height <= 70 for _, _, _, height in boxes)


@pytest.mark.parametrize("digits", [(2, 5), (0, 0), (7, 8), (4, 2), (6, 9)])
def test_touching_digits_are_split(digits: tuple[int, int]) -> None:
    apart = side_by_side(*digits)
    ink = np.flatnonzero((apart[:, :, 0] < 128).any(axis=0))
    paper = np.flatnonzero(np.diff(ink) > 1)[0]
    gap = int(ink[paper + 1] - ink[paper])
    assert text(side_by_side(*digits, gap=-gap)) == f"{digits[0]}{digits[1]}"


def test_the_bar_of_a_five_is_joined_to_it() -> None:
    five = plain_strokes(5, next(form for form in FORMS[5] if len(plain_strokes(5, form)) == 2))
    body, bar = sorted(five, key=lambda stroke: min(y for _, y in stroke), reverse=True)
    apart = [body, [[x + 0.06, y - 0.07] for x, y in bar]]
    assert text(draw(apart, side=200, pen=7)) == "5"


def test_rows_are_read_from_top_to_bottom() -> None:
    picture = np.concatenate((side_by_side(1, 2), side_by_side(3, 4)))
    found = chosen(picture)
    assert [digit for digit, _ in found] == [1, 2, 3, 4]
    assert all((glyph.box[1] >= 100) == (glyph.row == 1) for _, glyph in found)


def test_a_rising_line_is_one_row() -> None:
    line = np.full((300, 600, 3), 255, np.uint8)
    for index in range(6):
        top = 200 - 35 * index
        line[top : top + 100, 100 * index : 100 * (index + 1)] = side_by_side(index)
    assert {glyph.row for glyph in isolate(line, "number").glyphs} == {0}


@pytest.mark.parametrize(("digit", "form"), EVERY_FORM)
def test_a_single_digit_stays_one(digit: int, form: str) -> None:
    assert len(chosen(draw(plain_strokes(digit, form), pen=12))) == 1


@pytest.mark.parametrize("digit", [0, 7])
def test_a_wide_digit_is_not_cut(digit: int) -> None:
    wide = [[[1.7 * x, y] for x, y in stroke] for stroke in plain_strokes(digit)]
    assert text(draw(wide, pen=12)) == str(digit)


def test_a_digit_twice_as_wide_as_its_neighbour_is_high_is_not_cut() -> None:
    wide = draw([[[2.8 * x, y] for x, y in stroke] for stroke in plain_strokes(2)], side=200, pen=6)
    number = np.full((200, 300, 3), 255, np.uint8)
    number[50:150, :100] = side_by_side(3)
    number[:, 100:] = wide
    assert text(number) == "32"


def test_dots_and_dashes_are_skipped() -> None:
    number = side_by_side(1, 2, 3)
    dotted = black(number, rows=slice(74, 80), columns=slice(98, 104))
    assert text(black(dotted, rows=slice(48, 53), columns=slice(275, 298))) == "123"


def test_every_row_can_be_covered_end_to_end() -> None:
    glyphs = isolate(side_by_side(6, 8, 0, gap=-45), "number").glyphs
    last = max(glyph.end for glyph in glyphs)
    reached = {0}
    for glyph in sorted(glyphs, key=lambda glyph: glyph.start):
        if glyph.start in reached:
            reached.add(glyph.end)
    assert last in reached


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=3),
    st.integers(-60, 0),
    st.sampled_from([2, 5, 11]),
)
def test_the_segments_together_are_the_region(digits: list[int], gap: int, pen: int) -> None:
    plane = 255 - side_by_side(*digits, gap=gap, pen=pen)[..., 0]
    ink = plane[np.flatnonzero(plane.any(axis=1))][:, np.flatnonzero(plane.any(axis=0))]
    segments = cut(Region(ink, 7, 3), row_height=60)
    assert len(segments.crossed) == len(segments.regions) - 1
    together = union(segments.regions)
    assert (together.left, together.top) == (7, 3)
    assert np.array_equal(together.ink, ink)


def test_the_more_confident_segmentation_is_chosen() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2), candidate(0, 2)]
    assert best_path(glyphs, certain([0.99, 0.99, 0.6]), np.ones(3)) == [0, 1]
    assert best_path(glyphs, certain([0.6, 0.99, 0.99]), np.ones(3)) == [2]


def test_neither_merging_nor_splitting_is_favoured() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2), candidate(0, 2)]
    assert best_path(glyphs, certain([0.9, 0.9, 0.91]), np.ones(3)) == [2]
    assert best_path(glyphs, certain([0.9, 0.9, 0.89]), np.ones(3)) == [0, 1]


def test_geometry_decides_between_equally_probable_segmentations() -> None:
    parts = [candidate(0, 1, prior=-2.0), candidate(1, 2, prior=-2.0)]
    assert best_path([*parts, candidate(0, 2, prior=1.0)], certain([0.9] * 3), np.ones(3)) == [2]
    assert best_path([*parts, candidate(0, 2, prior=-3.0)], certain([0.9] * 3), np.ones(3)) == [0, 1]


def test_a_stray_mark_is_skipped() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2, stray=0.0)]
    assert best_path(glyphs, certain([0.9, 0.9]), np.array([0.99, 0.01])) == [0]


def test_a_segment_is_not_skipped() -> None:
    glyphs = [candidate(0, 1), candidate(1, 2), candidate(0, 2)]
    assert best_path(glyphs, certain([0.9, 0.9, 0.5]), np.array([0.99, 0.01, 0.9])) == [2]


def test_an_atom_without_candidates_does_not_end_the_text() -> None:
    assert best_path([candidate(0, 1), candidate(2, 3)], certain([0.9, 0.9]), np.ones(2)) == [0, 1]


def test_rows_are_chosen_in_order() -> None:
    glyphs = [candidate(0, 1, row=1), candidate(0, 1, row=0), candidate(1, 2, row=0)]
    assert best_path(glyphs, certain([0.9] * 3), np.ones(3)) == [1, 2, 0]


def test_no_candidates_give_no_path() -> None:
    assert best_path([], np.zeros((0, 10)), np.zeros(0)) == []


@pytest.mark.parametrize("digit", range(10))
def test_digit_mode_never_splits(digit: int) -> None:
    glyphs = isolate(side_by_side(digit, digit), "digit").glyphs
    assert [(glyph.row, glyph.start, glyph.end) for glyph in glyphs] == [(0, 0, 1)]


def shares(*rows: dict[int, float]) -> np.ndarray:
    return np.array([[row.get(digit, 0.0) for digit in range(10)] for row in rows])


def test_a_text_of_several_binarisations_outweighs_a_more_confident_one() -> None:
    glyphs = [candidate(0, 1, binarisation=number) for number in range(3)]
    choice = choose(glyphs, shares({4: 0.9, 3: 0.1}, {3: 0.8, 4: 0.2}, {3: 0.8, 4: 0.2}), np.ones(3))
    assert (choice.text, choice.path) == ("3", [1])


def test_an_uncertain_binarisation_counts_no_more_than_a_certain_one() -> None:
    doubtful = [candidate(0, 1), candidate(1, 2), candidate(0, 2)]
    glyphs = [*doubtful, candidate(0, 1, binarisation=1)]
    choice = choose(glyphs, shares({1: 1.0}, {1: 1.0}, {4: 1.0}, {7: 1.0}), np.full(4, 0.9))
    assert (choice.text, choice.path) == ("7", [3])
    assert choice.confidence == pytest.approx(0.5)


def test_segmentations_with_the_same_text_are_summed() -> None:
    parts, whole = [candidate(0, 1), candidate(1, 2)], candidate(0, 2)
    alone = choose([*parts, whole], shares({1: 1.0}, {1: 1.0}, {4: 1.0}), np.array([0.9, 0.9, 0.89]))
    more = [candidate(0, 1, row=0, prior=-0.2), candidate(1, 2, prior=-0.2)]
    together = choose([*parts, *more, whole], shares(*[{1: 1.0}] * 4, {4: 1.0}), np.array([0.9, 0.9, 0.9, 0.9, 0.89]))
    assert alone.text == together.text == "11"
    assert alone.confidence == pytest.approx(0.5, abs=0.02)
    assert together.confidence > 0.6


@given(st.floats(0.51, 0.99))
def test_an_uncertain_digit_makes_the_number_uncertain(share: float) -> None:
    choice = choose([candidate(0, 1), candidate(1, 2)], shares({7: 1.0}, {1: share, 7: 1 - share}), np.ones(2))
    assert choice.text == "71"
    assert choice.confidence <= max(share, 0.6)


def test_a_single_glyph_has_the_networks_confidence() -> None:
    choice = choose([candidate(0, 1)], shares({7: 0.8, 1: 0.2}), np.array([0.5]))
    assert (choice.text, choice.path) == ("7", [0])
    assert choice.confidence == pytest.approx(0.4)


def test_without_a_certain_binarisation_the_most_confident_wins() -> None:
    glyphs = [candidate(0, 1, binarisation=0), *(candidate(at, at + 1, binarisation=1) for at in range(2))]
    assert best_path(glyphs, certain([0.6, 0.7, 0.8]), np.ones(3)) == [1, 2]
    assert best_path(glyphs, certain([0.6, 0.3, 0.8]), np.ones(3)) == [0]
