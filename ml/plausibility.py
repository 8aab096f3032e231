"""How much a candidate's size and place speak for its being one whole digit, or a mark that is none.

Two logistic models, fitted on candidates of numbers composed from generated strokes and MNIST's training pictures
(`ml.missegmented`), of which it is known whose ink each one is. On others of them the first tells digits from parts and
pairs with an area under the curve of 0.92, without looking at the glyph.
"""

from collections.abc import Sequence
from itertools import pairwise

from ml.pieces import Piece, extent

APART = 1.0
"""Added to the fit: every second pair of the composed digits touches, which few of people's do."""

MOST_WIDE = 1.4
"""Beyond so many row heights width tells no more."""


def digit_odds(
    group: Sequence[Piece], before: Piece | None, after: Piece | None, crossed: float, height: float
) -> float:
    """Log-odds that the pieces together are one digit of a row whose digits have this height, in pixels.

    `before`, `after`: the atoms beside them. `crossed`: pen widths of ink cut through on their sides, together.
    """
    left, top, right, bottom = extent(group)
    lack = max(0.0, 1 - (bottom - top) / height)
    wide = min((right - left) / height, MOST_WIDE)
    beside = [piece for piece in (before, after) if piece is not None]
    overlap = sum(max(0, min(right, piece.right) - max(left, piece.left)) for piece in beside) / (right - left)
    return (
        1.6
        - 2.8 * lack
        - 4.4 * lack**2
        + 3.9 * wide
        - 4.9 * wide**2
        - 3.9 * _widest_gap(group) / height
        - 2.1 * overlap
        - 3.2 * min(crossed, 1.0)
        - APART * crossed
    )


def stray_odds(piece: Piece, height: float) -> float:
    """Log-odds that a piece that nothing was cut from is a dot, a dash or a speck beside the row's digits."""
    lack = max(0.0, 1 - piece.height / height)
    return -3.8 + 3.3 * lack + 3.1 * lack**2 - 1.2 * min(piece.width / height, MOST_WIDE)


def _widest_gap(group: Sequence[Piece]) -> int:
    """Pixels of paper between neighbours, the most; 0 where all overlap."""
    reach, widest = group[0].right, 0
    for _, after in pairwise(group):
        widest = max(widest, after.left - reach)
        reach = max(reach, after.right)
    return widest
