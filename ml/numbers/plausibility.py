"""How much a candidate's size and place speak for its being one whole digit, or a mark that is none.

Two logistic models of the candidate's geometry, fitted by `python -m ml.tools.fit_plausibility` on numbers
composed of generated strokes and MNIST's training pictures, where it is known whose ink each candidate is. Neither
looks at the glyph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.lines import TALL
from ml.glyphs.pieces import Piece, extent

MOST_WIDE = 1.4
"""Beyond so many row heights width tells no more."""

DIGIT = (1.9, -2.5, -7.0, 4.5, -5.8, -8.9, -2.3, -2.8, -0.6, -0.5)
STRAY = (-2.6, 5.8, 8.5, -3.2, -5.4, -2.0, 3.3)
"""The models' coefficients, in the order of their features."""


@dataclass(frozen=True)
class Geometry:
    """A candidate's `height` and `width`, and the widest `gap` inside it, in row heights; `overlap`, the share of its
    width that its neighbours cover; `crossed`, pen widths of ink cut through on its sides, together; `below`, how far
    its top lies under its tall neighbours' middle, in row heights.
    """

    height: float
    width: float
    gap: float
    overlap: float
    crossed: float
    below: float

    def digit_features(self) -> NDArray[np.float64]:
        """float64 [10], the constant first."""
        lack, wide = max(0.0, 1 - self.height), min(self.width, MOST_WIDE)
        cut = (min(self.crossed, 1.0), max(self.crossed - 1.0, 0.0))
        return np.array((1.0, lack, lack**2, wide, wide**2, self.gap, self.overlap, *cut, self.below))

    def stray_features(self) -> NDArray[np.float64]:
        """float64 [7], the constant first."""
        lack = max(0.0, 1 - self.height)
        thin, long = sorted((self.height, self.width))
        return np.array((1.0, lack, lack**2, min(long, MOST_WIDE), thin, thin**2, self.below))


def measure(
    group: Sequence[Piece], before: Piece | None, after: Piece | None, crossed: float, row_height: float
) -> Geometry:
    """Of the pieces together; `before` and `after` are the atoms beside them, lengths are in pixels."""
    left, top, right, bottom = extent(group)
    beside = [piece for piece in (before, after) if piece is not None]
    overlap = sum(max(0, min(right, piece.right) - max(left, piece.left)) for piece in beside) / (right - left)
    middles = [(piece.top + piece.bottom) / 2 for piece in beside if piece.height >= TALL * row_height]
    below = max(0.0, top - float(np.mean(middles))) / row_height if middles else 0.0
    gap = _widest_gap(group) / row_height
    return Geometry((bottom - top) / row_height, (right - left) / row_height, gap, overlap, crossed, below)


def digit_odds(geometry: Geometry) -> float:
    """Log-odds that a candidate is one whole digit."""
    return float(geometry.digit_features() @ DIGIT)


def stray_odds(geometry: Geometry) -> float:
    """Log-odds that a candidate of which nothing was cut is a dot, a dash or a speck beside the row's digits."""
    return float(geometry.stray_features() @ STRAY)


def _widest_gap(group: Sequence[Piece]) -> int:
    """Pixels of paper between neighbours, the most; 0 where all overlap."""
    reach, widest = group[0].right, 0
    for _, after in pairwise(group):
        widest = max(widest, after.left - reach)
        reach = max(reach, after.right)
    return widest
