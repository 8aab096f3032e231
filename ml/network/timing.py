"""Measures a reader's speed: relative to another one for a single glyph, and its throughput in batches."""

import os
import statistics
import time
from pathlib import Path

import numpy as np

from ml.network.manifest import Manifest
from ml.network.onnx_runtime import THREADS_VARIABLE
from ml.network.reader import Reader

PAIRS = 60
"""Pairs of measurements for a ratio."""

BATCHES = 30
"""Batches for a throughput."""


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


def throughput(file: Path, manifest: Manifest, size: int) -> float:
    """Median glyphs per second in batches of `size`, with one thread per core and without test-time augmentation.

    Call it in a fresh process, because threads can not be changed after TensorFlow's first operation.
    """
    os.environ[THREADS_VARIABLE] = str(os.cpu_count() or 1)
    reader = Reader.load(file, manifest)
    glyphs = np.random.default_rng(3).integers(0, 256, (size, 28, 28)).astype(np.uint8)
    seconds = []
    for _ in range(BATCHES):
        started = time.perf_counter()
        reader.logits(glyphs)
        seconds.append(time.perf_counter() - started)
    return size / statistics.median(seconds)
