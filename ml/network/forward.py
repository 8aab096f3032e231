"""What a network says of glyphs at first sight: its inference, compiled once for each of a few sizes of batch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network import backend
from ml.network.architectures import gives_logits

ONE_BY_ONE = (1, 2, 4, 8, 16, 32, 64, 128)
"""Sizes for who waits for an answer."""

IN_BULK = (8, 128)
"""Sizes for sets: compiling takes longer than reading some glyphs too many."""


class Forward:
    """A model's inference with the weights that it has now; any number of threads may call it at once."""

    def __init__(self, model: Any, sizes: tuple[int, ...] = IN_BULK) -> None:
        """`sizes`, ascending: glyphs are padded to the next one, longer rows of them cut. Each is compiled when it is
        first needed.
        """
        self._compiled = backend.compile_forward(model)
        self._logits_given = gives_logits(model)
        self._sizes = sizes

    def compile_all(self) -> None:
        """Reads once with each size, so that no reading waits for the compiler."""
        for size in self._sizes:
            self._compiled(np.zeros((size, 28, 28, 1), dtype=np.float32))

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Uncalibrated logits, float32 [N, outputs], of uint8 [N, 28, 28] glyphs; N may be 0.

        Of a model that gives probabilities, their logarithms. Raises ValueError for other shapes.
        """
        if pixels.ndim != 3 or pixels.shape[1:] != (28, 28):
            raise ValueError(f"glyphs are [N, 28, 28], not {pixels.shape}")
        most = self._sizes[-1]
        parts = [self._pad_and_run(pixels[at : at + most]) for at in range(0, max(1, len(pixels)), most)]
        outputs = np.concatenate(parts)
        return outputs if self._logits_given else np.log(np.maximum(outputs, 1e-12))

    def _pad_and_run(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        count = len(pixels)
        size = next(size for size in self._sizes if size >= count)
        batch = np.zeros((size, 28, 28, 1), dtype=np.float32)
        np.divide(pixels[..., None], np.float32(255), out=batch[:count])
        return self._compiled(batch)[:count]
