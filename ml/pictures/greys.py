"""Greys of more than 8 bits."""

import numpy as np
from PIL import Image

MODES = {"I", "I;16", "I;16L", "I;16B", "I;16N", "F"}
"""Pillow's modes for greys of more than 8 bits. Its own conversion of them clips at 255."""


def eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 or 32 bits, or floats, as "L" or "LA".

    White is the least of 1 (floats only), 255, 511, 1023, … that no value exceeds: cameras and scanners put 10 or 12
    bits into 16.
    """
    values = np.asarray(image)
    if values.dtype.kind == "f":
        grey = _of_floats(values)
    else:
        values = values.view(np.uint32) if values.dtype.itemsize == 4 else values
        grey = (values >> max(0, int(values.max()).bit_length() - 8)).astype(np.uint8)
    flat = Image.fromarray(grey)
    if "transparency" in image.info:
        flat.putalpha(Image.fromarray(np.where(values == image.info["transparency"], 0, 255).astype(np.uint8)))
    return flat


def _of_floats(values: np.ndarray) -> np.ndarray:
    values = np.where(np.isfinite(values), values, 0)
    if values.min() < 0:
        values = values - values.min()
    white = 2 ** np.ceil(np.log2(values.max() + 1)) - 1 if values.max() > 1 else 1.0
    return (values * (255 / white)).astype(np.uint8)
