"""Handwriting on a composed photo: shapes of digits and letters, and the canvas that they are drawn on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sources import generator
from ml.sources.fonts import Fonts

T = TypeVar("T")

Rng = np.random.Generator
Plane = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom in canvas pixels."""

FINE = 2
"""Coverage is drawn this many times as large as the canvas, then averaged down."""

SHIFT = 4
"""Fractional bits of the coordinates that OpenCV draws with."""

PRINT = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
"""OpenCV's fonts that look printed."""

FONT_SHARE, MNIST_SHARE = 0.2, 0.2
"""Shares of the digits that fonts, if there are any, and MNIST give; the stroke generator gives the rest."""

OTHER_FONT_SHARE = 0.4
"""Share of the letters and words that handwriting fonts give."""

DISPLAY_SHARE = 0.25
"""Share of the printed digits that look as on a display of seven segments."""

INKED = 60
"""The least coverage, of 255, that counts as ink where a shape is cropped."""

_SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
_ENDS = {
    "a": ((0, 0), (1, 0)),
    "b": ((1, 0), (1, 1)),
    "c": ((1, 1), (1, 2)),
    "d": ((0, 2), (1, 2)),
    "e": ((0, 1), (0, 2)),
    "f": ((0, 0), (0, 1)),
    "g": ((0, 1), (1, 1)),
}
"""Each segment's ends, in a box 1 wide and 2 high."""


def log_uniform(low: float, high: float, rng: Rng) -> float:
    """A number from `low` to `high`, its logarithm uniformly distributed."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def pick(options: Sequence[T], rng: Rng) -> T:
    """One of the options, each as likely."""
    return options[int(rng.integers(len(options)))]


@dataclass(frozen=True)
class Shape:
    """What is written, in a unit box with the longer side 1: strokes of [x, y, ..., pressure], or a coverage."""

    strokes: Sequence[NDArray[np.float64]] = ()
    coverage: Plane | None = None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height; the longer is 1."""
        if self.coverage is not None:
            height, width = self.coverage.shape
        else:
            width, height = np.ptp(np.concatenate(self.strokes)[:, :2], axis=0)
        longest = max(width, height, 1e-6)
        return float(width / longest), float(height / longest)


@dataclass
class Canvas:
    """Coverage planes that are drawn on FINE times as large. `writing`: all handwriting. `digit`: of the digit that is
    meant. `signs`: of signs between digits.
    """

    height: int
    width: int
    planes: dict[str, Plane] = field(default_factory=dict)

    def plane(self, name: str) -> Plane:
        """The fine plane of this name, made when it is first asked for."""
        if name not in self.planes:
            self.planes[name] = np.zeros((FINE * self.height, FINE * self.width), dtype=np.uint8)
        return self.planes[name]

    def coverage(self, name: str) -> Plane:
        """uint8 [height, width], 255 where ink covers the whole pixel."""
        if name not in self.planes:
            return np.zeros((self.height, self.width), dtype=np.uint8)
        return np.asarray(cv2.resize(self.planes[name], (self.width, self.height), interpolation=cv2.INTER_AREA))


