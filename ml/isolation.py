"""From a picture to its glyphs: the one way that serving, evaluation and training all take.

A glyph's strokes are brought to the widths of MNIST's, its longer side to 20 pixels with the aspect kept, its centre
of mass to the middle of 28×28 (LeCun et al., http://yann.lecun.com/exdb/mnist/), all by averaging areas.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from ml.glyphs.frames import unframed_pieces
from ml.glyphs.glyph import Glyph, as_given, glyph_of
from ml.glyphs.ink import Ink, find_ink
from ml.glyphs.pieces import union
from ml.glyphs.redrawing import redrawn
from ml.numbers.candidates import candidate_glyphs
from ml.pictures.arrays import Picture

Mode = Literal["digit", "number"]


def isolate(picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None = None) -> list[Glyph]:
    """The glyphs of a uint8 [H, W, 3] picture; [] when there is nothing to read.

    "digit": the whole picture as one glyph, never split. "number": the candidates of an over-segmentation, among
    which `ml.numbers.beam_search.choose` chooses with the network's confidence. `strokes`: those that the picture was
    drawn with, in the API's form, where they are known; they are used if drawing them gives this picture.
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
    pieces = unframed_pieces(ink)
    glyph = glyph_of(union(pieces), ink, picture) if pieces else None
    if glyph is None:
        return []
    given = as_given(picture)
    return [glyph if given is None else replace(glyph, pixels=given)]
