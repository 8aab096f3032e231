"""Connected pieces of ink, and putting them together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.glyphs.ink import Ink
from ml.pictures.arrays import Plane

SPECK_SHARE = 0.015
"""Pieces below this share of the largest piece's area are specks."""

SPARSE_SHARE = 0.25
"""Pieces whose longer sides together are below this share of the whole extent's are scattered specks, no writing."""

DUST_PIECES = 200
DUST_SHARE = 0.05
"""More pieces than that, none of which has this share of the ink, are noise."""

CROWD = 60
AT_THE_EDGE = 0.2
"""More pieces than that, of which this share is cut by the edges, are noise too: a page of digits keeps off them."""

LEAST_SIDE = 5
"""Writing whose longer side is shorter than this many pixels is a speck."""

SOFT_EDGE = 2
"""Pixels beyond the weak threshold that still are a piece's own edge."""

_EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Piece:
    """Ink at a place: `ink` uint8 [h, w], 0 is paper and 255 full ink, cropped tightly; `left`, `top` its corner."""

    ink: Plane
    left: int
    top: int

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.ink.shape[0])

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height


def find_pieces(ink: Ink) -> list[Piece]:
    """The connected pieces that hold strong ink, specks left out, in the crop's coordinates.

    [] where no ink is strong, or all together is smaller than a speck, or is nothing but specks or noise.
    """
    strong = ink.contrast > ink.strong
    if not strong.any():
        return []
    level = _levels(ink.contrast[strong], ink.paper)[ink.contrast]
    labels, count = ndimage.label(ink.contrast > ink.weak, structure=_EIGHT_NEIGHBOURS)
    if count == 1:
        pieces = [Piece(level, 0, 0)]
    else:
        areas = np.bincount(labels.ravel())
        areas[0] = 0
        areas[np.bincount(labels[strong], minlength=len(areas)) == 0] = 0
        if count > DUST_PIECES and areas.max() < DUST_SHARE * areas.sum():
            return []
        kept = np.flatnonzero(areas >= max(1.0, SPECK_SHARE * areas.max()))
        slices = ndimage.find_objects(labels)
        pieces = [_piece(level, labels, int(label), slices[label - 1]) for label in kept]
    if len(pieces) > CROWD and _at_the_edge(pieces, *level.shape) > AT_THE_EDGE * len(pieces):
        return []
    left, top, right, bottom = extent(pieces)
    longest = max(right - left, bottom - top)
    written = sum(max(piece.width, piece.height) for piece in pieces)
    return pieces if longest >= LEAST_SIDE and written >= SPARSE_SHARE * longest else []


def _at_the_edge(pieces: Sequence[Piece], height: int, width: int) -> int:
    """How many of the pieces touch an edge of the crop."""
    return sum(0 in (piece.left, piece.top) or piece.right == width or piece.bottom == height for piece in pieces)


def _levels(strong: NDArray[np.uint8], paper: float) -> NDArray[np.uint8]:
    """Ink in 0 to 255 for each contrast 0 to 255, from those of the strong ink and the paper's mean: a table of 256."""
    full = float(np.percentile(strong, 75))
    levels = (np.arange(256) - paper) * (255.0 / (full - paper))
    return np.asarray(np.clip(levels, 0, 255), dtype=np.uint8)


def _piece(level: Plane, labels: NDArray[np.int32], label: int, place: tuple[slice, slice]) -> Piece:
    # Other pieces are left out, and so are their soft edges, which would be specks here; its own edge stays.
    own = labels[place]
    near = ndimage.maximum_filter((own == label).astype(np.uint8), 2 * SOFT_EDGE + 1) > 0
    ink = np.where((own == label) | ((own == 0) & near), level[place], 0).astype(np.uint8)
    return Piece(ink, place[1].start, place[0].start)


def extent(pieces: Sequence[Piece]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of all pieces together."""
    return (
        min(piece.left for piece in pieces),
        min(piece.top for piece in pieces),
        max(piece.right for piece in pieces),
        max(piece.bottom for piece in pieces),
    )


def union(pieces: Sequence[Piece]) -> Piece:
    """All pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    left, top, right, bottom = extent(pieces)
    ink = np.zeros((bottom - top, right - left), dtype=np.uint8)
    for piece in pieces:
        part = ink[piece.top - top : piece.bottom - top, piece.left - left : piece.right - left]
        np.maximum(part, piece.ink, out=part)
    return Piece(ink, left, top)
