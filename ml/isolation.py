"""Isolates the glyphs of a picture. Serving, evaluation and training all use this function.

A glyph is normalised like MNIST's digits: its strokes get a similar width, its longer side is scaled to 20 pixels with
the aspect ratio kept, and its centre of mass is moved to the middle of 28×28 pixels (LeCun et al.,
http://yann.lecun.com/exdb/mnist/). All scaling averages areas.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.deadline import check
from ml.glyphs.background import is_clean
from ml.glyphs.components import MOST, SPECK_SHARE, find_components, union
from ml.glyphs.glyph import Glyph, already_normalised, glyph_of
from ml.glyphs.ink import Ink, find_ink
from ml.glyphs.looks import FindWriting
from ml.glyphs.meant import Guesses, digit_inks, number_inks
from ml.glyphs.redrawing import redrawn
from ml.numbers.candidates import candidate_glyphs
from ml.numbers.signs import has_signs, without_slashes
from ml.pictures.picture import Picture

SPAN = 0.8
"""A line spans the picture from this share of its side on."""

PATCH, BROAD = 0.7, 0.4
"""A patch fills this share of its box, which is at least BROAD times as wide as it is high: a 1 is not one."""

APART = 0.25
"""Parts of a digit lie no further apart than this share of the largest part's longer side."""

LEAST_DOTS, DASH, BLUNT = 5, 0.4, 3.0
"""A dotted or dashed stroke has so many parts, none longer than the share DASH of the whole. Half of the parts have at
least a BLUNT-th of the area of a square on their longer side: parts of digits and whole digits have less.
"""

Mode = Literal["digit", "number"]


@dataclass(frozen=True)
class Isolated:
    """What was isolated in a picture. `glyphs`: candidates for a digit; [] if there is nothing to read.

    `several`: in "digit" mode, whether the picture shows more digits than the one that is read. `certain`: whether the
    ink is certainly handwriting, and certainly digits, and all of it was looked at.
    """

    glyphs: list[Glyph] = field(default_factory=list)
    several: bool = False
    certain: bool = True


def isolate(
    picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None = None, *, find: FindWriting | None = None
) -> Isolated:
    """The glyphs of a uint8 [H, W, 3] picture.

    "digit": the whole picture is one glyph and is never split. "number": all candidates of an over-segmentation;
    `ml.numbers.beam_search.choose` picks among them by the network's confidence. `strokes`: the pen strokes that the
    picture was drawn with, in the API's form, if known; strokes that do not match the picture are ignored. `find`: the
    ink finder; without one, ink is found by rules alone.

    Raises ValueError for an unknown mode or an array that is not a picture, and TooLong within `ml.deadline.limited`.
    """
    found = find_inks(picture, mode, strokes, find=find)
    if mode == "digit":
        return Isolated(list(_only_glyphs(found.inks, picture)), found.several, found.certain)
    glyphs, are_all = candidate_glyphs(found.inks, picture)
    return Isolated(glyphs, found.several, found.certain and are_all)


def find_inks(
    picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None = None, *, find: FindWriting | None = None
) -> Guesses:
    """Guesses at the ink that is meant.

    A drawing on a clean ground needs no finder, unless it is doubtful. Arguments and errors as `isolate`.
    """
    if mode not in ("digit", "number"):
        raise ValueError(f"unknown mode {mode!r}")
    drawn = redrawn(picture, strokes, is_number=mode == "number") if strokes else None
    clean = drawn or (find_ink(picture) if find is None or is_clean(picture) else None)
    signed = mode == "number" and clean is not None and has_signs(clean)
    if find is None or (clean and not signed and (drawn or not _is_doubtful(clean, mode))):
        return Guesses([clean] if clean else [], certain=not signed)
    if mode == "number":
        guesses = number_inks(picture, find, clean or find_ink(picture))
        signed = signed or any(map(has_signs, guesses.inks[:1]))
        return Guesses(list(map(without_slashes, guesses.inks)), certain=False) if signed else guesses
    guesses = digit_inks(picture, find)
    return replace(guesses, inks=[clean, *guesses.inks]) if clean else guesses


def _is_doubtful(ink: Ink, mode: Mode) -> bool:
    """Whether a drawing may hold more than what is meant: some ink surrounds other ink, as a box or a circle does, or
    is a patch, as a note on a desk is; in "digit" mode, also if some ink spans the picture beside other ink, as a line
    does, or lies apart from it.
    """
    # At half the size it takes a quarter of the time.
    height, width = ink.contrast.shape
    half = cv2.resize(ink.contrast, (width // 2 + 1, height // 2 + 1), interpolation=cv2.INTER_AREA)
    mask = np.asarray(half > ink.strong // 3, dtype=np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count == 1:
        return False
    kept = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= SPECK_SHARE * stats[1:, cv2.CC_STAT_AREA].max()]
    if _is_dotted(kept):
        return False
    if len(kept) > MOST:
        return True
    left, top, wide, high = kept[:, :4].T
    if ((kept[:, cv2.CC_STAT_AREA] >= PATCH * wide * high) & (wide > BROAD * high)).any():
        return True
    boxes = np.stack((left, top, -left - wide, -top - high), axis=1)
    if (boxes[:, None] < boxes[None]).all(axis=2).any():
        return True
    if mode == "number" or len(kept) == 1:
        return False
    if ((2 * wide >= SPAN * ink.width) | (2 * high >= SPAN * ink.height)).any():
        return True
    largest = int(np.argmax(wide * high))
    right, bottom = left + wide, top + high
    aside = np.maximum(left - right[largest], left[largest] - right)
    above = np.maximum(top - bottom[largest], top[largest] - bottom)
    return bool((np.maximum(aside, above) > APART * max(wide[largest], high[largest])).any())


def _is_dotted(stats: NDArray[np.int32]) -> bool:
    """Whether a stroke was drawn with gaps: most components of these statistics are dots or dashes, none is large."""
    left, top, wide, high, area = stats.T
    whole = max((left + wide).max() - left.min(), (top + high).max() - top.min())
    longer = np.maximum(wide, high)
    blunt = float(np.median(longer**2 / area)) <= BLUNT
    return len(stats) >= LEAST_DOTS and blunt and bool(longer.max() < DASH * whole)


def _only_glyphs(inks: Sequence[Ink], picture: Picture) -> Iterator[Glyph]:
    """A glyph for each guess at the digit's ink."""
    for index, ink in enumerate(inks):
        check()
        components = find_components(ink)
        glyph = glyph_of(union(components), ink, picture) if components else None
        if glyph:
            pixels = already_normalised(picture)
            yield replace(glyph, pixels=glyph.pixels if pixels is None else pixels, binarisation=index)
