"""Photographs are read by the bundled ink finder and reader, and drawings on a clean ground without the finder."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.grid import dashes
from ml.finder.finder import Finder
from ml.isolation import Isolated, isolate
from ml.network.reader import Reader
from ml.pictures.picture import Picture
from ml.pictures.strokes import render
from ml.reading import Reading, read
from ml.sources import paper
from ml.sources.mnist import Mnist
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.scene import KINDS, compose
from tests.ml.drawing import draw, place, plain_strokes, side_by_side

WHITE = "#fbfaf6"


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder.bundled()


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.bundled()


@pytest.fixture(scope="module")
def hands(mnist: Mnist) -> Hands:
    """Hands that the finder wasn't trained on."""
    rows = mnist.holdout_indices
    return Hands(mnist.train_images[rows], mnist.train_labels[rows])


class Counting:
    """A finder that counts its looks."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.looks = 0

    def __call__(self, picture: Picture, /) -> NDArray[np.float32]:
        self.looks += 1
        return self.finder(picture)


def grainy(picture: Picture, seed: int = 0) -> Picture:
    """The picture as a photo: uneven light and noise."""
    rng = np.random.default_rng(seed)
    return paper.crumpled(paper.shaded(picture, "slope", rng), 5, rng)


def reading_of(picture: Picture, reader: Reader, finder: Finder, mode: str = "digit") -> Reading:
    [reading] = read(reader, [isolate(picture, mode, find=finder)])  # type: ignore[arg-type]
    return reading


def boxed(picture: Picture, *boxes: tuple[int, int, int, int], pen: float = 3) -> Picture:
    """The picture with printed boxes on it: left, top, right and bottom."""
    lines = [[[x, y], [u, y], [u, v], [x, v], [x, y]] for x, y, u, v in boxes]
    strokes = [{"colour": "#333333", "width": pen, "points": points} for points in lines]
    height, width = picture.shape[:2]
    return np.minimum(picture, render(strokes, width=width, height=height))


def test_a_drawing_on_a_clean_ground_needs_no_finder(finder: Finder) -> None:
    counting = Counting(finder)
    for digit in range(10):
        for colours in ({}, {"ink": "#ffffff", "paper": "#000000"}):
            picture = draw(plain_strokes(digit), **colours)  # type: ignore[arg-type]
            with_finder, without = isolate(picture, "digit", find=counting), isolate(picture, "digit")
            assert [glyph.pixels.tolist() for glyph in with_finder.glyphs] == [
                glyph.pixels.tolist() for glyph in without.glyphs
            ]
    assert counting.looks == 0


@pytest.mark.parametrize(("pen", "drawn", "apart"), [(15, 0, 1.6), (8, 0, 1.8), (8, 2, 4)])
def test_a_digit_drawn_in_dots_or_dashes_needs_no_finder(
    pen: float, drawn: float, apart: float, finder: Finder
) -> None:
    counting, unit = Counting(finder), pen / 160
    for digit in range(10):
        paths = [np.array(stroke) for stroke in plain_strokes(digit)]
        dashed = [dash.tolist() for path in paths for dash in dashes(path, drawn * unit, apart * unit)]
        assert not isolate(draw(dashed, pen=pen, side=280), "digit", find=counting).several
    assert counting.looks == 0


def test_a_small_digit_in_a_large_photo_is_looked_at_twice(reader: Reader, finder: Finder) -> None:
    counting = Counting(finder)
    picture = grainy(place(draw(plain_strokes(3), side=120, pen=5, paper=WHITE), 700, 300, width=1200, height=900))
    found = isolate(picture, "digit", find=counting)
    [reading] = read(reader, [found])
    assert (reading.text, reading.sure, counting.looks) == ("3", True, 2)
    x, y, w, h = reading.glyphs[0].glyph.box
    assert 700 <= x <= x + w <= 820
    assert 300 <= y <= y + h <= 420
    assert 60 <= h <= 90, "the digit is 72 pixels high"


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_in_a_box_is_read(digit: int, reader: Reader, finder: Finder) -> None:
    picture = boxed(draw(plain_strokes(digit), margin=0.28, pen=7, paper=WHITE), (30, 24, 268, 276))
    for shown in (picture, grainy(picture, digit)):
        assert reading_of(shown, reader, finder).text == str(digit)


@pytest.mark.parametrize("ruling", paper.RULINGS)
def test_faint_pencil_on_ruled_paper_is_read_and_the_paper_alone_is_not(
    ruling: str, reader: Reader, finder: Finder
) -> None:
    sheet = grainy(paper.ruled(np.full((300, 300, 3), 245, np.uint8), ruling))
    written = draw(plain_strokes(8), pen=4, ink="#8a8a8a", paper="#f5f5f5")
    blank = reading_of(sheet, reader, finder)
    assert not (blank.text and blank.sure)
    assert reading_of(grainy(paper.ruled(written, ruling)), reader, finder).text == "8"


def test_a_photo_of_several_digits_says_so(reader: Reader, finder: Finder) -> None:
    row = grainy(place(side_by_side(4, 2, 7, pen=5), 60, 100, width=420, height=300))
    found = reading_of(row, reader, finder)
    assert (found.several, found.sure) == (True, False)
    assert reading_of(row, reader, finder, "number").text == "427"


SIGNS = {
    "slash": [[(35, 10), (5, 90)]],
    "point": [[(20, 76), (21, 77)]],
    "comma": [[(22, 70), (16, 88)]],
    "minus": [[(4, 50), (36, 50)]],
    "colon": [[(20, 36), (21, 37)], [(20, 66), (21, 67)]],
    "equals": [[(4, 43), (36, 43)], [(4, 57), (36, 57)]],
}
"""The lines of each sign, in a box 40 wide and 100 high."""


def signed(sign: str | None) -> Picture:
    """24 and 36, with a sign between them."""
    number = side_by_side(2, 4, 3, 6, pen=6)
    spread = np.full((100, 430, 3), 255, np.uint8)
    spread[:, :200], spread[:, 230:] = number[:, :200], number[:, 200:]
    lines = [[[195 + x, y] for x, y in line] for line in SIGNS[sign]] if sign else []
    strokes = [{"colour": "#000000", "width": 6, "points": points} for points in lines]
    return place(np.minimum(spread, render(strokes, width=430, height=100)), 40, 40, width=510, height=180)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_number_with_a_sign_between_its_digits_is_never_sure(sign: str, reader: Reader, finder: Finder) -> None:
    without = reading_of(signed(None), reader, finder, "number")
    assert (without.text, without.sure) == ("2436", True)
    for shown in (signed(sign), grainy(signed(sign))):
        found = reading_of(shown, reader, finder, "number")
        assert (found.text, found.sure) == ("2436", False)


@pytest.mark.parametrize("mark", ["ring", "tick", "digits"])
def test_what_stands_round_or_beside_the_digit_is_left_out(mark: str, reader: Reader, finder: Finder) -> None:
    angles = np.linspace(0, 2 * np.pi, 60)
    marks = {
        "ring": [[150 + 120 * np.cos(angle), 150 + 120 * np.sin(angle)] for angle in angles],
        "tick": [[225, 200], [240, 230], [285, 160]],
        "digits": [[30, 100], [30, 200]],
    }
    strokes = [{"colour": "#000000", "width": 6, "points": marks[mark]}]
    picture = np.minimum(draw(plain_strokes(4), margin=0.32, pen=6), render(strokes, width=300, height=300))
    for shown in (picture, grainy(picture)):
        assert reading_of(shown, reader, finder).text == "4"


def test_a_note_on_a_desk_of_one_colour_is_no_digit(reader: Reader, finder: Finder) -> None:
    desk = place(draw(plain_strokes(1), side=120, pen=6, paper="#fff176"), 90, 80, width=300, height=280)
    desk[(desk == desk[0, 0]).all(axis=2)] = (60, 70, 90)
    desk[80:200, 90:210][(desk[80:200, 90:210] == (60, 70, 90)).all(axis=2)] = (255, 241, 118)
    assert reading_of(desk, reader, finder).text == "1"


def test_ink_too_faint_to_read_is_not_surely_nothing(reader: Reader) -> None:
    picture = grainy(draw(plain_strokes(4)))

    def found(share: float) -> Reading:
        def find(picture: Picture, /) -> NDArray[np.float32]:
            shares = np.zeros(picture.shape, np.float32)
            shares[50:80, 60:64] = share
            return shares

        return reading_of(picture, reader, find)  # type: ignore[arg-type]

    assert (found(0).text, found(0).sure) == ("", True)
    assert (found(0.4).text, found(0.4).sure) == ("", False)


def test_a_neighbour_that_an_edge_cuts_is_left_out(reader: Reader, finder: Finder) -> None:
    wide = place(side_by_side(5, 8, gap=20, pen=5), 80, 60, width=380, height=220)
    found = reading_of(grainy(wide[:, :225]), reader, finder)
    assert (found.text, found.several) == ("5", False)


def test_a_number_in_a_row_of_boxes_is_read_without_its_dividers(reader: Reader, finder: Finder) -> None:
    row = place(side_by_side(4, 0, 7, 1, pen=8), 30, 40, width=460, height=180)
    row[row == 255] = 251
    cells = boxed(row, *((32 + 100 * cell, 34, 132 + 100 * cell, 146) for cell in range(4)), pen=1.5)
    assert reading_of(grainy(cells), reader, finder, "number").text == "4071"


def test_grounds_with_nothing_on_them_are_hardly_ever_surely_read(hands: Hands, reader: Reader, finder: Finder) -> None:
    """At most one in a hundred; a printed O is one."""
    photos = [
        compose(hands, np.random.default_rng([90, seed]), kind=kind, text="") for kind in KINDS for seed in range(4)
    ]
    empty = [photo for photo in photos if not photo.writing.any()]
    found = [reading_of(photo.picture, reader, finder) for photo in empty]
    assert len(empty) > 50
    assert sum(bool(each.text) and each.sure for each in found) <= 1


@pytest.mark.parametrize("side", [12, 40])
@pytest.mark.parametrize("corner", [(0, 0), (-1, -1)])
def test_a_dot_in_the_corner_of_a_small_picture_is_nothing(side: int, corner: tuple[int, int]) -> None:
    """The part to look at closer may be less than a pixel."""

    def one_dot(picture: Picture, /) -> NDArray[np.float32]:
        shares = np.zeros(picture.shape, np.float32)
        shares[corner] = 1
        return shares

    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    assert isolate(noise, "digit", find=one_dot).glyphs == []
    assert isolate(noise, "number", find=one_dot).glyphs == []


def test_isolating_without_a_finder_reads_clean_grounds_alone() -> None:
    assert isolate(draw(plain_strokes(5)), "digit").glyphs
    assert isolate(np.full((50, 50, 3), 255, np.uint8), "digit") == Isolated()
