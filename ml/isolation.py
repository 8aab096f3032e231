"""Isolates the glyphs of a picture. Serving, evaluation and training all use this function.

A glyph is normalised like MNIST's digits: its strokes get a similar width, its longer side is scaled to 20 pixels with
the aspect ratio kept, and its centre of mass is moved to the middle of 28×28 pixels (LeCun et al.,
http://yann.lecun.com/exdb/mnist/). All scaling averages areas.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.background import is_clean
from ml.glyphs.components import find_components, union
from ml.glyphs.glyph import Glyph, already_normalised, glyph_of
from ml.glyphs.ink import Ink, find_ink
from ml.glyphs.looks import bounds, closer, look
from ml.glyphs.redrawing import redrawn
from ml.numbers.candidates import candidate_glyphs
from ml.pictures.picture import Picture

Mode = Literal["digit", "number"]


class FindWriting(Protocol):
    """An ink finder. `ml.finder.finder.Finder` is one."""

    def __call__(self, picture: Picture, /) -> NDArray[np.float32]:
        """How much of each point is handwriting, of a uint8 [H, W, 3] picture: shares from 0 to 1, float32 [H, W, 2].

        Channel 0: all handwriting. Channel 1: that of the one digit that is meant, in the middle. H and W are multiples
        of 32.
        """


@dataclass(frozen=True)
class Isolated:
    """What was isolated in a picture. `glyphs`: candidates for a digit; [] if there is nothing to read.

    `several`: in "digit" mode, whether the picture shows more digits than the one that is read.
    """

    glyphs: list[Glyph] = field(default_factory=list)
    several: bool = False


def isolate(
    picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None = None, *, find: FindWriting | None = None
) -> Isolated:
    """The glyphs of a uint8 [H, W, 3] picture.

    "digit": the whole picture is one glyph and is never split. "number": all candidates of an over-segmentation;
    `ml.numbers.beam_search.choose` picks among them by the network's confidence. `strokes`: the pen strokes that the
    picture was drawn with, in the API's form, if known; strokes that do not match the picture are ignored. `find`: the
    ink finder; without one, ink is found by rules alone.

    Raises ValueError for an unknown mode or an array that is not a picture.
    """
    if mode not in ("digit", "number"):
        raise ValueError(f"unknown mode {mode!r}")
    drawn = redrawn(picture, strokes, is_number=mode == "number") if strokes else None
    if drawn is None and find is not None and not is_clean(picture):
        return _in_photo(picture, mode, find)
    ink = drawn or find_ink(picture)
    if ink is None:
        return Isolated()
    if mode == "number":
        return Isolated(candidate_glyphs([ink], picture))
    return Isolated(_only_glyph(ink, picture))


def _in_photo(picture: Picture, mode: Mode, find: FindWriting) -> Isolated:
    whole = look(picture, find)
    if mode == "number":
        box = bounds(whole.writing)
        seen = closer(whole, picture, find, box) if box else whole
        ink = seen.ink(seen.writing)
        import os

        other = find_ink(picture) if os.environ.get("BOTH") else None
        return Isolated(candidate_glyphs([each for each in (ink, other) if each], picture))
    plane = "digit" if bounds(whole.digit) else "writing"
    box = bounds(getattr(whole, plane))
    if box is None:
        return Isolated()
    seen = closer(whole, picture, find, box)
    ink = seen.ink(getattr(seen, plane)) or whole.ink(getattr(whole, plane))
    assert ink is not None
    return Isolated(_only_glyph(ink, picture))


def _only_glyph(ink: Ink, picture: Picture) -> list[Glyph]:
    components = find_components(ink)
    glyph = glyph_of(union(components), ink, picture) if components else None
    if glyph is None:
        return []
    pixels = already_normalised(picture)
    return [glyph if pixels is None else replace(glyph, pixels=pixels)]
