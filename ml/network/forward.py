"""A Keras network's forward pass on glyphs, compiled for a few batch sizes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network.architectures import gives_logits
from ml.network.compilation import compile_model

SIZES = (8, 128)
"""Batch sizes, in ascending order: padding to one of them costs less than compiling more."""


class Forward:
    """A model's forward pass with its present weights. Thread-safe."""

    def __init__(self, model: Any) -> None:
        self._compiled = compile_model(model)
        self._logits_given = gives_logits(model)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Uncalibrated logits, float32 [N, outputs], of uint8 [N, 28, 28] glyphs; N may be 0.

        For a model with probabilities as output, their logarithms. Raises ValueError for other shapes.
        """
        if pixels.ndim != 3 or pixels.shape[1:] != (28, 28):
            raise ValueError(f"glyphs are [N, 28, 28], not {pixels.shape}")
        most = SIZES[-1]
        parts = [self._pad_and_run(pixels[at : at + most]) for at in range(0, max(1, len(pixels)), most)]
        outputs = np.concatenate(parts)
        return outputs if self._logits_given else np.log(np.maximum(outputs, 1e-12))

    def _pad_and_run(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        count = len(pixels)
        size = next(size for size in SIZES if size >= count)
        batch = np.zeros((size, 28, 28, 1), dtype=np.float32)
        np.divide(pixels[..., None], np.float32(255), out=batch[:count])
        return self._compiled(batch)[:count]
