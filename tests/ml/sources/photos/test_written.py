"""What is written on a sheet: all of the text, in its place."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.sources.photos.handwriting import Canvas, Hands, line, printed_digit, write
from ml.sources.photos.printed import print_on
from ml.sources.photos.scene import KINDS
from ml.sources.photos.written import SIGNS, Leaf, write_text
from tests.ml.sources.photos.hands import Sticks, generated

SIDE = 300


def leaf(text: str, height: float = 60.0) -> Leaf:
    half = height * 0.425 * len(text)
    taken = (150 - half, 150 - height / 2, 150 + half, 150 + height / 2)
    paper, black = np.ones((SIDE, SIDE, 3), np.float32), np.zeros(3, np.float32)
    return Leaf(paper, Canvas(SIDE, SIDE), "rendered", black, taken, height, text=text)


def parts(plane: np.ndarray) -> int:
    return cv2.connectedComponents((plane > 127).astype(np.uint8))[0] - 1


@given(st.text("0123456789", min_size=1, max_size=5), st.integers(0, 1000))
def test_each_digit_of_a_text_is_there_and_one_is_meant(text: str, seed: int) -> None:
    written = leaf(text)
    write_text(written, Sticks(), "plain", np.random.default_rng(seed))
    assert parts(written.canvas.coverage("writing")) == len(text)
    assert parts(written.canvas.coverage("digit")) == 1
    assert written.several == (len(text) > 1)


def test_the_meant_digit_of_a_number_is_the_one_in_the_middle() -> None:
    written = leaf("12345")
    write_text(written, Sticks(), "row of boxes", np.random.default_rng(0))
    x, _, w, _ = cv2.boundingRect(written.canvas.coverage("digit"))
    assert x + w / 2 == pytest.approx(SIDE / 2, abs=8)


def test_signs_stand_between_digits_and_are_no_writing() -> None:
    signs = 0
    for seed in range(20):
        written = leaf("123")
        write_text(written, Sticks(), "plain", np.random.default_rng(seed))
        signs += parts(written.canvas.coverage("signs"))
        assert parts(written.canvas.coverage("writing")) == 3
        in_boxes = leaf("123")
        write_text(in_boxes, Sticks(), "row of boxes", np.random.default_rng(seed))
        assert not in_boxes.canvas.coverage("signs").any()
    assert signs > 5


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_printed_is_never_ink(kind: str) -> None:
    changed = 0
    for seed in range(6):
        blank = leaf("12")
        print_on(blank, kind, generated(), np.random.default_rng(seed))
        assert blank.canvas.planes == {}
        assert blank.paper.min() >= -1e-3
        changed += int((blank.paper < 0.98).any())
    always = {"ruled", "squares", "coarse squares", "form box", "table", "row of boxes", "circled", "underlined"}
    assert changed >= (5 if kind in always else 0)


# ── shapes on a canvas ──


@given(st.floats(40, 100), st.floats(40, 100), st.floats(10, 60), st.floats(2, 8), st.integers(0, 9))
def test_a_shape_is_written_in_the_box_that_is_returned(x: float, y: float, side: float, pen: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for shape in (line((0, 0), (0.3, 1), (1, 0.5)), printed_digit(seed, rng), generated().digit(seed, rng)):
        canvas = Canvas(150, 150)
        left, top, right, bottom = write(canvas, shape, ["writing"], (x, y), side, pen, rng)
        assert max(right - left, bottom - top) == pytest.approx(side, abs=pen + 2)
        found_x, found_y, wide, high = cv2.boundingRect((canvas.coverage("writing") > 60).astype(np.uint8))
        assert (found_x, found_y) >= (left - 2, top - 2)
        assert found_x + wide <= right + 2
        assert found_y + high <= bottom + 2


def test_a_plane_that_nothing_was_drawn_on_is_empty() -> None:
    canvas = Canvas(20, 30)
    assert canvas.coverage("digit").shape == (20, 30)
    assert not canvas.coverage("digit").any()


def test_each_sign_leaves_ink() -> None:
    for shape, size, _ in SIGNS.values():
        canvas = Canvas(100, 100)
        write(canvas, shape, ["signs"], (50, 50), 60 * size, 3, np.random.default_rng(0))
        assert canvas.coverage("signs").max() == 255


def test_digits_come_from_mnists_pictures_and_from_strokes() -> None:
    rng = np.random.default_rng(0)
    shapes = [generated().digit(3, rng) for _ in range(60)]
    from_pictures = sum(shape.coverage is not None for shape in shapes)
    assert 10 < from_pictures < 50
    assert all(max(shape.size) == 1 for shape in shapes)


def test_the_hands_are_of_the_digit_that_is_asked_for() -> None:
    images = np.zeros((10, 28, 28), np.uint8)
    for digit in range(10):
        images[digit, 4:24, 4 : 8 + digit] = 255
    hands, rng = Hands(images, np.arange(10)), np.random.default_rng(1)
    for digit in range(10):
        drawn = [shape for shape in (hands.digit(digit, rng) for _ in range(40)) if shape.coverage is not None]
        assert all(shape.size[0] == pytest.approx((4 + digit) / 20, abs=0.08) for shape in drawn)
        assert drawn
