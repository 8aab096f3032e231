"""3x3 convolutions with a fifth of the multiplications: minimal filtering (Winograd, 1980; Lavin and Gray, 2016: Fast
algorithms for convolutional neural networks).

A tile of 6x6 outputs needs 8x8 inputs and a filter's 3x3 weights. Both are transformed to 8x8 values whose products,
transformed back, are the outputs: 64 multiplications instead of 324 for each pair of channels. Over the channels they
are matrix products, which a processor does best. In float32 a network's logits differ by millionths of the largest.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network.backend import keras

TILE = 6
"""Outputs in a row that are made at once."""

FEWEST = 24
"""Glyphs in a batch from which more time is saved by multiplying less than lost by transforming."""

_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
"""Where the polynomials are evaluated, beside infinity."""

_SPAN = len(_POINTS) + 1
"""Inputs in a row that a tile needs."""

Matrix = NDArray[np.float32]


def quicken(model: Any, *, frozen: bool = False) -> None:
    """From now on the model's 3x3 convolutions go this way in batches of `FEWEST` and more; it is saved as before.

    `frozen`: with the weights of this moment, transformed once; else with those of each step, as training asks. Left
    alone are convolutions that change the map's size, whose map has sides that aren't multiples of `TILE`, or that
    aren't computed in float32.
    """
    for layer in model.layers:
        if _suits(layer):
            layer.convolution_op = _quick(layer, frozen=frozen)


def _suits(layer: Any) -> bool:
    return (
        isinstance(layer, keras.layers.Conv2D)
        and layer.kernel_size == (3, 3)
        and (layer.strides, layer.dilation_rate, layer.groups) == ((1, 1), (1, 1), 1)
        and (layer.padding, layer.data_format) == ("same", "channels_last")
        and layer.compute_dtype == "float32"
        and all(side is not None and side % TILE == 0 for side in layer.output.shape[1:3])
    )


def _quick(layer: Any, *, frozen: bool) -> Callable[[Any, Any], Any]:
    """What takes the place of the layer's `convolution_op`."""
    ops = keras.ops
    directly = layer.convolution_op
    _, height, width, filters = layer.output.shape
    high, wide = height // TILE, width // TILE
    into, of_weights, back = _transforms()
    into_rows, into_columns = _over_tiles(into, high), _over_tiles(into, wide)
    back_rows, back_columns = (np.kron(np.eye(tiles, dtype=np.float32), back) for tiles in (high, wide))

    def transform(kernel: Any) -> Any:
        spread = ops.matmul(np.kron(of_weights, of_weights), ops.reshape(kernel, (9, -1)))
        return ops.reshape(spread, (_SPAN**2, -1, filters))

    kept = transform(ops.convert_to_tensor(layer.kernel)) if frozen else None

    def convolve(inputs: Any, kernel: Any) -> Any:
        count, _, _, channels = inputs.shape
        if count is not None and count < FEWEST:
            return directly(inputs, kernel)
        x = ops.matmul(into_rows, ops.reshape(inputs, (-1, height, width * channels)))
        x = ops.matmul(into_columns, ops.reshape(x, (-1, width, channels)))
        x = ops.transpose(ops.reshape(x, (-1, high, _SPAN, wide, _SPAN, channels)), (2, 4, 0, 1, 3, 5))
        x = ops.matmul(ops.reshape(x, (_SPAN**2, -1, channels)), transform(kernel) if kept is None else kept)
        x = ops.transpose(ops.reshape(x, (_SPAN, _SPAN, -1, high, wide, filters)), (2, 3, 0, 4, 1, 5))
        x = ops.matmul(back_rows, ops.reshape(x, (-1, high * _SPAN, wide * _SPAN * filters)))
        x = ops.matmul(back_columns, ops.reshape(x, (-1, wide * _SPAN, filters)))
        return ops.reshape(x, (-1, height, width, filters))

    return convolve


def _transforms() -> tuple[Matrix, Matrix, Matrix]:
    """From 8 inputs and from 3 weights to 8 values each, and from their products to 6 outputs: [8, 8], [8, 3], [6, 8].

    By Toom and Cook: polynomials of these coefficients are known by their values at `_POINTS` and at infinity.
    """

    def values(coefficients: int) -> NDArray[np.float64]:
        at_infinity = np.eye(1, coefficients, coefficients - 1)
        return np.concatenate([np.vander(_POINTS, coefficients, increasing=True), at_infinity])

    into = np.linalg.inv(values(_SPAN)).T
    # With rows of a like size the least is lost to rounding.
    size = np.abs(into).max(axis=1, keepdims=True)
    into, of_weights, back = into / size, values(3) * size, values(TILE).T
    return into.astype(np.float32), of_weights.astype(np.float32), back.astype(np.float32)


def _over_tiles(into: Matrix, tiles: int) -> Matrix:
    """From a row of 6 inputs a tile to 8 values a tile, [8 * tiles, 6 * tiles]: a tile sees a neighbour on each side,
    and paper beyond the edge.
    """
    padded = np.zeros((_SPAN * tiles, TILE * tiles + 2), dtype=np.float32)
    for tile in range(tiles):
        padded[tile * _SPAN : (tile + 1) * _SPAN, tile * TILE : tile * TILE + _SPAN] = into
    return padded[:, 1:-1]
