"""Redraws a drawing's pen strokes with a pen width that suits the size of the writing.

This removes the influence of the original pen: loops that a thick pen closed are open again, and digits that it joined
are apart. The picture is authoritative, so strokes that do not match it are ignored.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import ImageColor

from ml.glyphs.background import bounding_slices, colour_distance
from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.glyphs.lines import TALL
from ml.glyphs.thresholds import LEAST_CONTRAST, WEAK_SHARE
from ml.pictures.picture import Picture, Plane, shrink
from ml.pictures.strokes import OVERSAMPLING, Points, length, positions, render, resample

PEN = 0.07
"""Pen width as a share of a digit's longer side, or of the height of a number's digits: about 15 pixels for a typical
digit on a pad of 300 pixels.
"""

BLOT = 1.3
"""Strokes that extend over at most this many pen widths are a blot, which is not redrawn."""

AWAY = 2
"""Tolerance in working pixels between ink and strokes, because a browser draws curves through the points."""

MISSING = 0.03
"""The largest share of the strokes that may lack ink in the picture, and of the ink that may lack a stroke."""

PRESSURE = 1.5
"""Ratio of a line's width under full pressure to its stroke's width."""

LEAST_SHEET = 0.01
"""Least width and height of the strokes' sheet, in their unit."""

LONGEST = 60
"""Longest total length of the strokes, in picture sides; longer strokes are not writing."""

PAINTED = 2**28
"""Pixels that are painted at most to compare strokes with a picture; strokes that need more are not writing."""

_AROUND = np.array([(x, y) for x in range(-AWAY, AWAY + 1) for y in range(-AWAY, AWAY + 1)])


def redrawn(picture: Picture, drawn: Mapping[str, Any], *, is_number: bool) -> Ink | None:
    """The ink of `drawn`, strokes in the API's form, rendered with the standard pen.

    None if the strokes do not match the picture, or are a blot.
    """
    working, factor = shrink(picture)
    height, width = working.shape[:2]
    strokes = [stroke for stroke in drawn["strokes"] if stroke["points"]]
    scale = _scale(width, height, drawn)
    shown = _shown(working, drawn["background"], strokes)
    if shown is None or scale is None:
        return None
    paths = [_placed(stroke["points"], scale, width, height) for stroke in strokes]
    widths = [scale * max(0.0, float(stroke["width"])) for stroke in strokes]
    if sum(map(length, paths)) > LONGEST * max(width, height) or _painted(paths, widths, width, height) > PAINTED:
        return None
    size, own = _size(paths, is_number=is_number), float(np.median(widths))
    if size < max(BLOT * own, 2 * AWAY) or not _agree(shown, paths, widths):
        return None
    pen = PEN * size
    contrast = _drawn([resample(path, pen / 3) for path in paths], [pen] * len(paths), shown.shape)
    rows, columns = bounding_slices(contrast > 0)
    return Ink(
        contrast=contrast[rows, columns],
        strong=DRAWN_STRONG,
        weak=DRAWN_WEAK,
        paper=0.0,
        left=columns.start,
        top=rows.start,
        height=height,
        width=width,
        factor=factor,
        outset=(own - pen) / 2,
    )


def _scale(width: int, height: int, drawn: Mapping[str, Any]) -> float | None:
    """Pixels per unit of the strokes; None if the strokes' sheet and the picture differ in aspect ratio."""
    across, down = float(drawn["width"]), float(drawn["height"])
    if min(across, down) < LEAST_SHEET or abs(width * down - height * across) > AWAY * max(across, down):
        return None
    return width / across


def _shown(picture: Picture, background: str, strokes: Sequence[Mapping[str, Any]]) -> Plane | None:
    """uint8 [H, W]: 1 for ink on this background, else 0; None if a stroke's colour does not stand out."""
    try:
        paper, *colours = [_rgb(colour) for colour in (background, *(stroke["colour"] for stroke in strokes))]
    except ValueError:
        return None
    faintest = min((int(np.abs(np.subtract(colour, paper)).max()) for colour in colours), default=0)
    if faintest < LEAST_CONTRAST:
        return None
    return np.asarray(colour_distance(picture, np.array(paper, dtype=np.uint8)) > WEAK_SHARE * faintest, dtype=np.uint8)


def _rgb(colour: str) -> tuple[int, ...]:
    """Channels clipped to 0 to 255: Pillow accepts rgb(300, 0, 0). Raises ValueError for a bad colour."""
    return tuple(min(255, max(0, channel)) for channel in ImageColor.getrgb(colour)[:3])


def _placed(points: Sequence[Sequence[float]], scale: float, width: int, height: int) -> Points:
    """The points in pixels; those far outside the picture are clipped."""
    sides = np.array((width, height))
    return np.asarray(np.clip(positions(points) * scale, -sides, 2 * sides), dtype=np.float64)


def _size(paths: Sequence[Points], *, is_number: bool) -> float:
    """The longer side of a digit, or the median height of a number's tall strokes."""
    if not is_number:
        return float(np.ptp(np.concatenate(paths), axis=0).max())
    heights = np.array([np.ptp(path[:, 1]) for path in paths])
    return float(np.median(heights[heights >= TALL * heights.max()]))


def _agree(shown: Plane, paths: Sequence[Points], widths: Sequence[float]) -> bool:
    """Whether there is ink along all strokes, and nowhere else."""
    height, width = shown.shape
    places = np.floor(np.concatenate([resample(path, 1.0) for path in paths])).astype(int)
    inside = places[((places >= 0) & (places < (width, height))).all(axis=1)]
    beside = inside[shown[inside[:, 1], inside[:, 0]] == 0]
    near = np.clip(beside[:, None] + _AROUND, 0, (width - 1, height - 1))
    reach = _drawn(paths, [PRESSURE * width + 2 * AWAY for width in widths], shown.shape, oversampling=1)
    lone_strokes = np.count_nonzero(shown[near[..., 1], near[..., 0]].max(axis=1) == 0)
    lone_ink = np.count_nonzero(shown[reach == 0])
    return bool(lone_strokes <= MISSING * len(inside) and lone_ink <= MISSING * np.count_nonzero(shown))


def _painted(paths: Sequence[Points], widths: Sequence[float], width: int, height: int) -> float:
    """Pixels that are painted: of each stroke's box, and of a dot at each point."""
    painted = 0.0
    for path, pen in zip(paths, widths, strict=True):
        reach = min(PRESSURE * pen + 2 * AWAY, max(width, height))
        painted += len(path) * reach**2 + float(np.minimum(np.ptp(path, axis=0) + reach, (width, height)).prod())
    return painted


def _drawn(
    paths: Sequence[Points], widths: Sequence[float], shape: tuple[int, ...], oversampling: int = OVERSAMPLING
) -> Plane:
    strokes = [{"colour": "#ffffff", "width": width, "points": path} for path, width in zip(paths, widths, strict=True)]
    drawn = render(strokes, width=shape[1], height=shape[0], background="#000000", oversampling=oversampling)
    return drawn[..., 0]
