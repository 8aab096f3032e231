"""Two readers compared on the same glyphs."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import special

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PairedTest:
    """McNemar's test of reader b against reader a.

    `gained`: glyphs that only b reads correctly. `lost` (negative flips): glyphs that only a does. `p_worse`:
    probability of at least as many losses if b were as good as a. `p_better`: the same for gains. `p_two_sided`:
    for either.
    """

    gained: int
    lost: int
    p_worse: float
    p_better: float
    p_two_sided: float


def mcnemar(a_right: Flags, b_right: Flags) -> PairedTest:
    """McNemar's exact test on the glyphs that only one of the readers reads correctly."""
    gained = int(np.sum(~a_right & b_right))
    lost = int(np.sum(a_right & ~b_right))
    tosses = gained + lost
    return PairedTest(
        gained,
        lost,
        p_worse=float(special.bdtrc(lost - 1, tosses, 0.5)),
        p_better=float(special.bdtrc(gained - 1, tosses, 0.5)),
        p_two_sided=min(1.0, 2 * float(special.bdtr(min(gained, lost), tosses, 0.5))),
    )


def difference(a_right: Flags, b_right: Flags) -> tuple[float, float, float]:
    """Accuracy of b minus accuracy of a on the same glyphs, and the bounds of that difference with 95% confidence.

    The bounds are Agresti and Min's (2005, Statistics in Medicine 24:729): a Wald interval after adding half a pair to
    each of the four outcomes.
    """
    gained, lost = int(np.sum(~a_right & b_right)), int(np.sum(a_right & ~b_right))
    count = len(a_right)
    z = NormalDist().inv_cdf(0.975)
    middle = (gained - lost) / (count + 2)
    half = z * float(np.sqrt(gained + lost + 1 - (gained - lost) ** 2 / (count + 2))) / (count + 2)
    return (gained - lost) / count, max(-1.0, middle - half), min(1.0, middle + half)


def negative_flips(a_right: Flags, b_right: Flags) -> NDArray[np.intp]:
    """Indices of the glyphs that a reads correctly and b doesn't."""
    return np.flatnonzero(a_right & ~b_right)
