"""How long a network takes for one glyph, against another."""

import time
from typing import Any

import numpy as np

from ml import backend

PAIRS = 60


def ratio(one: Any, other: Any) -> float:
    """The other's time against the one's: the median over pairs measured in turn, so that what else the machine does
    slows both."""
    glyph = np.zeros((1, 28, 28, 1), dtype=np.float32)
    forwards = [backend.compile_forward(model) for model in (one, other)]
    for forward in forwards:
        forward(glyph)
    ratios = []
    for _ in range(PAIRS):
        seconds = []
        for forward in forwards:
            started = time.perf_counter()
            forward(glyph)
            seconds.append(time.perf_counter() - started)
        ratios.append(seconds[1] / seconds[0])
    return float(np.median(ratios))
