"""Log-odds, from a candidate's size and place, that it is one whole digit, and that it is a stray mark.

Two logistic regressions on the candidate's geometry. `python -m ml.tools.fit_plausibility` fits them on numbers
composed of generated strokes and MNIST's training pictures, where the ground truth of each candidate is known. Neither
sees the glyph's pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.components import Region, bounding_box
from ml.glyphs.lines import TALL

MOST_WIDE = 1.4
"""Widths are clipped to this many row heights."""

DIGIT = (1.9, -2.5, -7.0, 4.5, -5.8, -8.9, -2.3, -2.8, -0.6, -0.5)
STRAY = (-2.6, 5.8, 8.5, -3.2, -5.4, -2.0, 3.3)
"""Coefficients of both models, in the order of their features."""


@dataclass(frozen=True)
class Geometry:
    """A candidate's geometry; lengths are in row heights.

    `gap`: the widest horizontal gap inside the candidate. `overlap`: the share of its width that its neighbours cover.
    `crossed`: pen widths of ink that the seams on its sides cross. `below`: distance of its top below the vertical
    middle of its tall neighbours.
    """

    height: float
    width: float
    gap: float
    overlap: float
    crossed: float
    below: float

    def digit_features(self) -> NDArray[np.float64]:
        """float64 [10]; the first is 1, for the intercept."""
        lack, wide = max(0.0, 1 - self.height), min(self.width, MOST_WIDE)
        cut = (min(self.crossed, 1.0), max(self.crossed - 1.0, 0.0))
        return np.array((1.0, lack, lack**2, wide, wide**2, self.gap, self.overlap, *cut, self.below))

    def stray_features(self) -> NDArray[np.float64]:
        """float64 [7]; the first is 1, for the intercept."""
        lack = max(0.0, 1 - self.height)
        thin, long = sorted((self.height, self.width))
        return np.array((1.0, lack, lack**2, min(long, MOST_WIDE), thin, thin**2, self.below))


def measure(
    group: Sequence[Region], before: Region | None, after: Region | None, crossed: float, row_height: float
) -> Geometry:
    """Geometry of a group of regions. `before`, `after`: its neighbouring atoms. `row_height` is in pixels."""
    left, top, right, bottom = bounding_box(group)
    beside = [region for region in (before, after) if region is not None]
    overlap = sum(max(0, min(right, region.right) - max(left, region.left)) for region in beside) / (right - left)
    middles = [(region.top + region.bottom) / 2 for region in beside if region.height >= TALL * row_height]
    below = max(0.0, top - float(np.mean(middles))) / row_height if middles else 0.0
    gap = _widest_gap(group) / row_height
    return Geometry((bottom - top) / row_height, (right - left) / row_height, gap, overlap, crossed, below)


def digit_odds(geometry: Geometry) -> float:
    """Log-odds that a candidate is one whole digit."""
    return float(geometry.digit_features() @ DIGIT)


def stray_odds(geometry: Geometry) -> float:
    """Log-odds that an uncut candidate is a dot, a dash or a speck beside the row's digits."""
    return float(geometry.stray_features() @ STRAY)


def _widest_gap(group: Sequence[Region]) -> int:
    """The widest horizontal gap between neighbours, in pixels; 0 if all overlap."""
    reach, widest = group[0].right, 0
    for _, after in pairwise(group):
        widest = max(widest, after.left - reach)
        reach = max(reach, after.right)
    return widest
