"""Measures a reader's speed, relative to another one."""

import time

import numpy as np

from ml.network.reader import Reader

PAIRS = 60
"""Pairs of measurements for a ratio."""


def time_ratio(baseline: Reader, reader: Reader) -> float:
    """The reader's time for one glyph divided by the baseline's.

    The median over pairs of alternating measurements, so that other load slows both alike.
    """
    glyph = np.zeros((1, 28, 28), dtype=np.uint8)
    both = baseline, reader
    for each in both:
        each.logits(glyph)
    ratios = []
    for _ in range(PAIRS):
        seconds = []
        for each in both:
            started = time.perf_counter()
            each.logits(glyph)
            seconds.append(time.perf_counter() - started)
        ratios.append(seconds[1] / seconds[0])
    return float(np.median(ratios))
