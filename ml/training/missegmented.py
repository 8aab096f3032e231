"""Training glyphs from the over-segmentation of composed numbers: digits, and bad cuts.

The composition knows which ink belongs to which digit, so each candidate can be labelled: a whole digit, or none.
"""

import os
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml import glyphs
from ml.glyphs.components import find_components
from ml.glyphs.ink import find_ink
from ml.glyphs.normalisation import normalise
from ml.network.classes import NOT_A_DIGIT
from ml.numbers.binarisations import binarisations
from ml.numbers.lattice import Candidate, candidates
from ml.progress import ReportProgress
from ml.sources import generator
from ml.sources.composition import Number, compose
from ml.sources.mnist import Mnist
from ml.sources.scans import scanned
from ml.training import data
from ml.training.processes import spread

VERSION = 4
"""Part of the names of cached files. Increase it when the same seed gives different numbers than before."""

WHOLE = 0.94
"""A candidate with at least this share of a digit's ink is the digit..."""

FOREIGN = 0.05
"""...if at most this share of the candidate is other ink."""

PART = 0.65
"""A candidate with less than this share of every digit's ink is a part of a digit."""

MERGED = 0.3
"""A candidate with at least this share of other ink is more than a digit."""

WHOLE_IN_PRINT, CLUTTER = 0.88, 0.25
"""On printed paper, where edges are uncertain, a candidate is a digit with at least WHOLE_IN_PRINT of the digit's ink.
At most the share CLUTTER of the candidate may be print.
"""

OTHERS = 0.07
"""On printed paper, at most this share of a candidate may be other digits' ink."""

STRAIGHT = 0.07
"""Ink is a stick if its variance across is below this share of its variance along. A slim bracket has more."""

_SHARE = 100
"""Numbers that a process cuts."""


