"""Recombines MNIST's digits: joins halves, averages two shapes, and adds strokes that its American writers leave out.

Uses only MNIST's `fit_indices`. The results are in MNIST's form: uint8 [28, 28], 0 is paper, 255 is ink.
"""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from ml import glyphs
from ml.progress import ReportProgress
from ml.sources.mnist import Mnist
from ml.training import data
from ml.training.data import Glyphs, Labels
from ml.training.processes import spread

VERSION = 3
"""Part of the names of cached files. Increase it when the same seed gives different pictures than before."""

PARTNERS = 60
"""Pictures of the same digit to search for the best partner."""

MARKED_SHARE = 0.5
"""Share of the zeros, ones and sevens that get an extra stroke."""

HOLES = ((1,), (0,), (0, 1), (0,), (0, 1), (0,), (1,), (0,), (2,), (1,))
"""Allowed numbers of holes for each digit. A five with one hole would be a six, a nine with two an eight."""

_SHARE = 1_000
"""Pictures that a process makes."""
_FINE = 4
_TRIALS = 4
_CUTS = (10, 19)
_WORST_FIT = 1.6

Image28 = NDArray[np.uint8]
Line = list[tuple[float, float]]


def recombined_digits(
    mnist: Mnist, count: int, seed: int, cache: Path, report: ReportProgress | None = None
) -> tuple[Glyphs, Labels]:
    """Recombined digits as served, and their labels. The digits' counts differ by at most one."""
    labels = np.arange(count, dtype=np.uint8) % 10
    file = cache / f"recombined-v{glyphs.VERSION}-r{VERSION}-s{seed}-n{count}.npz"

    def make() -> dict[str, NDArray[Any]]:
        return {"pixels": data.served(recombined(mnist, labels, seed), report)}

    return data.cached(file, make)["pixels"], labels


def recombined(mnist: Mnist, labels: NDArray[np.integer], seed: int) -> Glyphs:
    """A picture for each label 0 to 9, in MNIST's form."""
    rows = mnist.fit_indices
    images = mnist.train_images[rows]
    of_digit = [images[mnist.train_labels[rows] == digit] for digit in range(10)]
    make = partial(_recombined, of_digit, labels, seed)
    return np.stack(list(chain.from_iterable(spread(make, range(len(labels)), _SHARE))))


def _recombined(of_digit: list[Glyphs], labels: NDArray[np.integer], seed: int, index: int) -> Image28:
    rng = np.random.default_rng([seed, index, 4])
    return recombine(int(labels[index]), of_digit[int(labels[index])], rng)


def recombine(digit: int, images: Glyphs, rng: np.random.Generator) -> Image28:
    """A new picture of the digit, made from one or two of its pictures uint8 [N, 28, 28]."""
    if digit in _MARKS and rng.random() < MARKED_SHARE:
        for image in images[rng.integers(len(images), size=8)]:
            marked = _marked(image, _MARKS[digit](image, rng))
            # A bar that reached the seven's serif would make a four.
            if marked is not None and (digit == 0 or _topology(marked) == _topology(image) == (1, 1)):
                return marked
    for one in images[rng.integers(len(images), size=_TRIALS)]:
        others = images[rng.integers(len(images), size=PARTNERS)]
        for join in (_halves, _between) if rng.random() < 0.6 else (_between, _halves):
            joined = join(one, others, rng)
            if joined is not None and _is_whole(joined, digit):
                return joined
    return np.array(one)


