"""From candidate glyphs to text, for several pictures at once."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml.glyphs.glyph import Glyph
from ml.isolation import Isolated, isolate
from ml.network.reader import Reader
from ml.numbers.beam_search import choose
from ml.reading import Reading, read
from tests.ml.drawing import draw, plain_strokes, side_by_side


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.bundled()


class _Counting:
    """A reader that counts its forward passes."""

    def __init__(self, reader: Reader, sure_threshold: float | None = None) -> None:
        self.reader = reader
        self.sure_threshold = reader.sure_threshold if sure_threshold is None else sure_threshold
        self.passes = 0

    def read(self, pixels: np.ndarray, augment: np.ndarray) -> Any:
        self.passes += 1
        self.augmented = int(augment.sum())
        return self.reader.read(pixels, augment)


def number(*digits: int) -> Isolated:
    return isolate(side_by_side(*digits), "number")


def test_pictures_are_read_in_order_with_one_forward_pass(reader: Reader) -> None:
    counting = _Counting(reader)
    five = isolate(draw(plain_strokes(5)), "digit")
    readings = read(counting, [number(4, 0, 7), Isolated(), five, number(2, 8)])  # type: ignore[arg-type]
    assert [reading.text for reading in readings] == ["407", "", "5", "28"]
    assert counting.passes == 1


def test_only_pictures_of_few_candidates_are_augmented(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = number(4, 0), number(4, 0, 7, 2, 8)
    monkeypatch.setattr("ml.reading.MOST_AUGMENTED", len(few.glyphs))
    assert len(many.glyphs) > len(few.glyphs)
    counting = _Counting(reader)
    read(counting, [many, few, many])  # type: ignore[arg-type]
    assert counting.augmented == len(few.glyphs)


def test_a_picture_without_candidates_is_read_as_nothing(reader: Reader) -> None:
    assert read(reader, [Isolated(), Isolated()]) == [Reading("", None, True, [])] * 2
    assert read(reader, []) == []


def test_candidates_among_which_there_is_no_digit_are_read_as_nothing(reader: Reader) -> None:
    """Two marks that may both be passed over, on which the network sees no digit."""
    blank = np.zeros((28, 28), np.uint8)
    blank[::2, ::2] = 255
    marks = [Glyph((at, 0, 1, 1), blank, 0, at, at + 1, prior=-9.0, stray=9.0) for at in (0, 1)]
    assert read(reader, [Isolated(marks)]) == [Reading()]


def test_a_glyph_is_read_with_its_probabilities_and_the_confidence_in_its_digit(reader: Reader) -> None:
    candidates = number(4, 0, 7)
    [reading] = read(reader, [candidates])
    seen = reader.read(np.stack([glyph.pixels for glyph in candidates.glyphs]))
    best = choose(candidates.glyphs, seen.probabilities, seen.digitness)
    least = min(best.confidence, *(glyph.confidence for glyph in reading.glyphs))
    assert (reading.text, reading.confidence) == (best.text, least)
    assert [glyph.glyph for glyph in reading.glyphs] == [candidates.glyphs[index] for index in best.path]
    for glyph, index in zip(reading.glyphs, best.path, strict=True):
        assert np.array_equal(glyph.probabilities, seen.probabilities[index])
        assert glyph.confidence == seen.probabilities[index][glyph.digit] * seen.digitness[index]


def test_a_reading_is_sure_where_its_least_confidence_reaches_the_threshold(reader: Reader) -> None:
    candidates = number(4, 0, 7)
    [reading] = read(reader, [candidates])
    assert reading.confidence is not None
    least = min(reading.confidence, *(glyph.confidence for glyph in reading.glyphs))
    for threshold, is_sure in ((least, True), (np.nextafter(least, 2), False)):
        [again] = read(_Counting(reader, float(threshold)), [candidates])  # type: ignore[arg-type]
        assert again.sure is is_sure


def test_one_digit_of_several_is_never_sure(reader: Reader) -> None:
    alone = isolate(draw(plain_strokes(5)), "digit")
    [sure, one_of_several, nothing] = read(reader, [alone, replace(alone, several=True), Isolated(several=True)])
    assert (sure.text, sure.sure, sure.several) == ("5", True, False)
    assert (one_of_several.text, one_of_several.sure, one_of_several.several) == ("5", False, True)
    assert one_of_several.confidence == pytest.approx(sure.confidence)
    assert (nothing.sure, nothing.several) == (False, True)
    assert read(reader, [Isolated(several=True)]) == [nothing]


def test_importing_it_loads_neither_keras_nor_tensorflow() -> None:
    check = "import sys, ml.reading; assert not {'keras', 'tensorflow', 'jax'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
