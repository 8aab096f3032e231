"""Labelled glyphs of composed photos, by the ink that the bundled finder sees: digits, and guesses that are none.

The finder leaves out faint parts of a digit, or keeps some of a box or a neighbour. From these glyphs the network
learns to read the former and to refuse the latter.
"""

from collections.abc import Iterator, Sequence
from functools import cache as memoised
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml import glyphs
from ml.finder.finder import Finder
from ml.glyphs.components import Region, find_components, union
from ml.glyphs.ink import Ink
from ml.glyphs.meant import digit_inks, number_inks
from ml.glyphs.normalisation import normalise
from ml.network import manifest as artifacts
from ml.network.classes import NOT_A_DIGIT
from ml.numbers.binarisations import binarisations
from ml.numbers.lattice import candidates
from ml.pictures.picture import Plane
from ml.progress import ReportProgress
from ml.sources import generator
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.scene import Photo, compose
from ml.training import data
from ml.training.missegmented import part_or_none
from ml.training.photo_batches import hands_of
from ml.training.processes import spread

Piece = tuple[NDArray[np.uint8], int]
"""A glyph, uint8 [28, 28], and its label."""

VERSION = 1
"""Part of the names of cached files. Increase it when the same seed gives different photos than before."""

DIGITS = (0.12, 0.5, 0.08, 0.08, 0.08, 0.07, 0.07)
"""Shares of the photos with no digit, one, two, and so on."""

HELD, BEYOND = 0.8, 0.25
"""A guess is the digit if it holds at least HELD of the digit's ink, and at most BEYOND of it lies elsewhere."""

HELD_IN_NUMBER, BEYOND_IN_NUMBER = 0.9, 0.08
"""The same of a number's candidates, one of which may fit better."""

NEAR = 0.04
"""Ink within this share of the digit's longer side is its own, because the finder's edges are soft."""

ALIKE = 8
"""Levels: guesses at one photo whose glyphs differ by less in the mean are the same."""

_SHARE = 200
"""Photos that a process composes."""


def photo_pieces(
    count: int, seed: int, cache: Path, report: ReportProgress | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The glyphs of `count` composed photos, uint8 [N, 28, 28], and their labels: a digit or NOT_A_DIGIT.

    No photo shows MNIST's validation pictures. The labels are too uncertain to calibrate by.
    """
    finder = str(artifacts.Manifest.read(artifacts.BUNDLED).finder_sha256)[:8]
    versions = f"v{glyphs.VERSION}-g{generator.VERSION}-p{VERSION}-{finder}"
    file = cache / f"photographed-{versions}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        found: list[Piece] = []
        composed = 0
        _hands(cache.resolve())
        for share in spread(partial(_pieces, cache.resolve(), seed), range(count), _SHARE):
            found += [piece for pieces in share for piece in pieces]
            composed += len(share)
            if report:
                report("photographing digits", composed, count)
        pixels, labels = zip(*found, strict=True)
        return {"pixels": np.stack(pixels), "targets": np.array(labels, dtype=np.int64)}

    kept = data.cached(file, make)
    return kept["pixels"], kept["targets"]


_bundled = memoised(Finder.bundled)


@memoised
def _hands(cache: Path) -> Hands:
    cv2.setNumThreads(1)
    return hands_of(cache)


def _pieces(cache: Path, seed: int, index: int) -> list[Piece]:
    rng = np.random.default_rng([seed, index, 7])
    count = int(rng.choice(len(DIGITS), p=DIGITS))
    text = "".join(str(digit) for digit in rng.integers(0, 10, count))
    photo = compose(_hands(cache), rng, text=text, whole=True)
    if photo.several and not text:
        return []
    if count < 2:
        return labelled_guesses(photo, digit_inks(photo.picture, _bundled()).inks)
    return labelled_candidates(photo, number_inks(photo.picture, _bundled(), None).inks, rng)


def labelled_guesses(photo: Photo, guesses: Sequence[Ink]) -> list[Piece]:
    """Glyph and label of each guess at the digit's ink that is clearly the digit, or clearly none."""
    pieces: list[Piece] = []
    for ink in guesses:
        components = find_components(ink)
        regions = [union(components)] if components else []
        pieces += _labelled(regions, ink, photo, HELD, BEYOND)
    return _distinct(pieces)


def labelled_candidates(photo: Photo, inks: Sequence[Ink], rng: np.random.Generator) -> list[Piece]:
    """The same of a number's candidates in a random binarisation: the digit in the middle, and some that are none."""
    found = [each for ink in inks for each in binarisations(ink)]
    if not found:
        return []
    ink = found[int(rng.integers(len(found)))]
    components = find_components(ink)
    regions = [each.region for each in candidates(components)] if components else []
    pieces = list(_labelled(regions, ink, photo, HELD_IN_NUMBER, BEYOND_IN_NUMBER))
    digits = [piece for piece in pieces if piece[1] != NOT_A_DIGIT]
    others = [piece for piece in pieces if piece[1] == NOT_A_DIGIT]
    return _distinct(digits + [others[int(index)] for index in rng.permutation(len(others))[:2]])


def _labelled(regions: Sequence[Region], ink: Ink, photo: Photo, held: float, beyond: float) -> Iterator[Piece]:
    true = cv2.resize(photo.digit, (ink.width, ink.height), interpolation=cv2.INTER_AREA)
    whole = np.asarray(true > true.max() // 2, dtype=np.uint8)
    for region in regions:
        target = judge(region, ink, whole, photo.meant, held, beyond)
        pixels = None if target is None else normalise(region.ink)
        if pixels is not None and target is not None:
            yield pixels, target


def _distinct(pieces: Sequence[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for pixels, target in pieces:
        if all(np.abs(pixels.astype(np.int16) - other).mean() >= ALIKE for other, _ in kept):
            kept.append((pixels, target))
    return kept


def judge(region: Region, ink: Ink, whole: Plane, meant: str, least_held: float, most_beyond: float) -> int | None:
    """The label of a region of the ink: a digit, NOT_A_DIGIT if it is clearly none, None if it is ambiguous.

    `whole`: 1 where the digit that is meant is, in a plane of the working picture's size. `meant`: that digit, or "".
    """
    if not meant:
        return NOT_A_DIGIT
    left, top = round(ink.left) + region.left, round(ink.top) + region.top
    mask = region.ink > ink.strong
    seen = np.zeros_like(whole)
    # A pen's dilated ink may reach beyond the picture.
    y, x = max(0, top), max(0, left)
    inside = mask[y - top :, x - left :][: len(whole) - y, : whole.shape[1] - x]
    seen[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    reach = round(NEAR * max(cv2.boundingRect(whole)[2:]))
    held = float((whole & _widened(seen, reach)).sum()) / max(1, int(whole.sum()))
    beyond = float((seen & ~_widened(whole, reach)).sum()) / max(1, int(seen.sum()))
    if held >= least_held and beyond <= most_beyond:
        return int(meant)
    # What holds nothing of it may be another digit.
    return part_or_none(mask, held, beyond) if held else None


def _widened(mask: Plane, reach: int) -> Plane:
    around = np.ones((2 * reach + 1, 2 * reach + 1), dtype=np.uint8)
    return np.asarray(cv2.dilate(mask, around))
