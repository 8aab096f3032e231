"""Confidence intervals, without SciPy, because the web process shows them too."""

import math
from statistics import NormalDist


def wilson(hits: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Bounds of the Wilson score interval for hits/count, from 0 to 1."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = hits / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, centre - half), min(1.0, centre + half)
