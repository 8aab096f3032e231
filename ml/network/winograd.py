"""3×3 convolutions by Winograd's minimal filtering, in place of Keras's own (Winograd, 1980; Lavin and Gray, 2016: Fast
algorithms for convolutional neural networks).

Why: TensorFlow's convolutions dominate the time on a CPU. A tile of 6×6 outputs needs 8×8 inputs and a filter's 3×3
weights. Both are transformed to 8×8 values; their products, transformed back, are the outputs. That takes 64
multiplications instead of 324 per pair of channels, done as matrix products over the channels. The logits change only
by rounding, by millionths of the largest.

Gain, measured on a CPU without AVX-512: a training step takes 172 ms instead of 299 ms, and batches are read at 1.5 to
1.8 times as many glyphs per second.

It is used on CPUs only: in trainings, and in ONNX files (`ml.conversion`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network.backend import keras

TILE = 6
"""Side of a tile of outputs."""

FEWEST = 24
"""The smallest batch for which the transforms cost less than they save."""

_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
"""Points at which the polynomials are evaluated, besides infinity."""

SPAN = len(_POINTS) + 1
"""Side of a tile of inputs."""

Matrix = NDArray[np.float32]


def use_winograd(model: Any, *, frozen: bool = False) -> None:
    """Replaces the model's 3×3 convolutions for batches of at least `FEWEST`. The saved model doesn't change.

    `frozen`: transforms the present weights once, for inference. Otherwise transforms them in each step, for training.
    A convolution is not replaced if it changes the map's size, if a side of its map is not a multiple of `TILE`, or if
    it is not computed in float32.
    """
    for layer in model.layers:
        if suits_winograd(layer):
            layer.convolution_op = _winograd(layer, frozen=frozen)


def suits_winograd(layer: Any) -> bool:
    return (
        isinstance(layer, keras.layers.Conv2D)
        and layer.kernel_size == (3, 3)
        and (layer.strides, layer.dilation_rate, layer.groups) == ((1, 1), (1, 1), 1)
        and (layer.padding, layer.data_format) == ("same", "channels_last")
        and layer.compute_dtype == "float32"
        and all(side is not None and side % TILE == 0 for side in layer.output.shape[1:3])
    )


def _winograd(layer: Any, *, frozen: bool) -> Callable[[Any, Any], Any]:
    """The replacement for the layer's `convolution_op`."""
    ops = keras.ops
    original = layer.convolution_op
    _, height, width, filters = layer.output.shape
    high, wide = height // TILE, width // TILE
    into, of_weights, back = transforms()
    into_rows, into_columns = over_tiles(into, high), over_tiles(into, wide)
    back_rows, back_columns = (np.kron(np.eye(tiles, dtype=np.float32), back) for tiles in (high, wide))

    def transform(kernel: Any) -> Any:
        spread = ops.matmul(np.kron(of_weights, of_weights), ops.reshape(kernel, (9, -1)))
        return ops.reshape(spread, (SPAN**2, -1, filters))

    kept = transform(ops.convert_to_tensor(layer.kernel)) if frozen else None

    def convolve(inputs: Any, kernel: Any) -> Any:
        count, _, _, channels = inputs.shape
        if count is not None and count < FEWEST:
            return original(inputs, kernel)
        x = ops.matmul(into_rows, ops.reshape(inputs, (-1, height, width * channels)))
        x = ops.matmul(into_columns, ops.reshape(x, (-1, width, channels)))
        x = ops.transpose(ops.reshape(x, (-1, high, SPAN, wide, SPAN, channels)), (2, 4, 0, 1, 3, 5))
        x = ops.matmul(ops.reshape(x, (SPAN**2, -1, channels)), transform(kernel) if kept is None else kept)
        x = ops.transpose(ops.reshape(x, (SPAN, SPAN, -1, high, wide, filters)), (2, 3, 0, 4, 1, 5))
        x = ops.matmul(back_rows, ops.reshape(x, (-1, high * SPAN, wide * SPAN * filters)))
        x = ops.matmul(back_columns, ops.reshape(x, (-1, wide * SPAN, filters)))
        return ops.reshape(x, (-1, height, width, filters))

    return convolve


def transforms() -> tuple[Matrix, Matrix, Matrix]:
    """The transforms of inputs [8, 8], of weights [8, 3], and of their products back to outputs [6, 8].

    By the Toom-Cook algorithm: the values at `_POINTS` and at infinity determine a polynomial.
    """

    def values(coefficients: int) -> NDArray[np.float64]:
        at_infinity = np.eye(1, coefficients, coefficients - 1)
        return np.concatenate([np.vander(_POINTS, coefficients, increasing=True), at_infinity])

    into = np.linalg.inv(values(SPAN)).T
    # Scale the rows to similar magnitudes, to minimise rounding errors.
    size = np.abs(into).max(axis=1, keepdims=True)
    into, of_weights, back = into / size, values(3) * size, values(TILE).T
    return into.astype(np.float32), of_weights.astype(np.float32), back.astype(np.float32)


def over_tiles(into: Matrix, tiles: int) -> Matrix:
    """The transform of a row of inputs for all its tiles: [8 * tiles, 6 * tiles]. Tiles overlap by one input on each
    side; beyond the edge is zero padding.
    """
    padded = np.zeros((SPAN * tiles, TILE * tiles + 2), dtype=np.float32)
    for tile in range(tiles):
        padded[tile * SPAN : (tile + 1) * SPAN, tile * TILE : tile * TILE + SPAN] = into
    return padded[:, 1:-1]
