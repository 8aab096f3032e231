"""From a picture to 28x28 glyphs like MNIST's: the one way that training, serving and retraining all take.

A glyph's strokes are brought to the widths of MNIST's, its longer side to 20 pixels with the aspect kept, its centre
of mass to the middle of 28x28 (LeCun et al., http://yann.lecun.com/exdb/mnist/), all by averaging areas.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.frames import without_frame
from ml.ink import find_ink
from ml.lattice import Candidate, candidates
from ml.normalise import normalise
from ml.pictures import Picture
from ml.pieces import Piece, find_pieces, union
from ml.plausibility import digit_odds, stray_odds
from ml.rules import without_rules

VERSION = 3
"""Version of this preprocessing: it changes whenever some picture's glyphs change."""

Mode = Literal["digit", "number"]


@dataclass(frozen=True)
class Glyph:
    """One piece of writing that may be a digit.

    `box`: x, y, width, height in the given picture's pixels. `pixels`: uint8 [28, 28], 0 is paper, 255 ink.
    `row`: 0 for the topmost line of writing. It covers the atoms [`start`, `end`) of its row, left to right;
    candidates of one row may overlap. `prior`: log-odds that its size and place are a digit's. `stray`: that they are
    those of a mark beside the digits; None where it can't be one.
    """

    box: tuple[int, int, int, int]
    pixels: NDArray[np.uint8]
    row: int
    start: int
    end: int
    prior: float = 0.0
    stray: float | None = None


def isolate(picture: Picture, mode: Mode) -> list[Glyph]:
    """The glyphs of a uint8 [H, W, 3] picture; [] when there is nothing to read.

    "digit": the whole picture as exactly one glyph, never split. "number": the candidates of an over-segmentation,
    among which `ml.segmentation.best_path` chooses with the network's confidence.
    """
    if mode not in ("digit", "number"):
        raise ValueError(f"unknown mode {mode!r}")
    ink = find_ink(picture)
    if ink is None:
        return []
    pieces = find_pieces(ink if mode == "digit" else without_rules(ink))
    if not pieces:
        return []
    pieces = without_frame(pieces, left=ink.left, top=ink.top, width=ink.width, height=ink.height)
    found = [Candidate(0, 0, 1, union(pieces))] if mode == "digit" else candidates(pieces)
    glyphs = (_glyph(candidate, ink.left, ink.top, ink.factor, picture.shape) for candidate in found)
    return [glyph for glyph in glyphs if glyph is not None]


def _glyph(candidate: Candidate, left: int, top: int, factor: int, shape: tuple[int, ...]) -> Glyph | None:
    pixels = normalise(candidate.piece.ink)
    if pixels is None:
        return None
    box = _picture_box(candidate.piece, left, top, factor, shape)
    glyph = Glyph(box, pixels, candidate.row, candidate.start, candidate.end)
    geometry = candidate.geometry
    if geometry is None:
        return glyph
    return replace(glyph, prior=digit_odds(geometry), stray=stray_odds(geometry) if candidate.whole else None)


def _picture_box(piece: Piece, left: int, top: int, factor: int, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x, y = (piece.left + left) * factor, (piece.top + top) * factor
    return x, y, min(piece.width * factor, shape[1] - x), min(piece.height * factor, shape[0] - y)


__all__ = ["VERSION", "Glyph", "Mode", "isolate"]
