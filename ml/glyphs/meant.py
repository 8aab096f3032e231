"""The ink that is meant in a photo, by the ink finder: of the one digit in the middle, or of all writing."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.glyphs.looks import Box, Find, Seen, bounds, closer, look
from ml.pictures.picture import Picture, Plane

CORE = 200
"""Ink above this level is the core of a stroke."""

CERTAIN = 0.76
"""Least mean share of handwriting in the ink of a sure reading. On 300 composed photos it takes away four of six wrong
sure readings, and an eighth of the right ones.
"""

NEAR = 0.04
"""Writing within this share of a look's side belongs to the digit."""

TALL, FULL = 0.5, 0.25
"""Other writing is another digit if it has at least these shares of the digit's longer side, and of its area."""


@dataclass(frozen=True)
class Guesses:
    """Guesses at the ink that is meant, the most plausible first. `several`: whether the picture shows other digits.
    `certain`: whether it is certain that this is handwriting.
    """

    inks: list[Ink]
    several: bool = False
    certain: bool = True


def digit_inks(picture: Picture, find: Find) -> Guesses:
    """Guesses at the ink of the digit that is meant.

    The guesses: what the finder takes for that digit; only the core of that; all writing that hangs together with
    it.
    """
    whole = look(picture, find)
    box = bounds(whole.digit)
    named = box is not None
    box = box or bounds(whole.writing)
    if box is None:
        return Guesses([])
    seen = closer(whole, picture, find, box)
    digit = seen.digit if named else seen.writing
    guesses = [digit, np.where(digit > CORE, digit, np.uint8(0)), _hanging_together(seen.writing, digit)]
    inks = [ink for ink in map(seen.ink, guesses) if ink]
    if not inks:
        # The closer look may lose what the first one saw.
        first = whole.ink(whole.digit if named else whole.writing)
        inks = [first] if first else []
    certain = named and min(_share(whole.digit), _share(seen.digit)) >= CERTAIN
    return Guesses(inks, named and _shows_others(whole, box), certain)


def _share(plane: Plane) -> float:
    """The mean share of handwriting where there is some, 0 to 1."""
    strong = plane[plane > DRAWN_STRONG]
    return float(strong.mean()) / 255 if len(strong) else 0.0


def number_inks(picture: Picture, find: Find, by_rules: Ink | None) -> list[Ink]:
    """Guesses at the ink of all writing but signs: what the finder takes for writing, and the part of `by_rules` that
    lies there.
    """
    whole = look(picture, find)
    box = bounds(whole.writing)
    if box is None:
        return []
    seen = closer(whole, picture, find, box)
    found = seen.ink(seen.writing)
    inks = [found] if found else []
    return [*inks, _within(by_rules, seen)] if by_rules else inks


def _within(ink: Ink, seen: Seen) -> Ink:
    """The ink that lies on what the finder takes for writing, or nearly."""
    reach = 2 * round(NEAR / 2 * max(seen.writing.shape)) + 1
    near = cv2.dilate(np.asarray(seen.writing > DRAWN_STRONG, dtype=np.uint8), np.ones((reach, reach), dtype=np.uint8))
    step = ink.factor / seen.scale
    corner = (ink.left * ink.factor - seen.left) / seen.scale, (ink.top * ink.factor - seen.top) / seen.scale
    matrix = np.array([[step, 0, corner[0]], [0, step, corner[1]]])
    height, width = ink.contrast.shape
    kept = cv2.warpAffine(near, matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return replace(ink, contrast=np.where(kept > 0, ink.contrast, np.uint8(0)))


def _hanging_together(writing: Plane, digit: Plane) -> Plane:
    """The components of the writing that touch the digit, or nearly."""
    reach = 2 * round(NEAR * max(writing.shape)) + 1
    near = cv2.dilate(np.asarray(digit > DRAWN_STRONG, dtype=np.uint8), np.ones((reach, reach), dtype=np.uint8))
    _, labels = cv2.connectedComponents(np.asarray(writing > DRAWN_WEAK, dtype=np.uint8), connectivity=8)
    kept: NDArray[Any] = np.unique(labels[near > 0])
    return np.where(np.isin(labels, kept[kept > 0]), writing, np.uint8(0))


def _shows_others(whole: Seen, box: Box) -> bool:
    """Whether other writing of a digit's size stands in the picture, uncut by its edges."""
    mask = np.asarray(whole.writing > DRAWN_STRONG, dtype=np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    own = np.bincount(labels[whole.digit > DRAWN_STRONG], minlength=count)
    height, width = mask.shape
    least_side, least_area = TALL * max(box[2:]), FULL * max(1, int(own[1:].max(initial=0)))
    for label in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[label])
        inside = x > 0 and y > 0 and x + w < width and y + h < height
        if inside and own[label] < 0.3 * area and max(w, h) >= least_side and area >= least_area:
            return True
    return False
