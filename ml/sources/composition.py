"""Composes numbers digit by digit, as one person writes them. The ink of each digit is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ml.pictures.strokes import fit_strokes, render
from ml.sources import generator

HEIGHT = 64
"""Height of an average digit, in pixels."""

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class Number:
    """A written number. `digits`, `marks`: the ink of each digit and of all marks, uint8 [h, w], 255 for full ink."""

    text: str
    digits: list[Plane]
    marks: Plane

    @property
    def ink(self) -> Plane:
        """The ink of all digits and marks."""
        return np.asarray(np.maximum.reduce([*self.digits, self.marks]))


def compose(rng: np.random.Generator, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> Number:
    """A number of 2 to 7 digits in one hand, from generated strokes with one pen or MNIST's pictures.

    Digits often touch and vary in height, because many people write small zeros. Dots, commas and dashes stand between
    the digits and after them.
    """
    count = int(rng.integers(2, 8))
    drawn = rng.random() < 0.6
    pen = HEIGHT * float(np.exp(rng.uniform(np.log(0.03), np.log(0.16))))
    spread = float(rng.uniform(0, 0.18))
    zero = float(rng.uniform(0.45, 0.9)) if rng.random() < 0.35 else 1.0
    tightness = float(rng.beta(1.2, 1.2))
    breaks = float(rng.uniform(0, 0.5)) if rng.random() < 0.4 else 0.0
    shapes: list[Plane] = []
    text = ""
    for _ in range(count):
        index = int(rng.integers(len(labels)))
        digit = int(rng.integers(10)) if drawn else int(labels[index])
        height = HEIGHT * float(np.exp(rng.normal(0, spread))) * (1.0 if digit else zero)
        shape = _drawn(digit, height, pen, rng) if drawn else _enlarged(images[index], height)
        shapes.append(_broken(shape, rng) if rng.random() < breaks else shape)
        text += str(digit)
    return _arranged(text, shapes, tightness, pen, rng)


def _drawn(digit: int, height: float, pen: float, rng: np.random.Generator) -> Plane:
    strokes = generator.digit_strokes(digit, rng)
    points = np.concatenate([np.array(stroke)[:, :2] for stroke in strokes])
    tall, broad = float(np.ptp(points[:, 1])), float(np.ptp(points[:, 0]))
    # Scale digits to similar heights, unless one is much wider than high.
    scale = height / max(tall, 0.6 * broad, 1e-3)
    size = (round(broad * scale + pen) + 6, round(tall * scale + pen) + 6)
    fitted = fit_strokes(strokes, width=size[0], height=size[1], pen=pen, margin=0.0)
    return _cropped(255 - render(fitted, width=size[0], height=size[1])[..., 0])


def _enlarged(image: Plane, height: float) -> Plane:
    inner = _cropped(image)
    scale = height / max(inner.shape[0], 0.6 * inner.shape[1])
    size = (max(2, round(inner.shape[1] * scale)), max(2, round(inner.shape[0] * scale)))
    padded = np.pad(inner, 1)
    across, down = 2 * scale, 2 * scale
    large = Image.fromarray(padded).resize((round(size[0] + across), round(size[1] + down)), Image.Resampling.BICUBIC)
    # Sharpen: enlarging makes MNIST's soft edges too wide.
    steep = np.clip((np.asarray(large, dtype=np.float32) - 127) * (scale / 1.5) + 127, 0, 255)
    return _cropped(steep.astype(np.uint8))


def _broken(shape: Plane, rng: np.random.Generator) -> Plane:
    """The digit with a gap in its strokes, as from a dry pen or faint ink on a pattern."""
    height, width = shape.shape
    y, x = np.mgrid[:height, :width]
    middle = rng.uniform(0.15, 0.85, 2) * (width, height)
    angle = float(rng.uniform(0, np.pi))
    along = (x - middle[0]) * np.cos(angle) + (y - middle[1]) * np.sin(angle)
    across = (y - middle[1]) * np.cos(angle) - (x - middle[0]) * np.sin(angle)
    gap = (np.abs(across) < HEIGHT * float(rng.uniform(0.015, 0.05))) & (np.abs(along) < 0.3 * HEIGHT)
    broken = np.where(gap, np.uint8(0), shape)
    return _cropped(broken) if (broken > 60).sum() > 0.7 * (shape > 60).sum() else shape


def _cropped(plane: Plane) -> Plane:
    rows, columns = np.flatnonzero((plane > 60).any(axis=1)), np.flatnonzero((plane > 60).any(axis=0))
    return plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _arranged(text: str, shapes: list[Plane], tightness: float, pen: float, rng: np.random.Generator) -> Number:
    """The shapes side by side on one plane. Gaps vary at random around the number's tightness."""
    rise = float(rng.normal(0, 0.06))
    places: list[tuple[int, int]] = []
    marks: list[tuple[int, int, Plane]] = []
    baseline = 3 * HEIGHT
    reached = np.zeros(6 * HEIGHT, dtype=np.int64)

    def mark(behind: bool) -> None:
        shape, above = _mark(pen, rng, behind)
        top = round(baseline - above * HEIGHT - shape.shape[0] / 2)
        left = _next_left(reached, shape, top) + max(2, _gap(tightness, pen, rng))
        marks.append((left, top, shape))
        _reach(reached, shape, left, top)

    for index, shape in enumerate(shapes):
        top = round(baseline - shape.shape[0] + float(rng.normal(0, 0.04)) * HEIGHT)
        gap = _gap(tightness, pen, rng)
        left = 0
        if index:
            if rng.random() < 0.1:
                mark(behind=False)
                gap = max(2, gap)
            left = _next_left(reached, shape, top) + gap
        places.append((left, top))
        _reach(reached, shape, left, top)
        baseline -= round(rise * shape.shape[1])
    while rng.random() < 0.3 and len(marks) < len(shapes) + 2:
        mark(behind=True)
    return _on_one_plane(text, shapes, places, marks)


