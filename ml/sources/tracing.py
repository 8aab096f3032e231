"""Traces the pen's path in a small picture of a digit, so that the digit can be drawn with any pen at any size.

The ink is thinned by the method of Guo and Hall (1989, "Parallel thinning with two-subiteration algorithms"). The
remaining lines are then followed from junction to junction.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ml.pictures.strokes import Points, length, resample

SPECK_SHARE = 0.04
"""A separate spot with less than this share of all ink is a speck, and dropped."""

SCALE = 6
"""Factor by which a glyph is enlarged before it is thinned."""

INK = 110
FAINT_INK = 50
"""Levels of the ink's edge, of 255. FAINT_INK is used where INK would break a stroke."""

PITS = (140, 170, 200, 225)
PIT_DEPTH = 25
PIT_AREA = 12
"""A filled-in loop shows as a pit at one of the levels PITS: at least this much deeper, and this large in enlarged
pixels.
"""

STEP = 0.5
"""Glyph pixels between the points of a path."""

SMOOTHING = 0.5
"""Standard deviation, in glyph pixels, of the smoothing that removes the staircase left by thinning."""

Mask = NDArray[np.bool_]
Place = tuple[int, int]

_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_EIGHT = np.ones((3, 3), dtype=np.uint8)


def trace(glyph: NDArray[np.uint8]) -> list[Points]:
    """The pen's paths in a uint8 [28, 28] glyph, in glyph pixels. A dot is a single point; blank paper gives []."""
    mask = _without_specks(_ink(glyph))
    if not mask.any():
        return []
    skeleton = thin(mask)
    radius = np.asarray(ndimage.distance_transform_edt(mask))
    paths = _joined(_without_spurs(_segments(skeleton), radius))
    return [_smoothed(path) for path in paths]


def thin(mask: Mask) -> Mask:
    """The skeleton of bool [h, w]: lines one pixel wide, connected as the mask is."""
    image = np.pad(mask, 1).astype(np.uint8)
    tables = _removable()
    while True:
        before = int(image.sum())
        for table in tables:
            image[1:-1, 1:-1] &= ~table[_neighbourhoods(image)]
        if int(image.sum()) == before:
            return image[1:-1, 1:-1].astype(bool)


def _ink(glyph: NDArray[np.uint8]) -> Mask:
    size = (glyph.shape[1] * SCALE, glyph.shape[0] * SCALE)
    large = np.asarray(Image.fromarray(glyph).resize(size, Image.Resampling.BICUBIC))
    mask: Mask = large > INK
    faint: Mask = large > FAINT_INK
    if ndimage.label(mask, _EIGHT)[1] != ndimage.label(faint, _EIGHT)[1]:
        mask = faint
    for level in PITS:
        above = large > level
        holes, count = ndimage.label(ndimage.binary_fill_holes(above) & ~above)
        for hole in range(1, count + 1):
            inside = holes == hole
            if mask[inside].all() and inside.sum() >= PIT_AREA and large[inside].min() <= level - PIT_DEPTH:
                mask = mask & ~inside
    return mask


def _without_specks(mask: Mask) -> Mask:
    pieces, count = ndimage.label(mask, _EIGHT)
    if count < 2:
        return mask
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    return np.asarray((areas >= SPECK_SHARE * areas.sum())[pieces] & mask)


