"""What the reader's own over-segmentation makes of composed numbers: digits, and bad cuts.

Because it is known which ink belongs to which digit, each candidate can be labelled: a whole digit, or none.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml import generator, glyphs, training_data
from ml.base_data import Mnist
from ml.composition import Number, compose
from ml.ink import find_ink
from ml.lattice import Candidate, candidates
from ml.network import NOT_A_DIGIT
from ml.normalise import normalise
from ml.pieces import find_pieces

VERSION = 3
"""Changes whenever the same seed gives other numbers."""

WHOLE = 0.94
"""A candidate with at least this share of a digit's ink holds the digit."""

FOREIGN = 0.05
"""...and nothing else to speak of: at most this share of it is other ink."""

PART = 0.65
"""With less than this share of any digit's ink it is a part."""

MERGED = 0.3
"""With at least this share of other ink, it is more than a digit."""

STRAIGHT = 0.07
"""Ink is a stick where its variance across is below this share of that along; a slim bracket has more."""

Say = Callable[[str, int, int], None]


def number_pieces(
    count: int, seed: int, mnist: Mnist, cache: Path, say: Say | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` candidates of composed numbers, uint8 [N, 28, 28], and what each is: a digit or NOT_A_DIGIT.

    A third of them are digits. MNIST's pictures come from those to train on.
    """
    file = cache / f"pieces-v{glyphs.VERSION}-g{generator.VERSION}-m{VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        pixels, targets = _gather(count, seed, mnist, say)
        return {"pixels": pixels, "targets": targets}

    kept = training_data.cached(file, make)
    return kept["pixels"], kept["targets"]


def _gather(count: int, seed: int, mnist: Mnist, say: Say | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    wanted = {True: count // 3, False: count - count // 3}
    found: dict[bool, list[tuple[NDArray[np.uint8], int]]] = {True: [], False: []}
    rows = mnist.fit_indices
    images, labels = mnist.train_images[rows], mnist.train_labels[rows]

    def one(index: int) -> list[tuple[NDArray[np.uint8], int]]:
        rng = np.random.default_rng([seed, index, 2])
        return labelled_pieces(compose(rng, images, labels), rng)

    index = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        while any(len(found[is_digit]) < wanted[is_digit] for is_digit in found):
            for pieces in pool.map(one, range(index, index + 200)):
                for pixels, target in pieces:
                    found[target != NOT_A_DIGIT].append((pixels, target))
            index += 200
            if say:
                say("cutting numbers", min(count, sum(min(len(found[k]), wanted[k]) for k in found)), count)
    kept = [piece for is_digit in (True, False) for piece in found[is_digit][: wanted[is_digit]]]
    return np.stack([pixels for pixels, _ in kept]), np.array([target for _, target in kept], dtype=np.int64)


def labelled_pieces(number: Number, rng: np.random.Generator) -> list[tuple[NDArray[np.uint8], int]]:
    """Glyph and target of each candidate that is clearly a digit or clearly none."""
    ink = 255 - number.ink
    picture = np.repeat(ink[..., None], 3, axis=2)
    found = find_ink(picture)
    if found is None:
        return []
    judged = [(each, judge(each, number, found.left, found.top)) for each in candidates(find_pieces(found))]
    digits = [(each, target) for each, target in judged if target is not None and target != NOT_A_DIGIT]
    others = [(each, NOT_A_DIGIT) for each, target in judged if target == NOT_A_DIGIT]
    # A long number has many more of these than digits; normalising them all would be for nothing.
    some = rng.permutation(len(others))[: 2 * len(digits) + 1]
    drawn = [(normalise(each.piece.ink), target) for each, target in digits + [others[int(i)] for i in some]]
    return [(pixels, target) for pixels, target in drawn if pixels is not None]


def judge(candidate: Candidate, number: Number, left: int, top: int) -> int | None:
    """Which digit the candidate is, NOT_A_DIGIT where it is clearly none, None where one can't say."""
    piece = candidate.piece
    place = (
        slice(piece.top + top, piece.top + top + piece.height),
        slice(piece.left + left, piece.left + left + piece.width),
    )
    mask = piece.ink > 127
    size = max(1, int(mask.sum()))
    held, share = 0, 0.0
    for index, digit in enumerate(number.digits):
        own = float((mask & (digit[place] > 127)).sum()) / max(1, int((digit > 127).sum()))
        if own > share:
            held, share = index, own
    foreign = 1 - float((mask & (number.digits[held][place] > 60)).sum()) / size
    if share >= WHOLE and foreign <= FOREIGN:
        return int(number.text[held])
    if share >= PART and foreign < MERGED:
        return None
    if _is_stick(mask) or (share < PART and foreign < MERGED and _has_loop(mask)):
        return None
    return NOT_A_DIGIT


def _is_stick(mask: NDArray[np.bool_]) -> bool:
    """Whether the ink is an upright stick, which reads as a 1 wherever it comes from."""
    y, x = np.nonzero(mask)
    if len(y) < 3:
        return True
    spread, axes = np.linalg.eigh(np.cov(np.stack((x, y)).astype(np.float64)))
    return bool(spread[0] < STRAIGHT * spread[1] and abs(axes[1, 1]) > abs(axes[0, 1]))


def _has_loop(mask: NDArray[np.bool_]) -> bool:
    """Whether it encloses paper, so that a part of a digit may be a 0, 6 or 9 all the same."""
    _, regions = ndimage.label(np.pad(~mask, 1, constant_values=True))
    return bool(regions > 1)
