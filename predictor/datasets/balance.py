"""Weighs drawings: near-duplicates share the weight of one drawing, and each writer's total is capped."""

import numpy as np
from numpy.typing import NDArray

from predictor.drawings.duplicates import Groups

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]


def leaders(labels: NDArray[np.bytes_], hashes: Numbers, order: NDArray[np.intp], *, bits: int) -> Numbers:
    """For each drawing, the leader of its group: the first in `order` among near-duplicates of one label."""
    leading = np.empty(len(labels), np.int64)
    by_label = order[np.argsort(labels[order], kind="stable")]
    for members in np.split(by_label, np.flatnonzero(labels[by_label[1:]] != labels[by_label[:-1]]) + 1):
        groups = Groups(bits=bits)
        for index in members.tolist():
            leading[index] = groups.join(index, int(hashes[index]))
    return leading


def shared(groups: Numbers) -> Weights:
    """Each drawing's part of its group's total weight, which is 1."""
    _, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return 1.0 / sizes[inverse]


def capped(weights: Weights, writers: Numbers, *, share: float, least: float) -> Weights:
    """The weights, scaled down for writers who would have more than `share` of the total and more than `least`.

    If that scales every writer down, all are scaled up again until one is back at full weight.
    """
    if len(weights) == 0:
        return weights
    _, inverse = np.unique(writers, return_inverse=True)
    totals = np.bincount(inverse, weights).astype(np.float64)
    level = max(least, _level(totals, share))
    factors = np.minimum(1.0, level / totals)
    capped: Weights = weights * (factors / factors.max())[inverse]
    return capped


def _level(totals: Weights, share: float) -> float:
    """The cap that is `share` of the total after capping; 0 if there are too few writers for one."""
    ordered = np.sort(totals)[::-1]
    below = ordered.sum() - np.concatenate(([0.0], np.cumsum(ordered)))
    for cut in range(len(ordered)):
        # With the `cut` largest at the level: level = share × (cut × level + the rest).
        if cut * share >= 1:
            return 0.0
        level = float(share * below[cut] / (1 - cut * share))
        if ordered[cut] <= level:
            return level
    return 0.0
