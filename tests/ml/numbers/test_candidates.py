"""The candidates of a number are bounded, in count and in time."""

import numpy as np
import pytest

from ml.isolation import isolate
from ml.network.reader import Reader
from ml.numbers import candidates
from ml.pictures.picture import Picture
from ml.reading import MOST_AUGMENTED, MOST_DIGITS, Reading, read
from tests.ml.drawing import side_by_side


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.bundled()


def _read(reader: Reader, picture: Picture) -> Reading:
    [reading] = read(reader, [isolate(picture, "number")])
    return reading


def test_of_too_many_candidates_the_first_are_read_and_that_is_not_sure(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = side_by_side(4, 2, 7)
    assert (_read(reader, number).text, _read(reader, number).sure) == ("427", True)
    monkeypatch.setattr(candidates, "MOST_CANDIDATES", 1)
    reading = _read(reader, number)
    assert (len(reading.text), reading.sure) == (1, False)


def test_what_takes_too_long_is_not_sure(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "SECONDS", -1.0)
    reading = _read(reader, side_by_side(4, 2, 7))
    assert (reading.text, reading.sure) == ("", False)


def test_an_incomplete_binarisation_does_not_shorten_the_complete_one(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thick pen has two."""
    number = side_by_side(4, 2, 7, pen=12)
    found = isolate(number, "number").glyphs
    first = sum(glyph.binarisation == 0 for glyph in found)
    assert first < len(found)
    monkeypatch.setattr(candidates, "MOST_CANDIDATES", first + 1)
    cut = isolate(number, "number")
    assert len(cut.glyphs) == first
    assert not cut.certain


@pytest.mark.parametrize("pen", [5, 12])
def test_a_number_of_twenty_digits_is_looked_at_as_a_whole_and_augmented(pen: float) -> None:
    isolated = isolate(side_by_side(*map(int, "78095365237553733822"), pen=pen), "number")
    assert isolated.certain
    assert len(isolated.glyphs) <= MOST_AUGMENTED


def test_a_long_zigzag_is_not_read_without_end(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one component that may be cut anywhere: thousands of candidates from a picture of 3 KB."""
    y, x = np.mgrid[:28, :900]
    line = np.abs(y - 5 - np.abs(x % 16 - 8) / 8 * 18) <= 1
    line &= (x > 8) & (x < 892)
    monkeypatch.setattr(candidates, "SECONDS", 60.0)  # for a slow machine
    isolated = isolate(np.repeat(np.where(line, 0, 255).astype(np.uint8)[..., None], 3, axis=2), "number")
    assert len(isolated.glyphs) == candidates.MOST_CANDIDATES
    [reading] = read(reader, [isolated])
    assert not reading.sure
    assert len(reading.text) == len(reading.glyphs) <= MOST_DIGITS