def _neighbourhoods(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For each inner pixel, its eight neighbours as bits, clockwise from the one above."""
    height, width = image.shape
    code = np.zeros((height - 2, width - 2), dtype=np.uint8)
    for bit, (down, right) in enumerate(_AROUND):
        code |= image[1 + down : height - 1 + down, 1 + right : width - 1 + right] << bit
    return code


@cache
def _removable() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each subiteration, whether a pixel with this neighbourhood may be removed: uint8 [256], 0 or 1."""
    tables = np.zeros((2, 256), dtype=np.uint8)
    for code in range(256):
        p2, p3, p4, p5, p6, p7, p8, p9 = (bool(code >> bit & 1) for bit in range(8))
        crossings = (
            (not p2 and (p3 or p4)) + (not p4 and (p5 or p6)) + (not p6 and (p7 or p8)) + (not p8 and (p9 or p2))
        )
        one_way = (p9 or p2) + (p3 or p4) + (p5 or p6) + (p7 or p8)
        other_way = (p2 or p3) + (p4 or p5) + (p6 or p7) + (p8 or p9)
        edges = ((p6 or p7 or not p9) and p8, (p2 or p3 or not p5) and p4)
        for table, edge in zip(tables, edges, strict=True):
            table[code] = crossings == 1 and 2 <= min(one_way, other_way) <= 3 and not edge
    return tables[0], tables[1]


class _Segment:
    """A path of pixel positions [N, 2] (row, column), and the junctions at its two ends; None for a free end."""

    def __init__(self, places: NDArray[np.float64], start: int | None, end: int | None) -> None:
        self.places = places
        self.start = start
        self.end = end

    def turned(self) -> "_Segment":
        return _Segment(self.places[::-1], self.end, self.start)


def _segments(skeleton: Mask) -> list[_Segment]:
    neighbours = ndimage.convolve(skeleton.astype(np.uint8), _EIGHT, mode="constant") - skeleton
    crossing = skeleton & (neighbours >= 3)
    junctions, count = ndimage.label(crossing, _EIGHT)
    middles = ndimage.center_of_mass(crossing, junctions, range(1, count + 1))
    rest: set[Place] = {(int(row), int(column)) for row, column in np.argwhere(skeleton & ~crossing)}
    segments = []
    for place in sorted(rest, key=lambda place: (len(_beside(place, rest)), place)):
        if place in rest:
            segments.append(_walk(place, rest, junctions, middles))
    touched = {end for segment in segments for end in (segment.start, segment.end)}
    lone = [middles[index] for index in range(count) if index + 1 not in touched]
    return segments + [_Segment(np.array([middle], dtype=np.float64), None, None) for middle in lone]


def _beside(place: Place, places: set[Place]) -> list[Place]:
    found = [(place[0] + down, place[1] + right) for down, right in _AROUND]
    return [neighbour for neighbour in found if neighbour in places]


def _walk(start: Place, rest: set[Place], junctions: NDArray[np.int32], middles: list[tuple[float, float]]) -> _Segment:
    """Follows the line from `start`, removing its pixels from `rest`. A ring returns to its start."""
    path = [start]
    rest.discard(start)
    while ahead := _beside(path[-1], rest):
        path.append(ahead[0])
        rest.discard(ahead[0])
    found = [_touching(path[0], junctions), _touching(path[-1], junctions)]
    if len(path) == 1:
        # A one-pixel line joins two different junctions.
        found = [found[0][:1], found[0][1:]]
    ends = [touched[0] if touched else None for touched in found]
    places: list[tuple[float, ...]] = [tuple(map(float, place)) for place in path]
    if len(path) > 2 and ends == [None, None] and max(abs(path[0][axis] - path[-1][axis]) for axis in (0, 1)) <= 1:
        places.append(places[0])
    if ends[0] is not None:
        places.insert(0, middles[ends[0] - 1])
    if ends[1] is not None:
        places.append(middles[ends[1] - 1])
    return _Segment(np.array(places), ends[0], ends[1])


def _touching(place: Place, junctions: NDArray[np.int32]) -> list[int]:
    row, column = place
    around = junctions[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    return sorted({int(junction) for junction in around.ravel() if junction})


def _without_spurs(segments: list[_Segment], radius: NDArray[np.float64]) -> list[_Segment]:
    """Drops branches shorter than the stroke's thickness where they leave it."""

    def is_spur(segment: _Segment) -> bool:
        if (segment.start is None) == (segment.end is None):
            return False
        fork = segment.places[0 if segment.start is not None else -1]
        return length(segment.places) < 1.2 * float(radius[round(fork[0]), round(fork[1])]) + 1

    kept = [segment for segment in segments if not is_spur(segment)]
    return kept or segments[:1]


def _joined(segments: list[_Segment]) -> list[_Segment]:
    """Joins two segments where only they meet at a junction."""
    kept = list(segments)
    for junction in {end for segment in segments for end in (segment.start, segment.end) if end is not None}:
        ends = [segment for segment in kept for end in (segment.start, segment.end) if end == junction]
        if len(ends) == 2 and ends[0] is not ends[1]:
            one, other = ends
            one = one if one.end == junction else one.turned()
            other = other if other.start == junction else other.turned()
            kept = [segment for segment in kept if segment not in ends]
            kept.append(_Segment(np.concatenate((one.places, other.places[1:])), one.start, other.end))
    return kept


def _smoothed(segment: _Segment) -> Points:
    """x and y in glyph pixels, evenly spaced. The ends don't move, so that paths that met still meet."""
    places = segment.places
    points = (places[:, ::-1] + 0.5) / SCALE
    if len(points) < 3:
        return points
    even = resample(points, 1 / SCALE)
    closed = bool(np.array_equal(points[0], points[-1]) and segment.start is None)
    mode = "wrap" if closed else "nearest"
    kernel = SMOOTHING * SCALE
    if closed:
        smooth = ndimage.gaussian_filter1d(even[:-1], kernel, axis=0, mode=mode)
        smooth = np.concatenate((smooth, smooth[:1]))
    else:
        # Mirror the path through its ends, so that it neither shortens nor bends there.
        reach = min(len(even) - 1, 4 * SCALE)
        before, after = 2 * even[0] - even[reach:0:-1], 2 * even[-1] - even[-2 : -reach - 2 : -1]
        padded = np.concatenate((before, even, after))
        smooth = ndimage.gaussian_filter1d(padded, kernel, axis=0)[reach : reach + len(even)]
    return resample(np.asarray(smooth), STEP)
