"""Pictures as arrays, and making large ones smaller."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""

Plane = NDArray[np.uint8]
"""uint8 [H, W]: 0 is paper, 255 the strongest ink."""

WORKING_SIDE = 1024
"""Longer pictures are averaged down below this many pixels before anything else."""


def shrink(picture: Picture, limit: int = WORKING_SIDE) -> tuple[Picture, int]:
    """The picture averaged over squares of `factor` pixels so that no side passes `limit`, and that factor."""
    factor = -(-max(picture.shape[:2]) // limit)
    if factor <= 1:
        return picture, 1
    # Of a very large picture every other row and column is enough to average. A pixel is moved as one item of three
    # bytes. Of a smaller one it would break thin lines.
    stride = 2 if factor % 2 == 0 and factor > 2 else 1
    pixels = np.ascontiguousarray(picture).view("V3")[::stride, ::stride, 0]
    thinned = np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 3)
    return np.asarray(Image.fromarray(thinned).reduce(factor // stride)), factor
