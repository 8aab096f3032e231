"""Glyphs of composed photos, labelled by what is truly written there."""

from dataclasses import replace

import numpy as np
import pytest

from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.network.classes import NOT_A_DIGIT
from ml.pictures.picture import Plane
from ml.sources.photos.scene import Photo
from ml.training.photographed import labelled_candidates, labelled_guesses
from tests.ml.sources.photos.test_scene import composed

KINDS = ("plain", "ruled", "form box", "shadow")


def ink_of(plane: Plane) -> Ink:
    height, width = plane.shape
    return Ink(plane, DRAWN_STRONG, DRAWN_WEAK, 0.0, 0, 0, height, width, 1.0)


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    return [
        composed(kind, str(digit), 10 * index + digit) for index, kind in enumerate(KINDS) for digit in (0, 3, 5, 8)
    ]


def test_the_true_ink_is_the_digit(photos: list[Photo]) -> None:
    for photo in photos:
        assert [label for _, label in labelled_guesses(photo, [ink_of(photo.digit)])] == [int(photo.text)]


def test_the_digit_with_a_box_round_it_is_none(photos: list[Photo]) -> None:
    for photo in photos:
        boxed = photo.digit.copy()
        side = max(boxed.shape) // 20
        boxed[:side], boxed[-side:], boxed[:, :side], boxed[:, -side:] = 255, 255, 255, 255
        assert [label for _, label in labelled_guesses(photo, [ink_of(boxed)])] == [NOT_A_DIGIT]


def test_ink_on_a_photo_without_a_digit_is_none(photos: list[Photo]) -> None:
    empty = replace(photos[0], text="", meant="", digit=np.zeros_like(photos[0].digit))
    assert [label for _, label in labelled_guesses(empty, [ink_of(photos[0].digit)])] == [NOT_A_DIGIT]


def test_guesses_that_look_alike_count_once(photos: list[Photo]) -> None:
    ink = ink_of(photos[0].digit)
    assert len(labelled_guesses(photos[0], [ink, ink, ink_of(photos[0].digit // 2 * 2)])) == 1


def test_candidates_of_a_number_are_labelled_by_the_digit_in_the_middle() -> None:
    labelled = 0
    for seed in range(8):
        photo = composed("plain", "370", seed)
        assert photo.meant in "370"
        pieces = labelled_candidates(photo, [ink_of(photo.writing)], np.random.default_rng(seed))
        digits = [label for _, label in pieces if label != NOT_A_DIGIT]
        assert set(digits) <= {int(photo.meant)}
        labelled += bool(digits)
    assert labelled >= 6
