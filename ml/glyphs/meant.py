"""The ink that is meant in a photo, by the ink finder: of the one digit in the middle, or of all writing."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ml.glyphs.components import MOST
from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.glyphs.looks import FindWriting, Seen, bounds, closer, look
from ml.pictures.picture import Picture, Plane

CORE = 200
"""Ink above this level is the core of a stroke."""

CERTAIN = 0.76
"""Least mean share of handwriting in the ink of a sure reading. On 300 composed photos it takes away four of six wrong
sure readings, and an eighth of the right ones.
"""

FAINT = 60
"""Writing that reaches this level, of 255, but isn't enough to read, may be faint ink."""

SMALL, SMALL_IN_NUMBER = 0.15, 0.3
"""A digit with a side below this share of a look's is looked at again: the longer one, or a number's height."""

NEAR = 0.04
"""Ink within half this share of a look's side of other ink is near it."""

MIDDLE = 0.35
"""A component's weight falls by a factor e at this share of the look's side from its middle."""

RINGED = 0.3
"""What a component surrounds is a digit in a ring if it has this share of the ring's longer side."""

PART, GAP = 0.7, 0.05
"""Another part of the digit has at most PART of the digit's longer side, and lies within GAP of that, or overlaps."""

TALL, FULL = 0.5, 0.25
"""Other writing is another digit if it has at least these shares of the digit's longer side, and of its area."""


TRACE = 0.3
"""A component of a number's ink with a smaller share of strong points is what is left of print."""


@dataclass(frozen=True)
class Guesses:
    """Guesses at the ink that is meant, the most plausible first. `several`: whether the picture shows other digits.
    `certain`: whether it is certain that this is handwriting.
    """

    inks: list[Ink]
    several: bool = False
    certain: bool = True


def digit_inks(picture: Picture, find: FindWriting) -> Guesses:
    """Guesses at the ink of the digit that is meant.

    The guesses: all that the finder takes for that digit; only the core of that; its main part; all writing that hangs
    together with it.
    """
    whole = look(picture, find)
    named = bounds(whole.digit) is not None
    plane = whole.digit if named else whole.writing
    box = bounds(plane)
    if box is None:
        return Guesses([], certain=int(whole.writing.max()) < FAINT)
    seen = closer(whole, picture, find, box, side=max(box[2:]), small=SMALL)
    digit = seen.digit if named else seen.writing
    core = np.where(digit > CORE, digit, np.uint8(0))
    guesses = [digit, core, main_part(digit), _hanging_together(seen.writing, digit)]
    inks = [ink for ink in map(seen.ink, guesses) if ink]
    if not inks:
        # The closer look may lose what the first one saw.
        first = whole.ink(plane)
        inks = [first] if first else []
    certain = named and min(_share(whole.digit), _share(seen.digit)) >= CERTAIN
    return Guesses(inks, named and _shows_others(whole, main_part(plane)), certain)


