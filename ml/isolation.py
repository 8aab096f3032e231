"""Isolates the glyphs of a picture. Serving, evaluation and training all use this function.

A glyph is normalised like MNIST's digits: its strokes get a similar width, its longer side is scaled to 20 pixels with
the aspect ratio kept, and its centre of mass is moved to the middle of 28×28 pixels (LeCun et al.,
http://yann.lecun.com/exdb/mnist/). All scaling averages areas.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from ml.glyphs.components import union
from ml.glyphs.frames import components_without_frame
from ml.glyphs.glyph import Glyph, already_normalised, glyph_of
from ml.glyphs.ink import Ink, find_ink
from ml.glyphs.redrawing import redrawn
from ml.numbers.candidates import candidate_glyphs
from ml.pictures.picture import Picture

Mode = Literal["digit", "number"]


def isolate(picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None = None) -> list[Glyph]:
    """The glyphs of a uint8 [H, W, 3] picture; [] if there is nothing to read.

    "digit": the whole picture is one glyph and is never split. "number": all candidates of an over-segmentation;
    `ml.numbers.beam_search.choose` picks among them by the network's confidence. `strokes`: the pen strokes that the
    picture was drawn with, in the API's form, if known; strokes that do not match the picture are ignored.

    Raises ValueError for an unknown mode or an array that is not a picture.
    """
    if mode not in ("digit", "number"):
        raise ValueError(f"unknown mode {mode!r}")
    ink = _ink(picture, mode, strokes)
    if ink is None:
        return []
    return candidate_glyphs(ink, picture) if mode == "number" else _only_glyph(ink, picture)


def _ink(picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None) -> Ink | None:
    drawn = redrawn(picture, strokes, is_number=mode == "number") if strokes else None
    return drawn or find_ink(picture)


def _only_glyph(ink: Ink, picture: Picture) -> list[Glyph]:
    components = components_without_frame(ink)
    glyph = glyph_of(union(components), ink, picture) if components else None
    if glyph is None:
        return []
    pixels = already_normalised(picture)
    return [glyph if pixels is None else replace(glyph, pixels=pixels)]
