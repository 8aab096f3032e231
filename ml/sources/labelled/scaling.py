"""Arrays of any usual shape, scale and labelling as pictures of 0 to 255 with a label each.

Each is decided once, over the whole array: a single picture may be blank, or of one value.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.pictures.decoding import PIXELS_LIMIT
from ml.sources.labelled.rows import LabelledSetError

Scaler = Callable[[NDArray[Any]], NDArray[np.uint8]]
"""Turns one picture of a set into values from 0 to 255."""
TOPS = (1, 16, 255)
"""The largest value of a scale that begins at 0. The smallest that holds all values is taken."""
DEEP_TOPS = (1023, 4095, 65535)
"""Further ones of integers with 16 bits: 10, 12 and 16 bits are used."""
TOLERANCE = 1e-3
"""Of the top. Values of that much less or more come from rounding."""
SIDE_LEAST = 4
"""Pixels: a row of numbers is a square picture of at least this side."""


def scale(pieces: Iterable[NDArray[Any]], name: str) -> Scaler:
    """The scale of a set, whose pictures are given in pieces of any shape. Raises LabelledSetError.

    0 to 1, 0 to 16, 0 to 255 and −1 to 1 are known, and 10, 12 and 16 bits in arrays of uint16.
    """
    low, high = math.inf, -math.inf
    tops: tuple[int, ...] = TOPS
    for piece in pieces:
        if not np.isfinite(piece).all():
            raise LabelledSetError(f"{name}: its values are not all numbers.")
        if piece.size:
            low, high = min(low, float(piece.min())), max(high, float(piece.max()))
        tops = TOPS + DEEP_TOPS * (piece.dtype == np.uint16)
        if piece.dtype == np.uint8 and high > TOPS[-2]:
            break  # nothing else can follow
    low, high = (0.0, 0.0) if low > high else (low, high)
    if abs(low + 1) <= TOLERANCE and high <= 1 + TOLERANCE:
        return lambda values: _scaled(values, -1, 1)
    top = next((top for top in tops if high <= top * (1 + TOLERANCE)), None)
    if top is None or low < -TOLERANCE:
        raise LabelledSetError(f"{name}: its values go from {low:g} to {high:g}. Give 0 to 255, 0 to 1, or −1 to 1.")
    return lambda values: _scaled(values, 0, top)


def _scaled(values: NDArray[Any], bottom: int, top: int) -> NDArray[np.uint8]:
    if values.dtype == np.uint8 and top == TOPS[-1]:
        return values
    spread = (values.astype(np.float64) - bottom) * (255 / (top - bottom))
    return np.asarray(np.clip(np.rint(spread), 0, 255), np.uint8)


def in_shape(images: NDArray[Any], name: str) -> NDArray[Any]:
    """The pictures as [N, height, width] or [N, height, width, 3]. Raises LabelledSetError.

    Also takes one channel first or last, three channels first, and [N, pixels] of square pictures.
    """
    shape = images.shape
    if images.dtype.kind in "buif" and images.ndim > 1:
        images = images.reshape(shape[0], *(size for size in shape[1:] if size != 1))
        if images.ndim == 2 and (side := math.isqrt(images.shape[1])) ** 2 == images.shape[1] >= SIDE_LEAST**2:
            images = images.reshape(-1, side, side)
        if images.ndim == 4 and images.shape[1] == 3 != images.shape[3]:
            images = np.moveaxis(images, 1, 3)
        fits = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
        if fits and 0 < images.shape[1] * images.shape[2] <= PIXELS_LIMIT:
            return images
    raise LabelledSetError(
        f"{name} must be pictures [N, height, width], [N, height, width, 1 or 3] or [N, pixels] of a square,"
        f" not {images.dtype} {list(shape)}."
    )


def as_texts(labels: NDArray[Any], name: str) -> list[str]:
    """The labels [N], [N, 1] or one-hot [N, 10] as texts; "" for a missing one. Raises LabelledSetError."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.shape[1] == 10 and labels.dtype.kind in "buif" and np.isin(labels, (0, 1)).all():
        return [str(row.argmax()) if row.sum() == 1 else "" for row in labels.astype(np.uint8)]
    if labels.ndim != 1 or labels.dtype.kind not in "uifSU":
        shown = f"{labels.dtype} {list(labels.shape)}"
        raise LabelledSetError(f"{name} must be labels [N] or one-hot [N, 10], not {shown}.")
    if labels.dtype.kind == "f":
        return [
            "" if math.isnan(label) else f"{label:.0f}" if label.is_integer() else str(label)
            for label in labels.tolist()
        ]
    return [label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label) for label in labels.tolist()]
