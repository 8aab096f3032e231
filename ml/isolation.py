"""From a picture to 28x28 glyphs like MNIST's: the one way that training, serving and retraining all take.

A glyph's strokes are brought to the widths of MNIST's, its longer side to 20 pixels with the aspect kept, its centre
of mass to the middle of 28x28 (LeCun et al., http://yann.lecun.com/exdb/mnist/), all by averaging areas.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.frames import without_frame
from ml.glyphs.ink import Ink, find_ink
from ml.glyphs.normalisation import BOX, SIDE, normalise
from ml.glyphs.pieces import Piece, find_pieces, union
from ml.glyphs.redrawing import redrawn
from ml.numbers.hypotheses import hypotheses
from ml.numbers.lattice import Candidate, candidates
from ml.numbers.plausibility import digit_odds, stray_odds
from ml.pictures.arrays import Picture

VERSION = 3
"""Version of what a glyph is: a network reads glyphs of the version that it was trained on. It changes when a network
would read worse what is made another way, or when the glyphs of the base data change.
"""

FULL = 200
"""A glyph's darkest pixel has at least this much ink..."""

SLACK = 0.05
"""...and its centre of mass is the middle to within so many pixels."""

Mode = Literal["digit", "number"]


@dataclass(frozen=True)
class Glyph:
    """One piece of writing that may be a digit.

    `box`: x, y, width, height in the given picture's pixels. `pixels`: uint8 [28, 28], 0 is paper, 255 ink.
    `row`: 0 for the topmost line of writing. It covers the atoms [`start`, `end`) of its row, left to right;
    candidates of one row may overlap. `prior`: log-odds that its size and place are a digit's. `stray`: that they are
    those of a mark beside the digits; None where it can't be one. `hypothesis`: which of `ml.numbers.hypotheses` of the
    picture's ink it is from; rows and atoms are counted anew in each.
    """

    box: tuple[int, int, int, int]
    pixels: NDArray[np.uint8]
    row: int
    start: int
    end: int
    prior: float = 0.0
    stray: float | None = None
    hypothesis: int = 0


def isolate(picture: Picture, mode: Mode, drawn: Mapping[str, Any] | None = None) -> list[Glyph]:
    """The glyphs of a uint8 [H, W, 3] picture; [] when there is nothing to read.

    "digit": the whole picture as exactly one glyph, never split. "number": the candidates of an over-segmentation,
    among which `ml.numbers.beam_search.choose` chooses with the network's confidence. `drawn`: the strokes that the picture
    was drawn with, in the API's form, where they are known; they serve where they show what the picture does.
    """
    if mode not in ("digit", "number"):
        raise ValueError(f"unknown mode {mode!r}")
    ink = _ink(picture, mode, drawn)
    if ink is None:
        return []
    if mode == "number":
        return [glyph for number, meant in enumerate(hypotheses(ink)) for glyph in _candidates(meant, number, picture)]
    pieces = pieces_of(ink)
    glyph = _glyph(Candidate(0, 0, 1, union(pieces)), ink, picture) if pieces else None
    if glyph is None:
        return []
    given = as_given(picture)
    return [glyph if given is None else replace(glyph, pixels=given)]


def _ink(picture: Picture, mode: Mode, drawn: Mapping[str, Any] | None) -> Ink | None:
    again = redrawn(picture, drawn, is_number=mode == "number") if drawn else None
    return again or find_ink(picture)


def as_given(picture: Picture) -> NDArray[np.uint8] | None:
    """The glyph uint8 [28, 28] that a picture is already, dark or light: MNIST's own, or what was isolated before. None
    for every other picture.

    To isolate it once more would cost detail: of 8,000 of MNIST's pictures 30 are read wrongly then instead of 25.
    """
    plane = picture[..., 0]
    paper = plane[0, 0]
    if picture.shape[:2] != (SIDE, SIDE) or paper not in (0, 255) or (picture != plane[..., None]).any():
        return None
    pixels = np.asarray(plane if paper == 0 else 255 - plane)
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if pixels.max() < FULL:
        return None
    middle = (SIDE - 1) / 2
    mass = np.array([pixels.sum(axis=1) @ np.arange(SIDE), pixels.sum(axis=0) @ np.arange(SIDE)]) / pixels.sum()
    # MNIST's pictures are shifted by whole pixels, so that their mass lies up to one beside the middle.
    is_centred = bool((mass > middle - SLACK).all() and (mass < middle + 1 + SLACK).all())
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    return pixels if is_centred and BOX <= longer <= BOX + 2 else None


def _candidates(ink: Ink, hypothesis: int, picture: Picture) -> Iterator[Glyph]:
    pieces = pieces_of(ink)
    for candidate in candidates(pieces) if pieces else ():
        glyph = _glyph(candidate, ink, picture)
        if glyph is not None:
            yield replace(glyph, hypothesis=hypothesis)


def pieces_of(ink: Ink) -> list[Piece]:
    pieces = find_pieces(ink)
    return without_frame(pieces, left=ink.left, top=ink.top, width=ink.width, height=ink.height) if pieces else []


def _glyph(candidate: Candidate, ink: Ink, picture: Picture) -> Glyph | None:
    pixels = normalise(candidate.piece.ink)
    if pixels is None:
        return None
    glyph = Glyph(_box(candidate.piece, ink, picture), pixels, candidate.row, candidate.start, candidate.end)
    geometry = candidate.geometry
    if geometry is None:
        return glyph
    return replace(glyph, prior=digit_odds(geometry), stray=stray_odds(geometry) if candidate.whole else None)


def _box(piece: Piece, ink: Ink, picture: Picture) -> tuple[int, int, int, int]:
    height, width = picture.shape[:2]
    left, right = _side(ink.left + piece.left, piece.width, ink, width)
    top, bottom = _side(ink.top + piece.top, piece.height, ink, height)
    return left, top, right - left, bottom - top


def _side(start: int, length: int, ink: Ink, end: int) -> tuple[int, int]:
    """Where a side of the box begins and ends, in pixels of a picture that ends at `end`."""
    first, last = (start - ink.outset) * ink.factor, (start + length + ink.outset) * ink.factor
    return max(0, round(first)), min(end, round(last))


__all__ = ["VERSION", "Glyph", "Mode", "isolate"]