def _halves(one: Image28, others: Glyphs, rng: np.random.Generator) -> Image28 | None:
    """The upper part of `one` joined to the lower part of the best-fitting other picture; None if none fits."""
    row = int(rng.integers(*_CUTS))
    best, cost = None, _WORST_FIT
    above = [_strokes(one[at]) for at in (row - 2, row)]
    for other in others:
        below = [_strokes(other[at]) for at in (row, row + 2)]
        fit = _fit(above, below)
        if fit is not None and fit[0] < cost:
            cost, best = fit[0], (other, fit[1], fit[2])
    if best is None:
        return None
    other, scale, shift = best
    across = (np.arange(28) - shift) / scale
    lower = np.stack([np.interp(across, np.arange(28), line, left=0, right=0) for line in other[row:]])
    joined = np.concatenate((one[:row].astype(np.float64), lower))
    joined[row] = np.maximum(joined[row], one[row])
    return np.asarray(np.rint(joined), dtype=np.uint8)


def _strokes(line: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Middle and width of each run of ink along a line of pixels: float64 [N, 2]."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], line > 100, [False]))))
    starts, ends = edges[::2], edges[1::2]
    return np.stack(((starts + ends - 1) / 2, (ends - starts).astype(np.float64)), axis=1)


def _fit(above: list[NDArray[np.float64]], below: list[NDArray[np.float64]]) -> tuple[float, float, float] | None:
    """The misfit of the strokes across the cut, and the scale and shift of the lower part; None if they can't meet."""
    upper, lower = above[1], below[0]
    if not 1 <= len(upper) == len(lower) <= 2:
        return None
    scale = float(np.ptp(upper[:, 0]) / np.ptp(lower[:, 0])) if len(upper) == 2 else 1.0
    if not 0.65 < scale < 1.5:
        return None
    shift = float(upper[0, 0] - scale * lower[0, 0])
    cost = 3 * abs(float(np.log(scale))) + 0.3 * float(np.abs(upper[:, 1] - lower[:, 1]).sum())
    if len(above[0]) == len(below[1]) == len(upper):
        bend = (upper[:, 0] - above[0][:, 0]) - scale * (below[1][:, 0] - lower[:, 0])
        cost += 0.5 * float(np.abs(bend).sum())
    else:
        cost += 0.5
    return cost, scale, shift


def _between(one: Image28, others: Glyphs, rng: np.random.Generator) -> Image28:
    """The shape halfway between `one` and the most similar other: the mean of their signed distance fields."""
    blurred = ndimage.gaussian_filter(one.astype(np.float32), 1.5)
    apart = [float(np.square(ndimage.gaussian_filter(each.astype(np.float32), 1.5) - blurred).sum()) for each in others]
    # `others` may contain the same picture.
    other = others[int(np.argmin([value if value > 0 else np.inf for value in apart]))]
    share = float(rng.uniform(0.35, 0.65))
    field = share * _edge_distance(one) + (1 - share) * _edge_distance(other)
    fine = np.clip(0.5 + field, 0, 1)
    return _coarse(fine)


def _edge_distance(image: Image28) -> NDArray[np.float64]:
    large = np.asarray(Image.fromarray(image).resize((28 * _FINE, 28 * _FINE), Image.Resampling.BICUBIC)) > 127
    inside, outside = ndimage.distance_transform_edt(large), ndimage.distance_transform_edt(~large)
    return np.asarray(inside - outside)


def _coarse(fine: NDArray[Any]) -> Image28:
    """uint8 [28, 28] from coverage 0 to 1 at `_FINE` times its size."""
    means = fine.reshape(28, _FINE, 28, _FINE).mean(axis=(1, 3))
    return np.asarray(np.rint(255 * means), dtype=np.uint8)


def _is_whole(image: Image28, digit: int) -> bool:
    """Whether the picture is in one piece, with an allowed number of holes for the digit."""
    parts, grounds = _topology(image)
    return parts == 1 and grounds - 1 in HOLES[digit]


def _topology(image: Image28) -> tuple[int, int]:
    ink = np.pad(image > 80, 1)
    return int(ndimage.label(ink, np.ones((3, 3)))[1]), int(ndimage.label(~ink)[1])


def _marked(image: Image28, lines: list[Line]) -> Image28 | None:
    """The picture with extra strokes as wide as its own; None if there are no lines."""
    if not lines:
        return None
    field = _edge_distance(image)
    pen = 2 * float(np.median(field[(field > 1) & (field >= ndimage.maximum_filter(field, 3))]))
    large = Image.fromarray(np.asarray(np.clip(0.5 + field, 0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(large)
    for line in lines:
        points = [(_FINE * x, _FINE * y) for x, y in line]
        draw.line(points, fill=255, width=max(1, round(pen)), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return _coarse(np.asarray(large) / 255)


def _extent(image: Image28) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero((image > 100).any(axis=1)), np.flatnonzero((image > 100).any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _zero_marks(image: Image28, rng: np.random.Generator) -> list[Line]:
    """A slash from the upper right, or a dot."""
    left, top, right, bottom = _extent(image)
    hollow = int(ndimage.binary_fill_holes(image > 100).sum()) - int((image > 100).sum())
    if _topology(image) != (1, 2) or hollow < 0.3 * (right - left) * (bottom - top):
        return []
    x, y = (left + right) / 2, (top + bottom) / 2
    if rng.random() < 0.35:
        size = float(rng.uniform(0.2, 1.2))
        return [[(x, y), (x + size * float(rng.normal()), y + size)]]
    reach_x, reach_y = (
        (right - left) / 2 * float(rng.uniform(0.7, 1.15)),
        (bottom - top) / 2 * float(rng.uniform(0.6, 1.05)),
    )
    return [[(x + reach_x, y - reach_y), (x - reach_x, y + reach_y)]]


def _one_marks(image: Image28, rng: np.random.Generator) -> list[Line]:
    """A flag down from the top (short and wide, or long and narrow), a foot, or both. Only for a bare stick."""
    _, top, _, bottom = _extent(image)
    head, sole, middle = (_strokes(image[row]) for row in (top + 1, bottom - 2, (top + bottom) // 2))
    if not len(head) == len(sole) == len(middle) == 1 or max(head[0, 1], middle[0, 1], sole[0, 1]) > 5:
        return []
    tall = bottom - top
    start, end = np.array((head[0, 0] + 0.5, top + 1.5)), np.array((sole[0, 0] + 0.5, bottom - 1.5))
    if abs(start[0] - end[0]) > 0.45 * tall:
        return []
    lines: list[Line] = []
    kind = rng.random()
    if kind < 0.85:
        angle = float(rng.uniform(0.45, 0.95))
        length = tall * float(rng.uniform(0.2, 0.4 + 0.45 * (0.95 - angle)))
        along = (end - start) / np.hypot(*(end - start))
        away = np.array((-np.sin(angle) * along[1] + np.cos(angle) * along[0], np.cos(angle) * along[1]))
        tip = start + length * away
        bow = (start + tip) / 2 + (0, float(rng.normal(0, 0.05)) * length)
        lines.append([tuple(start), tuple(bow), tuple(tip)])
    if kind > 0.5:
        reach = tall * rng.uniform(0.14, 0.32, 2)
        tilt = float(rng.normal(0, 0.5))
        lines.append([(end[0] - reach[0], end[1] + tilt), (end[0] + reach[1], end[1] - tilt)])
    return lines


def _seven_marks(image: Image28, rng: np.random.Generator) -> list[Line]:
    """A bar across the stem."""
    _, top, _, bottom = _extent(image)
    tall = bottom - top
    row = round(top + tall * float(rng.uniform(0.45, 0.62)))
    stem = _strokes(image[row])
    if len(stem) != 1 or stem[0, 1] > 5:
        return []
    reach = tall * rng.uniform(0.16, 0.32, 2)
    tilt = float(rng.normal(0.4, 0.7))
    return [[(stem[0, 0] + 0.5 - reach[0], row + tilt), (stem[0, 0] + 0.5 + reach[1], row - tilt)]]


_MARKS = {0: _zero_marks, 1: _one_marks, 7: _seven_marks}
