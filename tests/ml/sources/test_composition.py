"""Numbers composed digit by digit, and what the over-segmentation makes of them."""

import numpy as np
import pytest

from ml.glyphs.components import find_components
from ml.glyphs.ink import find_ink
from ml.network.classes import NOT_A_DIGIT
from ml.network.reader import Reader
from ml.numbers.lattice import candidates
from ml.sources.composition import Number, compose
from ml.sources.mnist import Mnist
from ml.sources.scans import scanned
from ml.tools import fit_plausibility
from ml.training.missegmented import judge, labelled_pieces, labelled_pieces_in_print


@pytest.fixture(scope="module")
def numbers(mnist: Mnist) -> list[Number]:
    rows = mnist.fit_indices[:500]
    images, labels = mnist.train_images[rows], mnist.train_labels[rows]
    return [compose(np.random.default_rng([5, index]), images, labels) for index in range(40)]


def test_every_digits_own_ink_is_known_and_there_is_no_other(numbers: list[Number]) -> None:
    for number in numbers:
        assert len(number.digits) == len(number.text)
        assert all((digit > 127).any() for digit in number.digits)
        assert np.array_equal(number.ink, np.maximum.reduce([*number.digits, number.marks]))


def test_some_numbers_have_marks_and_some_small_zeros(numbers: list[Number]) -> None:
    marked = [number for number in numbers if number.marks.any()]
    assert 0 < len(marked) < len(numbers)
    tall = [
        {
            text: np.ptp(np.flatnonzero(digit.any(axis=1)))
            for text, digit in zip(number.text, number.digits, strict=True)
        }
        for number in numbers
    ]
    zeros = [heights["0"] / max(heights.values()) for heights in tall if "0" in heights]
    assert min(zeros) < 0.65 < max(zeros)


def test_a_whole_digit_is_told_from_a_mark_and_from_two(numbers: list[Number]) -> None:
    seen = set()
    for number in numbers:
        ink = find_ink(np.repeat(255 - number.ink[..., None], 3, axis=2))
        assert ink is not None
        for candidate in candidates(find_components(ink)):
            target = judge(candidate, number, ink.left, ink.top)
            marked = fit_plausibility.is_mark(candidate, number, ink.left, ink.top)
            assert not (marked and target not in {None, NOT_A_DIGIT})
            seen |= {"mark"} if marked else {"digit"} if target not in {None, NOT_A_DIGIT} else {"other"}
    assert seen == {"mark", "digit", "other"}


def test_the_same_seed_gives_the_same_pieces(numbers: list[Number]) -> None:
    one, other = (labelled_pieces(numbers[0], np.random.default_rng(3)) for _ in range(2))
    assert [target for _, target in one] == [target for _, target in other]
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(one, other, strict=True))


def test_a_scan_is_small_and_dark_where_its_digits_are(numbers: list[Number]) -> None:
    for index, number in enumerate(numbers):
        scan = scanned(number, np.random.default_rng([6, index]))
        assert scan.picture.shape == (*scan.number.marks.shape, 3)
        inked = scan.number.ink > 200
        assert scan.picture[inked].mean() < scan.picture[~inked].mean() - 15
        heights = [np.ptp(np.flatnonzero((digit > 60).any(axis=1))) for digit in scan.number.digits]
        assert max(heights) < 2 * 46


def test_a_scans_digits_are_labelled_as_what_was_written(numbers: list[Number]) -> None:
    """And most of them are digits that the reader knows, however the paper is printed."""
    cut = [
        (number, labelled_pieces_in_print(number, np.random.default_rng([6, i]))) for i, number in enumerate(numbers)
    ]
    digits = [(number, pixels, target) for number, pieces in cut for pixels, target in pieces if target != NOT_A_DIGIT]
    assert all(str(target) in number.text for number, _, target in digits)
    assert len(digits) > 1.5 * len(numbers)
    assert sum(target == NOT_A_DIGIT for _, pieces in cut for _, target in pieces) > len(digits)
    read = Reader.bundled().read(np.stack([pixels for _, pixels, _ in digits])).digits
    assert np.mean(read == [target for _, _, target in digits]) > 0.9