class Hands:
    """Where shapes come from: the stroke generator, handwriting fonts, and MNIST's pictures."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.integer], fonts: Fonts | None = None) -> None:
        """`images`: uint8 [N, 28, 28] of handwritten digits, with `labels` 0 to 9."""
        self._images = images
        self._rows = [np.flatnonzero(labels == digit).tolist() for digit in range(10)]
        self._fonts = fonts

    def digit(self, digit: int, rng: Rng) -> Shape:
        """The digit in a random hand."""
        source = rng.random()
        if source < FONT_SHARE and self._fonts:
            return Shape(coverage=_cropped(self._fonts.digit(digit, rng)))
        if source < FONT_SHARE + MNIST_SHARE:
            return Shape(coverage=_cropped(_enlarged(self._images[pick(self._rows[digit], rng)])))
        return Shape(strokes=_arrays(generator.digit_strokes(digit, rng)))

    def other(self, rng: Rng) -> Shape:
        """A letter, a word, a shape or a scribble."""
        if rng.random() < OTHER_FONT_SHARE and self._fonts:
            return Shape(coverage=_cropped(self._fonts.other(rng)))
        return Shape(strokes=_arrays(generator.non_digit_strokes(rng)))


def printed_digit(digit: int, rng: Rng) -> Shape:
    """The digit as printed, or as a display of seven segments shows it."""
    if rng.random() < DISPLAY_SHARE:
        strokes = [np.array([(0.5 * x, 0.5 * y, 0.0, 0.5) for x, y in _ENDS[name]]) for name in _SEGMENTS[digit]]
        return Shape(strokes=strokes)
    plane = np.zeros((160, 160), dtype=np.uint8)
    font = int(rng.choice(PRINT))
    cv2.putText(plane, str(digit), (30, 130), font, 4.0, 255, int(rng.integers(4, 18)), cv2.LINE_AA)
    return Shape(coverage=_cropped(plane))


def line(*points: tuple[float, float]) -> Shape:
    """A stroke through the points."""
    return Shape(strokes=[np.array([(x, y, 0.0, 0.5) for x, y in points], dtype=np.float64)])


def write(canvas: Canvas, shape: Shape, names: Sequence[str], centre: tuple[float, float], side: float, pen: float,
          rng: Rng, swing: float = 0.0) -> Box:  # fmt: skip
    """Writes the shape with its longer side `side` and a pen of this width, in canvas pixels, on the named planes.

    `swing`: how much the pressure changes the pen's width, 0 to 1. Returns the box of the ink.
    """
    if shape.coverage is not None:
        return _stamp(canvas, shape.coverage, names, centre, side)
    everything = np.concatenate(shape.strokes)[:, :2]
    low, extent = everything.min(axis=0), np.ptp(everything, axis=0)
    scale = side / max(float(extent.max()), 1e-6)
    corner = np.array(centre) - scale * extent / 2
    wave = 1 + swing * float(rng.uniform(-0.3, 0.3))
    for stroke in shape.strokes:
        points = (stroke[:, :2] - low) * scale + corner
        pressure = stroke[:, 3] if stroke.shape[1] > 3 else np.full(len(stroke), 0.5)
        widths = pen * wave * (1 - swing + swing * 2 * pressure)
        for name in names:
            _draw(canvas.plane(name), points, widths)
    reach = pen / 2
    left, top = corner - reach
    right, bottom = corner + scale * extent + reach
    return float(left), float(top), float(right), float(bottom)


def _draw(plane: Plane, points: NDArray[np.float64], widths: NDArray[np.float64]) -> None:
    """Round strokes of changing width on a fine plane."""
    fine = np.rint((points * FINE - 0.5 * (FINE - 1)) * (1 << SHIFT)).astype(np.int32)
    thick = np.maximum(1, np.rint(widths * FINE)).astype(int)
    if len(fine) == 1 or thick.max() > 3 * max(1, thick.min()):
        fine = np.repeat(fine, 2, axis=0) if len(fine) == 1 else fine
        thick = np.repeat(thick, 2) if len(thick) == 1 else thick
    if thick.max() == thick.min():
        cv2.polylines(plane, [fine[:, None]], False, 255, int(thick[0]), cv2.LINE_AA, SHIFT)
        return
    for one, other, width in zip(fine[:-1], fine[1:], thick[:-1], strict=True):
        cv2.line(plane, one.tolist(), other.tolist(), 255, int(width), cv2.LINE_AA, SHIFT)


def _stamp(canvas: Canvas, coverage: Plane, names: Sequence[str], centre: tuple[float, float], side: float) -> Box:
    scale = side / max(coverage.shape)
    height, width = (max(2, round(FINE * scale * each)) for each in coverage.shape)
    way = cv2.INTER_AREA if FINE * scale < 1 else cv2.INTER_CUBIC
    large = cv2.resize(coverage, (width, height), interpolation=way).astype(np.float32)
    # Enlarging softens the edge: make it as steep as a pen's again.
    shape = np.clip((large - 127) * max(1.0, 0.6 * FINE * scale) + 127, 0, 255).astype(np.uint8)
    left, top = round(FINE * centre[0] - width / 2), round(FINE * centre[1] - height / 2)
    for name in names:
        plane = canvas.plane(name)
        x, y = max(0, left), max(0, top)
        part = plane[y : max(0, top + height), x : max(0, left + width)]
        if part.size:
            own = shape[y - top : y - top + part.shape[0], x - left : x - left + part.shape[1]]
            np.maximum(part, own, out=part)
    return left / FINE, top / FINE, (left + width) / FINE, (top + height) / FINE


def _enlarged(image: Plane) -> Plane:
    large = cv2.resize(np.pad(image, 1), None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return np.clip((large - 110) * 3 + 110, 0, 255).astype(np.uint8)


def _cropped(plane: Plane) -> Plane:
    rows, columns = np.flatnonzero((plane > INKED).any(axis=1)), np.flatnonzero((plane > INKED).any(axis=0))
    if len(rows) == 0:
        return plane
    return plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _arrays(strokes: Sequence[Sequence[Sequence[float]]]) -> list[NDArray[np.float64]]:
    return [np.array(stroke, dtype=np.float64) for stroke in strokes]