def main_part(plane: Plane) -> Plane:
    """The ink of the digit in the middle, without other digits, marks beside it, and rings round it."""
    mask = np.asarray(plane > DRAWN_WEAK, dtype=np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2 or count > MOST:
        return plane
    mass = np.bincount(labels.ravel(), plane.ravel(), count)[1:]
    left, top, width, high = stats[1:, :4].T.astype(np.float64)
    right, bottom, longer = left + width, top + high, np.maximum(width, high)
    rows, columns = plane.shape
    away = np.hypot((left + right - columns) / 2, (top + bottom - rows) / 2) / (rows * columns) ** 0.5
    weight = mass * np.exp(-((away / MIDDLE) ** 2))
    boxes = np.stack((left, top, -right, -bottom), axis=1)
    rings = ((boxes[:, None] < boxes[None]).all(axis=2) & (longer[None] >= RINGED * longer[:, None])).any(axis=1)
    if not rings.all():
        weight[rings] = 0
    first = int(np.argmax(weight))
    kept = np.zeros(count - 1, dtype=bool)
    kept[first] = True
    while True:
        aside = np.maximum(left - right[kept].max(), left[kept].min() - right)
        above = np.maximum(top - bottom[kept].max(), top[kept].min() - bottom)
        gap = np.maximum(aside, above)
        near = (gap < 0) | ((gap <= GAP * longer[first]) & (longer <= PART * longer[first]))
        grown = kept | (near & ~rings)
        if (grown == kept).all():
            return np.where(np.concatenate(([False], kept))[labels], plane, np.uint8(0))
        kept = grown


def _share(plane: Plane) -> float:
    """The mean share of handwriting where there is some, 0 to 1."""
    strong = plane[plane > DRAWN_STRONG]
    return float(strong.mean()) / 255 if len(strong) else 0.0


def number_inks(picture: Picture, find: FindWriting, by_rules: Ink | None) -> Guesses:
    """Guesses at the ink of all writing but signs: what the finder takes for writing, and the part of `by_rules` that
    lies there. It isn't certain if there are signs.
    """
    whole = look(picture, find)
    box = bounds(whole.writing)
    if box is None:
        return Guesses([], certain=int(whole.writing.max()) < FAINT)
    seen = closer(whole, picture, find, box, side=min(box[2:]), small=SMALL_IN_NUMBER)
    seen = replace(seen, writing=_without_traces(seen.writing))
    found = seen.ink(seen.writing)
    inks = [found] if found else []
    inks = [*inks, _within(by_rules, seen)] if by_rules else inks
    return Guesses(inks, certain=bounds(seen.signs) is None)


def _without_traces(writing: Plane) -> Plane:
    """The writing without components that are hardly strong, as traces of printed boxes and dividers are."""
    mask = np.asarray(writing > DRAWN_WEAK, dtype=np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = np.bincount(labels[writing > DRAWN_STRONG], minlength=count) >= TRACE * stats[:, cv2.CC_STAT_AREA]
    kept[0] = True
    return np.where(kept[labels], writing, np.uint8(0))


def _within(ink: Ink, seen: Seen) -> Ink:
    """The ink that lies on what the finder takes for writing, or nearly."""
    near = _dilated(seen.writing)
    near[seen.signs > DRAWN_STRONG] = 0
    step = ink.factor / seen.scale
    corner = (ink.left * ink.factor - seen.left) / seen.scale, (ink.top * ink.factor - seen.top) / seen.scale
    matrix = np.array([[step, 0, corner[0]], [0, step, corner[1]]])
    height, width = ink.contrast.shape
    kept = cv2.warpAffine(near, matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return replace(ink, contrast=np.where(kept > 0, ink.contrast, np.uint8(0)))


def _hanging_together(writing: Plane, digit: Plane) -> Plane:
    """The components of the writing that touch the digit, or nearly."""
    near = _dilated(digit)
    _, labels = cv2.connectedComponents(np.asarray(writing > DRAWN_WEAK, dtype=np.uint8), connectivity=8)
    kept = np.unique(labels[near > 0])
    return np.where(np.isin(labels, kept[kept > 0]), writing, np.uint8(0))


def _dilated(plane: Plane) -> Plane:
    """1 where strong ink is near, else 0."""
    reach = 2 * round(NEAR / 2 * max(plane.shape)) + 1
    strong = np.asarray(plane > DRAWN_STRONG, dtype=np.uint8)
    return np.asarray(cv2.dilate(strong, np.ones((reach, reach), dtype=np.uint8)))


def _shows_others(whole: Seen, main: Plane) -> bool:
    """Whether other writing of the digit's size stands in the picture, uncut by its edges."""
    mask = np.asarray(whole.writing > DRAWN_STRONG, dtype=np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    strong = main > DRAWN_STRONG
    own = np.bincount(labels[strong], minlength=count)
    height, width = mask.shape
    _, _, *size = cv2.boundingRect(np.asarray(strong, dtype=np.uint8))
    least_side, least_area = TALL * max(size), FULL * strong.sum()
    for label in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[label])
        inside = x > 0 and y > 0 and x + w < width and y + h < height
        if inside and own[label] < 0.3 * area and max(w, h) >= least_side and area >= least_area:
            return True
    return False
