"""How long a network takes: for one glyph against another network, and for many."""

import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from ml.network import backend
from ml.network.manifest import Manifest
from ml.network.reader import Reader

PAIRS = 60

BATCHES = 30


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


def on_all_cores(file: Path, manifest: Manifest, size: int) -> float:
    """Glyphs a second at first sight in batches of `size`, in the median, by a thread for each core.

    For a process that has computed nothing yet: its threads are settled once and for all.
    """
    os.environ[backend.THREADS_VARIABLE] = str(os.cpu_count() or 1)
    reader = Reader.load(file, manifest)
    glyphs = np.random.default_rng(3).integers(0, 256, (size, 28, 28)).astype(np.uint8)
    seconds = []
    for _ in range(BATCHES):
        started = time.perf_counter()
        reader.logits(glyphs)
        seconds.append(time.perf_counter() - started)
    return size / statistics.median(seconds)
