"""Pictures as arrays, and downscaling large ones."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""

Plane = NDArray[np.uint8]
"""uint8 [H, W]: 0 is paper, 255 is full ink."""

WORKING_SIDE = 1024
"""Pixels: a picture with a longer side is downscaled before anything else."""


def shrink(picture: Picture, limit: int = WORKING_SIDE) -> tuple[Picture, int]:
    """The picture downscaled by an integer factor so that no side is longer than `limit`, and the factor.

    Each pixel is the mean of a square of `factor` by `factor` pixels.
    """
    factor = -(-max(picture.shape[:2]) // limit)
    if factor <= 1:
        return picture, 1
    # In a very large picture, the mean of every other row and column is accurate enough, and faster. In a smaller one,
    # skipping pixels would break thin lines. Viewing pixels as three-byte items copies each in one go.
    stride = 2 if factor % 2 == 0 and factor > 2 else 1
    pixels = np.ascontiguousarray(picture).view("V3")[::stride, ::stride, 0]
    thinned = np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 3)
    return np.asarray(Image.fromarray(thinned).reduce(factor // stride)), factor