def number_pieces(
    count: int, seed: int, mnist: Mnist, cache: Path, report: ReportProgress | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` candidates of composed numbers, uint8 [N, 28, 28], and their labels: a digit or NOT_A_DIGIT.

    A third of them are digits. Only MNIST's `fit_indices` are used.
    """
    file = cache / f"pieces-v{glyphs.VERSION}-g{generator.VERSION}-m{VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        pixels, targets = _gather(count, seed, mnist, report)
        return {"pixels": pixels, "targets": targets}

    kept = data.cached(file, make)
    return kept["pixels"], kept["targets"]


def scanned_pieces(
    count: int, seed: int, mnist: Mnist, cache: Path, report: ReportProgress | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The same for numbers on printed paper. Two fifths are digits."""
    file = cache / f"scanned-v{glyphs.VERSION}-g{generator.VERSION}-m{VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        pixels, targets = _gather(count, seed, mnist, report, on_print=True)
        return {"pixels": pixels, "targets": targets}

    kept = data.cached(file, make)
    return kept["pixels"], kept["targets"]


def _gather(
    count: int, seed: int, mnist: Mnist, report: ReportProgress | None, *, on_print: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    digits = 2 * count // 5 if on_print else count // 3
    wanted = {True: digits, False: count - digits}
    found: dict[bool, list[tuple[NDArray[np.uint8], int]]] = {True: [], False: []}
    rows = mnist.fit_indices
    images, labels = mnist.train_images[rows], mnist.train_labels[rows]
    make = partial(_pieces, images, labels, seed, on_print)
    index, size = 0, _SHARE * (os.cpu_count() or 1)
    while any(len(found[is_digit]) < wanted[is_digit] for is_digit in found):
        for share in spread(make, range(index, index + size), _SHARE):
            for pixels, target in chain.from_iterable(share):
                found[target != NOT_A_DIGIT].append((pixels, target))
        index += size
        if report:
            report("cutting numbers", min(count, sum(min(len(found[k]), wanted[k]) for k in found)), count)
    kept = [piece for is_digit in (True, False) for piece in found[is_digit][: wanted[is_digit]]]
    return np.stack([pixels for pixels, _ in kept]), np.array([target for _, target in kept], dtype=np.int64)


def _pieces(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], seed: int, on_print: bool, index: int
) -> list[tuple[NDArray[np.uint8], int]]:
    rng = np.random.default_rng([seed, index, 5 if on_print else 2])
    number = compose(rng, images, labels)
    return labelled_pieces_in_print(number, rng) if on_print else labelled_pieces(number, rng)


def labelled_pieces(number: Number, rng: np.random.Generator) -> list[tuple[NDArray[np.uint8], int]]:
    """Glyph and label of each candidate that is clearly a digit or clearly none."""
    ink = 255 - number.ink
    picture = np.repeat(ink[..., None], 3, axis=2)
    found = find_ink(picture)
    if found is None:
        return []
    return _some(
        [
            (each, judge(each, number, round(found.left), round(found.top)))
            for each in candidates(find_components(found))
        ],
        rng,
    )


def labelled_pieces_in_print(number: Number, rng: np.random.Generator) -> list[tuple[NDArray[np.uint8], int]]:
    """`labelled_pieces` for the number on printed paper."""
    scan = scanned(number, rng)
    found = find_ink(scan.picture)
    if found is None:
        return []
    ink = binarisations(found)[0]
    pieces = find_components(ink)
    near = [ndimage.maximum_filter(digit, 3) > 60 for digit in scan.number.digits]
    found_here = list(candidates(pieces)) if pieces else []
    return _some(
        [(each, judge_in_print(each, scan.number, near, round(ink.left), round(ink.top))) for each in found_here], rng
    )


def _some(judged: list[tuple[Candidate, int | None]], rng: np.random.Generator) -> list[tuple[NDArray[np.uint8], int]]:
    """Glyph and label of all digits, and of a sample of the non-digits."""
    digits = [(each, target) for each, target in judged if target is not None and target != NOT_A_DIGIT]
    others = [(each, NOT_A_DIGIT) for each, target in judged if target == NOT_A_DIGIT]
    # Sample, because a long number has many more non-digits than are needed, and normalising them takes time.
    some = rng.permutation(len(others))[: 2 * len(digits) + 1]
    drawn = [(normalise(each.region.ink), target) for each, target in digits + [others[int(i)] for i in some]]
    return [(pixels, target) for pixels, target in drawn if pixels is not None]


def judge(candidate: Candidate, number: Number, left: int, top: int) -> int | None:
    """The candidate's label: a digit, NOT_A_DIGIT if it is clearly none, None if it is ambiguous."""
    place, mask = _place(candidate, left, top), candidate.region.ink > 127
    held, share = _held(mask, number, place)
    foreign = 1 - float((mask & (number.digits[held][place] > 60)).sum()) / max(1, int(mask.sum()))
    if share >= WHOLE and foreign <= FOREIGN:
        return int(number.text[held])
    return part_or_none(mask, share, foreign)


def judge_in_print(
    candidate: Candidate, number: Number, near: list[NDArray[np.bool_]], left: int, top: int
) -> int | None:
    """`judge` on printed paper. `near`: for each digit, the pixels of its ink or next to it."""
    place, mask = _place(candidate, left, top), candidate.region.ink > 127
    held, share = _held(mask, number, place)
    size = max(1, int(mask.sum()))
    beyond = mask & ~near[held][place]
    planes = [digit for index, digit in enumerate(number.digits) if index != held] + [number.marks]
    others = float((beyond & (np.maximum.reduce([plane[place] for plane in planes]) > 60)).sum()) / size
    foreign = float(beyond.sum()) / size
    if share >= WHOLE_IN_PRINT and others <= OTHERS and foreign <= CLUTTER:
        return int(number.text[held])
    return part_or_none(mask, share, foreign)


def _place(candidate: Candidate, left: int, top: int) -> tuple[slice, slice]:
    piece = candidate.region
    return (
        slice(piece.top + top, piece.top + top + piece.height),
        slice(piece.left + left, piece.left + left + piece.width),
    )


def _held(mask: NDArray[np.bool_], number: Number, place: tuple[slice, slice]) -> tuple[int, float]:
    """The index of the digit with most ink in the mask, and the share of its ink there."""
    held, share = 0, 0.0
    for index, digit in enumerate(number.digits):
        own = float((mask & (digit[place] > 127)).sum()) / max(1, int((digit > 127).sum()))
        if own > share:
            held, share = index, own
    return held, share


def part_or_none(mask: NDArray[np.bool_], share: float, foreign: float) -> int | None:
    """None if the ink may still be read as a digit, else NOT_A_DIGIT."""
    if share >= PART and foreign < MERGED:
        return None
    if _is_stick(mask) or (share < PART and foreign < MERGED and _has_loop(mask)):
        return None
    return NOT_A_DIGIT


def _is_stick(mask: NDArray[np.bool_]) -> bool:
    """Whether the ink is an upright stick, which reads as a 1 whatever digit it was cut from."""
    y, x = np.nonzero(mask)
    if len(y) < 3:
        return True
    spread, axes = np.linalg.eigh(np.cov(np.stack((x, y)).astype(np.float64)))
    return bool(spread[0] < STRAIGHT * spread[1] and abs(axes[1, 1]) > abs(axes[0, 1]))


def _has_loop(mask: NDArray[np.bool_]) -> bool:
    """Whether the ink encloses paper, so that a part of a digit may still read as a 0, 6 or 9."""
    _, regions = ndimage.label(np.pad(~mask, 1, constant_values=True))
    return bool(regions > 1)
