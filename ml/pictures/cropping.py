"""The part of a picture within a box."""

import math
from collections.abc import Sequence

from ml.pictures.picture import Picture

Box = tuple[int, int, int, int]
"""x, y, width and height in pixels."""

LEAST_SIDE = 4
"""Pixels: a box of which less than this lies inside the picture holds nothing to read."""


def clipped(box: Sequence[float], width: int, height: int) -> Box | None:
    """The whole pixels of a `width` × `height` picture that the box touches.

    None if they are fewer than LEAST_SIDE across or down, in a picture that has as many.
    """
    x, y, w, h = box
    left, top = max(0, math.floor(x)), max(0, math.floor(y))
    right, bottom = min(width, math.ceil(x + w)), min(height, math.ceil(y + h))
    if right - left < min(LEAST_SIDE, width) or bottom - top < min(LEAST_SIDE, height):
        return None
    return left, top, right - left, bottom - top


def crop(picture: Picture, box: Sequence[int], width: int, height: int) -> tuple[Picture, int, int]:
    """The part of a picture within a box, at least one pixel, and the part's x and y in the picture.

    `box` is in pixels of the same picture at `width` × `height`, and lies inside it.
    """
    x, y, w, h = box
    across, down = picture.shape[1] / width, picture.shape[0] / height
    left = min(int(x * across), picture.shape[1] - 1)
    top = min(int(y * down), picture.shape[0] - 1)
    return picture[top : math.ceil((y + h) * down), left : math.ceil((x + w) * across)], left, top
