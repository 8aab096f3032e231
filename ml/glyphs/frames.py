"""Leaving out a frame: a box drawn or printed around the writing, whole or in single lines."""

from collections.abc import Sequence

from ml.glyphs.ink import Ink
from ml.glyphs.pieces import Piece, find_pieces

SPAN = 0.8
"""A frame's lines are at least this share of the picture's side long..."""

MARGIN = 0.12
"""...and lie within this share of it from the edge: of the picture for a line, of the box's own extent for a box."""

THIN = 0.04
"""A line is at most this share of the picture's other side thick."""

INSIDE = 0.02
"""A box has at most this share of its ink further inside; a large round zero has more."""


def unframed_pieces(ink: Ink) -> list[Piece]:
    """The connected pieces of the ink but for a frame around the writing; all of them where nothing would be left."""
    pieces = find_pieces(ink)
    return _without_frame(pieces, left=ink.left, top=ink.top, width=ink.width, height=ink.height) if pieces else []


def _without_frame(pieces: Sequence[Piece], *, left: int, top: int, width: int, height: int) -> list[Piece]:
    """`left`, `top`: where the pieces' origin lies in the picture of `width` x `height` pixels."""
    rest = [
        piece
        for piece in pieces
        if not _is_box(piece, width, height)
        and not _is_line(piece.left + left, piece.width, width, piece.top + top, piece.height, height)
        and not _is_line(piece.top + top, piece.height, height, piece.left + left, piece.width, width)
    ]
    return rest or list(pieces)


def _is_box(piece: Piece, width: int, height: int) -> bool:
    if piece.width < SPAN * width or piece.height < SPAN * height:
        return False
    x, y = round(MARGIN * piece.width), round(MARGIN * piece.height)
    inside = piece.ink[y : piece.height - y, x : piece.width - x]
    return float(inside.sum()) <= INSIDE * float(piece.ink.sum())


def _is_line(start: int, length: int, side: int, across: int, thickness: int, other_side: int) -> bool:
    """Whether a piece runs along an edge: where it starts and how long it is along it, and across it."""
    from_edge = min(across, other_side - across - thickness)
    return length >= SPAN * side and thickness <= THIN * other_side and from_edge <= MARGIN * other_side
