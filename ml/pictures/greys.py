"""Greys of more than 8 bits."""

from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.tiles import Make, tiles

MODES = {"I", "I;16", "I;16L", "I;16B", "I;16N", "F"}
"""Pillow's modes for greys of more than 8 bits. Its own conversion of them clips at 255."""


def to_eight_bits(image: Image.Image) -> Make:
    """Converts parts of this picture: greys of 16 or 32 bits, or floats, become "L" or "LA".

    White is the least of 1 (floats only), 255, 511, 1023, … that no value exceeds: cameras and scanners put 10 or 12
    bits into 16.
    """
    found = list(chain.from_iterable(_range(_values(tile)) for tile, *_ in tiles(image)))
    return partial(_eight_bits, low=min(found), high=max(found))


def _eight_bits(part: Image.Image, *, low: float, high: float) -> Image.Image:
    values = _values(part)
    if values.dtype.kind == "f":
        below = min(low, 0)
        high -= below
        white = 2 ** np.ceil(np.log2(high + 1)) - 1 if high > 1 else 1.0
        grey = ((values - below) * (255 / white)).astype(np.uint8)
    else:
        grey = (values >> max(0, int(high).bit_length() - 8)).astype(np.uint8)
    flat = Image.fromarray(grey)
    if "transparency" in part.info:
        flat.putalpha(Image.fromarray(np.where(values == part.info["transparency"], 0, 255).astype(np.uint8)))
    return flat


def _values(part: Image.Image) -> NDArray[Any]:
    values = np.asarray(part)
    if values.dtype.kind == "f":
        return np.where(np.isfinite(values), values, 0)
    return values.view(np.uint32) if values.dtype.itemsize == 4 else values


def _range(values: NDArray[Any]) -> tuple[float, float]:
    return values.min(), values.max()
