"""Signs between the digits of a number: a point, comma, minus, colon or slash."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from ml.glyphs.components import Region, find_components
from ml.glyphs.ink import Ink
from ml.glyphs.lines import TALL, find_rows, row_height

WITHIN = 0.5
"""A low mark is a part of a digit if this share of its width lies above or below the digit, or within it."""

STRAIGHT = 0.02
"""A line is straight if its variance across is at most this share of that along it."""

LEANING, HIGH = 18.0, 0.95
"""A slash leans to the right by at least LEANING degrees, and is at least HIGH times as high as the digits."""


def has_signs(ink: Ink) -> bool:
    """Whether a mark that may be a sign stands between two digits of a line of writing.

    A 1 that leans like a slash counts as one.
    """
    return any(any(_slashes(row)) or _has_low_mark(row) for row in _rows(ink))


def without_slashes(ink: Ink) -> Ink:
    """The ink without the slashes between digits. What isn't higher than all digits may be a 1, and stays."""
    contrast = ink.contrast.copy()
    for row in _rows(ink):
        for region in _slashes(row):
            if all(region.height > other.height for other in row if other is not region):
                part = contrast[region.top : region.bottom, region.left : region.right]
                part[region.ink > 0] = 0
    return replace(ink, contrast=contrast)


def _rows(ink: Ink) -> list[list[Region]]:
    regions = find_components(ink)
    return find_rows(regions) if regions else []


def _slashes(row: Sequence[Region]) -> Iterator[Region]:
    """The regions that look like a slash, between the row's first digit and its last."""
    height = HIGH * row_height(row)
    return (region for region in _digits(row)[1:-1] if region.height >= height and _leans(region))


def _digits(row: Sequence[Region]) -> list[Region]:
    height = row_height(row)
    return [region for region in row if region.height >= TALL * height]


def _has_low_mark(row: Sequence[Region]) -> bool:
    """Whether a mark too low for a digit stands between digits, beside them."""
    digits = _digits(row)
    return any(
        digits[0].left < mark.left
        and mark.right < digits[-1].right
        and all(min(mark.right, each.right) - max(mark.left, each.left) < WITHIN * mark.width for each in digits)
        for mark in row
        if not any(mark is each for each in digits)
    )


def _leans(region: Region) -> bool:
    of = cv2.moments(region.ink)
    covariance = np.array([[of["mu20"], -of["mu11"]], [-of["mu11"], of["mu02"]]])  # y upwards
    (across, along), axes = np.linalg.eigh(covariance)
    x, y = axes[:, 1]
    lean = np.degrees(np.arctan2(x * np.sign(y), abs(y)))
    return bool(across <= STRAIGHT * along and lean >= LEANING)
