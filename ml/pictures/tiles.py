"""Scales large pictures tile by tile, so that no second picture of their size is made."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TILE = 2**20
"""Pixels of a tile."""

Make = Callable[[Image.Image], Image.Image]


class Values:
    """A picture of which only the values are there, uint8 [H, W, channels]: its tiles are made one by one."""

    def __init__(self, values: NDArray[np.uint8]) -> None:
        self._values = values
        self.height, self.width = values.shape[:2]

    def crop(self, box: tuple[int, int, int, int]) -> Image.Image:
        left, top, right, bottom = box
        return Image.fromarray(self._values[top:bottom, left:right])


def reduced(image: Image.Image | Values, factor: int, convert: Make) -> Image.Image:
    """The picture converted by `convert`, and scaled down by an integer factor: the mean of each square of pixels.

    The conversion must treat each pixel by itself.
    """
    whole: Image.Image | None = None
    for tile, left, top in tiles(image, factor):
        made = convert(tile)
        made = made.reduce(factor) if factor > 1 else made
        if made.size == (-(-image.width // factor), -(-image.height // factor)):
            return made
        whole = whole or Image.new(made.mode, (-(-image.width // factor), -(-image.height // factor)))
        whole.paste(made, (left // factor, top // factor))
    assert whole is not None
    return whole


def tiles(image: Image.Image | Values, factor: int = 1) -> Iterator[tuple[Image.Image, int, int]]:
    """The picture's tiles with their left and top, which are multiples of `factor`. A small picture is one tile."""
    width, height = image.width, image.height
    if width * height <= TILE and isinstance(image, Image.Image):
        yield image, 0, 0
        return
    rows = min(height, factor * max(1, TILE // (factor * width)))
    columns = min(width, factor * max(1, TILE // (factor * rows)))
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield image.crop((left, top, min(width, left + columns), min(height, top + rows))), left, top
