"""Reads the text of pictures from their candidate glyphs: one forward pass, then a beam search per picture.

Importing it loads neither TensorFlow nor Keras.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.glyph import Glyph
from ml.isolation import Isolated
from ml.numbers import beam_search

if TYPE_CHECKING:
    from ml.network.reader import Reader

MOST_DIGITS = 64
"""The most digits of a text. Of a longer one, the first are read, and it is not sure."""

MOST_AUGMENTED = 200
"""The candidates of a picture with more aren't augmented, which would take up to four times as long as all else. A
number of 20 digits has some 160.
"""


@dataclass(frozen=True)
class ReadGlyph:
    """A glyph that was read as a digit.

    `confidence`: probability that the glyph is this digit. `probabilities`: float32 [10], of each digit, given that the
    glyph is a digit.
    """

    glyph: Glyph
    digit: int
    confidence: float
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """The reading of one picture. `confidence`: probability that the text is right; None if there is nothing to read.

    `sure`: whether the confidence reaches the reader's threshold; never if `several`, nor if the ink isn't certain.
    `glyphs`: one per digit of the text. `several`: whether the picture shows more digits than the one that was read.
    """

    text: str = ""
    confidence: float | None = None
    sure: bool = True
    glyphs: list[ReadGlyph] = field(default_factory=list)
    several: bool = False


def read(reader: "Reader", pictures: Sequence[Isolated]) -> list[Reading]:
    """One reading per picture, of what was isolated in it."""
    glyphs = [glyph for each in pictures for glyph in each.glyphs]
    if not glyphs:
        return [_counted(Reading(), each) for each in pictures]
    counts = np.array([len(each.glyphs) for each in pictures])
    seen = reader.read(np.stack([glyph.pixels for glyph in glyphs]), np.repeat(counts <= MOST_AUGMENTED, counts))
    readings, start = [], 0
    for each in pictures:
        part = slice(start, start + len(each.glyphs))
        found = _reading(each.glyphs, seen.probabilities[part], seen.digitness[part], reader.sure_threshold)
        readings.append(_counted(found, each))
        start += len(each.glyphs)
    return readings


def _counted(reading: Reading, isolated: Isolated) -> Reading:
    sure = reading.sure and not isolated.several and isolated.certain
    return replace(reading, sure=sure, several=isolated.several)


def _reading(
    candidates: list[Glyph], probabilities: NDArray[np.float32], digitness: NDArray[np.float32], sure_threshold: float
) -> Reading:
    best = beam_search.choose(candidates, probabilities, digitness)
    if not best.path:
        return Reading()
    glyphs = [
        ReadGlyph(
            candidates[index],
            int(digit),
            float(probabilities[index][int(digit)] * digitness[index]),
            probabilities[index],
        )
        for index, digit in zip(best.path[:MOST_DIGITS], best.text, strict=False)
    ]
    # Guesses may agree on a text that none of them is confident of.
    confidence = min(best.confidence, *(glyph.confidence for glyph in glyphs))
    is_whole = len(glyphs) == len(best.text)
    return Reading(best.text[:MOST_DIGITS], confidence, is_whole and confidence >= sure_threshold, glyphs)
