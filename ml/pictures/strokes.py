"""Pen strokes: their geometry, and rendering as in a browser's canvas (round caps and joins, anti-aliased)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from ml.pictures.picture import Picture

Points = NDArray[np.float64]
"""float64 [N, 2]: x and y in pixels, y down."""

OVERSAMPLING = 4
"""Strokes are rendered this many times as large, then averaged down."""

SHEET_SIDES = (100, 640)
"""Pixels: the least and the greatest longer side of a sheet rendered without a picture."""

THICKEST = 0.25
"""The widest pen on such a sheet, as a share of its longer side; a wider one is drawn as wide as this."""

LONGEST = 60
"""Longest total length of the strokes on such a sheet, in its longer sides; longer strokes are not writing."""


def render(
    strokes: Sequence[Mapping[str, Any]],
    *,
    width: int,
    height: int,
    background: str = "#ffffff",
    oversampling: int = OVERSAMPLING,
) -> Picture:
    """Renders strokes in the API's form: uint8 [height, width, 3].

    Each stroke is {"colour": "#rrggbb", "width": pixels, "points": [[x, y, t_ms, pressure], ...]}; time and pressure
    are optional and ignored. A single point is a dot as wide as the pen. `oversampling` 1 gives hard edges, but is fast
    even for pictures of thousands of pixels a side. Raises ValueError for a bad colour.
    """
    picture = Image.new("RGB", (width, height), ImageColor.getrgb(background)[:3])
    for stroke in strokes:
        points = positions(stroke["points"])
        if len(points) == 0:
            continue
        pen = min(float(stroke["width"]), 4.0 * max(width, height))  # a wider one covers the same, but takes longer
        box = _dirty_box(points, pen, width, height)
        if box is not None:
            coverage = _coverage(points, pen, box, oversampling)
            colour = Image.new("RGB", coverage.size, ImageColor.getrgb(str(stroke["colour"]))[:3])
            picture.paste(colour, box[:2], coverage)
    return np.asarray(picture)


def render_sheet(drawn: Mapping[str, Any]) -> Picture:
    """Renders a whole sheet in the API's form: {"width", "height", "background", "strokes"}.

    In its own size, or in the nearest that is neither tiny nor huge. Raises ValueError for a sheet without an area, a
    bad colour, or more strokes than writing has.
    """
    width, height = float(drawn["width"]), float(drawn["height"])
    side = max(width, height)
    if min(width, height) <= 0:
        raise ValueError("The sheet has no area.")
    longer = float(np.clip(side, *SHEET_SIDES))
    scale = longer / side
    strokes, total = [], 0.0
    for stroke in drawn["strokes"]:
        points = np.clip(positions(stroke["points"]) * scale, -longer, 2 * longer)
        pen = float(np.clip(stroke["width"] * scale, 1, THICKEST * longer))
        total += length(points)
        if total > LONGEST * longer:
            raise ValueError("The strokes are too long.")
        # Many points within a pen's width would cost time and change nothing.
        strokes.append({**stroke, "width": pen, "points": resample(points, max(1.0, pen / 8))})
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    return render(strokes, **size, background=drawn["background"])


def positions(points: Iterable[Sequence[float]]) -> Points:
    """x and y of points that may carry time and pressure: float64 [N, 2]."""
    return np.array([[point[0], point[1]] for point in points], dtype=np.float64).reshape(-1, 2)


def fit_strokes(
    strokes: Sequence[Sequence[Sequence[float]]],
    *,
    width: int,
    height: int,
    pen: float,
    margin: float = 0.15,
    colour: str = "#000000",
) -> list[dict[str, Any]]:
    """Raw strokes [[x, y, ...], ...] in any unit, scaled and centred, in the API's form. The aspect ratio is kept.

    `margin`: share of each side that stays free of ink, including the pen's width.
    """
    everything = np.concatenate([positions(stroke) for stroke in strokes])
    low, high = everything.min(axis=0), everything.max(axis=0)
    room = np.array([width, height]) * (1 - 2 * margin) - pen
    extent = np.maximum(high - low, 1e-9)
    scale = float(np.min(np.maximum(room, 1.0) / extent))
    # A lone dot has no extent to scale by.
    scale = min(scale, 1e6)
    offset = np.array([width, height]) / 2 - scale * (low + high) / 2
    return [
        {"colour": colour, "width": pen, "points": _moved(stroke, scale, offset)} for stroke in strokes if len(stroke)
    ]


def length(points: Points) -> float:
    """Length of the polyline, in the points' unit."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(points) > 1 else 0.0


def resample(points: Points, step: float) -> Points:
    """Points evenly spaced along the polyline, about `step` apart; both ends are kept."""
    if len(points) < 2:
        return points
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    count = max(2, round(along[-1] / step) + 1)
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)


def _moved(stroke: Sequence[Sequence[float]], scale: float, offset: NDArray[np.float64]) -> list[list[float]]:
    return [[point[0] * scale + float(offset[0]), point[1] * scale + float(offset[1]), *point[2:]] for point in stroke]


def _dirty_box(points: Points, pen: float, width: int, height: int) -> tuple[int, int, int, int] | None:
    reach = pen / 2 + 2
    # Clip points far outside, as a browser's canvas does: they would need a huge picture.
    points = np.clip(points, -1e4, 1e4)
    left, top = np.maximum(np.floor(points.min(axis=0) - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(points.max(axis=0) + reach), (width, height)).astype(int)
    return (int(left), int(top), int(right), int(bottom)) if right > left and bottom > top else None


def _coverage(points: Points, pen: float, box: tuple[int, int, int, int], oversampling: int) -> Image.Image:
    """How much of each pixel of the box the stroke covers: mode "L"."""
    left, top, right, bottom = box
    size = ((right - left) * oversampling, (bottom - top) * oversampling)
    large = Image.new("L", size, 0)
    draw = ImageDraw.Draw(large)
    # Pillow's coordinates refer to pixel centres, the strokes' to pixel corners.
    placed = (np.clip(points, -1e4, 1e4) - (left, top)) * oversampling - 0.5
    breadth = max(pen * oversampling, 1.0)
    if len(placed) > 1:
        draw.line([tuple(point) for point in placed.tolist()], fill=255, width=round(breadth))
    radius = breadth / 2
    if radius >= 1:
        for x, y in placed.tolist():
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return large.reduce(oversampling)