def _gap(tightness: float, pen: float, rng: np.random.Generator) -> int:
    """Pixels between the nearest ink of two digits; negative if they overlap."""
    if rng.random() < tightness:
        return -round(pen * float(rng.uniform(0, 1.1)))
    return 1 + round(HEIGHT * float(rng.beta(1, 3)) * 0.7)


def _mark(pen: float, rng: np.random.Generator, behind: bool) -> tuple[Plane, float]:
    """A dot, a comma or a dash (or two dashes after the number), and the height of its middle above the line, in units
    of HEIGHT.
    """
    kind = str(
        rng.choice(["dot", "comma", "dash", "two dashes"], p=(0.4, 0.2, 0.2, 0.2) if behind else (0.5, 0.3, 0.2, 0))
    )
    breadth = max(2, round(pen))
    if kind == "dot":
        high = 0.5 if rng.random() < 0.1 else 0.06
        return _lines([((0, 0), tuple(breadth * rng.uniform(-0.6, 0.6, 2)))], breadth), high
    if kind == "comma":
        leg = HEIGHT * float(rng.uniform(0.1, 0.28))
        return _lines([((0, 0), (-leg * float(rng.uniform(0, 0.7)), leg))], breadth), float(rng.uniform(-0.1, 0.15))
    length, tilt = HEIGHT * float(rng.uniform(0.2, 0.7)), float(rng.normal(0, 0.08))
    apart = breadth + HEIGHT * float(rng.uniform(0.06, 0.2))
    dashes = [((0.0, y), (length, y - tilt * length)) for y in ((0.0, apart) if kind == "two dashes" else (0.0,))]
    return _lines(dashes, breadth), float(rng.uniform(0.25, 0.6))


def _lines(lines: list[tuple[tuple[float, float], tuple[float, float]]], breadth: int) -> Plane:
    """Draws straight lines, each from one (x, y) to another, y down."""
    ends = np.array(lines, dtype=np.float64)
    low, high = ends.min(axis=(0, 1)), ends.max(axis=(0, 1))
    strokes = [{"colour": "#000000", "width": breadth, "points": (line - low + breadth).tolist()} for line in ends]
    width, height = (int(side) for side in np.ceil(high - low) + 2 * breadth)
    return _cropped(255 - render(strokes, width=width, height=height)[..., 0])


def _next_left(reached: NDArray[np.int64], shape: Plane, top: int) -> int:
    """The leftmost x at which the shape just touches the ink so far, in any row or a row beside it."""
    near = ndimage.maximum_filter1d(reached, 5)[top : top + shape.shape[0]]
    inked = shape > 60
    rows = np.flatnonzero(inked.any(axis=1))
    first = inked.argmax(axis=1)
    everywhere = int((reached.max() - shape.shape[1]) if reached.max() else 0)
    return max(int((near[rows] - first[rows]).max()), everywhere // 2 if everywhere > 0 else 0)


def _reach(reached: NDArray[np.int64], shape: Plane, left: int, top: int) -> None:
    inked = shape > 60
    rows = np.flatnonzero(inked.any(axis=1))
    last = shape.shape[1] - inked[:, ::-1].argmax(axis=1)
    reached[top + rows] = np.maximum(reached[top + rows], left + last[rows])


def _on_one_plane(
    text: str, shapes: list[Plane], places: list[tuple[int, int]], marks: list[tuple[int, int, Plane]]
) -> Number:
    everything = [(*place, shape) for place, shape in zip(places, shapes, strict=True)] + marks
    left, top = min(x for x, _, _ in everything) - 6, min(y for _, y, _ in everything) - 6
    width = max(x + shape.shape[1] for x, _, shape in everything) - left + 6
    height = max(y + shape.shape[0] for _, y, shape in everything) - top + 6

    def placed(some: list[tuple[int, int, Plane]]) -> Plane:
        plane = np.zeros((height, width), dtype=np.uint8)
        for x, y, shape in some:
            part = plane[y - top : y - top + shape.shape[0], x - left : x - left + shape.shape[1]]
            np.maximum(part, shape, out=part)
        return plane

    return Number(text, [placed([each]) for each in everything[: len(shapes)]], placed(marks))
