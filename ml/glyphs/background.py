"""Estimates the background colour (the paper), and each pixel's contrast to it."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ml.glyphs.thresholds import LEAST_CONTRAST, otsu_threshold, weak_threshold
from ml.pictures.picture import Picture, Plane

EVEN_TOLERANCE = 8
EVEN_SHARE = 0.7
EVEN_RUN = 8
"""A picture's border is uniform if, in at least EVEN_SHARE of its runs of EVEN_RUN pixels, the mean colour is within
EVEN_TOLERANCE of the border's median colour.
"""

THUMBNAIL = 32
FILLED_THUMBNAIL = 64
"""Longer sides, in pixels, of the thumbnails on which an uneven background is estimated."""


CLEAN_BORDER, CLEAN_SHARE = 0.9, 0.4
"""A ground is clean if these shares of the picture's border and of the whole picture have exactly one colour."""


def is_clean(picture: Picture) -> bool:
    """Whether the ground is one colour, as a drawing program makes it."""
    border = _border(picture)
    colour = np.median(border, axis=0).astype(np.uint8)
    # Every fourth row and column is enough.
    return _share_of(colour, border) >= CLEAN_BORDER and _share_of(colour, picture[::4, ::4]) >= CLEAN_SHARE


def _share_of(colour: Picture, pixels: Picture) -> float:
    """The share of pixels that have exactly this colour."""
    # NumPy is several times slower along an axis of length 3 than on planes.
    red, green, blue = (pixels[..., channel] == colour[channel] for channel in range(3))
    return int(np.count_nonzero(red & green & blue)) / int(red.size)


def contrast_to_background(picture: Picture) -> tuple[Plane, int, int]:
    """Contrast of each pixel to the background, uint8 [h, w], and the crop's left and top.

    With a uniform border, the background is the border's median colour, and the crop excludes the margins that have
    exactly that colour. Otherwise the background is estimated locally, and nothing is cropped.
    """
    border = _border(picture)
    colour = np.median(border, axis=0).astype(np.uint8)
    if (colour_distance(_runs(border), colour) <= EVEN_TOLERANCE).mean() < EVEN_SHARE:
        rough = colour_distance(picture, local_background(picture))
        strong, paper, ink = otsu_threshold(rough)
        if ink - paper < LEAST_CONTRAST:
            return rough, 0, 0
        background = inpainted_background(picture, rough > weak_threshold(rough, strong, paper, ink))
        return colour_distance(picture, background), 0, 0
    height, width = picture.shape[:2]
    other = picture.reshape(height, width * 3) != np.tile(colour, width)
    rows, columns = bounding_slices(other)
    crop = slice(columns.start // 3, -(-columns.stop // 3))
    return colour_distance(picture[rows, crop], colour), crop.start, rows.start


def local_background(picture: Picture) -> Picture:
    """The paper's colour at each pixel: a median-filtered thumbnail of the picture, scaled back to full size."""
    height, width = picture.shape[:2]
    scale = THUMBNAIL / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0))
    reach = min(THUMBNAIL // 4, *(side - 1 for side in small.shape[:2]))
    # Reflect oddly, so that a gradient continues beyond the border.
    margins = ((reach, reach), (reach, reach), (0, 0))
    padded = np.pad(small.astype(np.int16), margins, mode="reflect", reflect_type="odd")
    around = sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1), axis=(0, 1)).reshape(*small.shape, -1)
    middle = around.shape[-1] // 2
    filtered = np.partition(around, middle, axis=-1)[..., middle]
    inner = np.clip(filtered, 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(inner).resize((width, height), Image.Resampling.BICUBIC))


def inpainted_background(picture: Picture, ink: NDArray[np.bool_]) -> Picture:
    """The paper's colour at each pixel: the mean of nearby paper, or of paper further away if none is near."""
    height, width = picture.shape[:2]
    scale = FILLED_THUMBNAIL / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    inky = np.asarray(Image.fromarray(ink.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)) / np.float32(255)
    cells = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0), dtype=np.float32)
    # A cell with even a little ink says nothing reliable about the paper.
    weight = np.maximum(0, 1 - 8 * inky)[..., None]
    filled = np.broadcast_to((cells * weight).sum((0, 1)) / max(float(weight.sum()), 1e-3), cells.shape)
    for reach in (16.0, 5.0, 1.5):
        near = ndimage.gaussian_filter(weight, (reach, reach, 0))
        mean = ndimage.gaussian_filter(cells * weight, (reach, reach, 0)) / np.maximum(near, 1e-6)
        trust = np.clip(4 * near, 0, 1)
        filled = trust * mean + (1 - trust) * filled
    small = Image.fromarray(np.rint(np.clip(filled, 0, 255)).astype(np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def bounding_slices(flags: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The smallest rows and columns that hold all true values; empty slices if there are none."""
    rows, columns = np.flatnonzero(flags.any(axis=1)), np.flatnonzero(flags.any(axis=0))
    if len(rows) == 0:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _border(picture: Picture) -> Picture:
    return np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))


def _runs(border: Picture) -> Picture:
    """Mean colours of runs of EVEN_RUN pixels along the border, without an incomplete last run."""
    if len(border) < EVEN_RUN:
        return border
    runs = border[: len(border) // EVEN_RUN * EVEN_RUN].reshape(-1, EVEN_RUN, 3)
    return np.asarray(runs.mean(axis=1), dtype=np.uint8)


def colour_distance(picture: Picture, colour: Picture) -> Plane:
    """Each pixel's largest channel difference to `colour`, uint8 [3] or a picture: uint8 [H, W]."""
    largest: Plane | None = None
    for channel in range(3):
        # NumPy is several times slower along an axis of length 3 than on contiguous planes.
        plane = np.ascontiguousarray(picture[..., channel])
        other = colour[..., channel]
        difference: Plane = np.maximum(plane, other) - np.minimum(plane, other)
        largest = difference if largest is None else np.maximum(largest, difference)
    assert largest is not None
    return largest
