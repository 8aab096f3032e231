"""Reading glyphs with a trained network: the worker's one heavy import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import artifact, backend
from ml.network import gives_logits
from ml.second_look import look

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
"""Batch sizes the network is compiled for; glyphs are padded to the next one, longer rows of them cut."""


@dataclass(frozen=True)
class Readings:
    """One row a glyph.

    `probabilities` float32 [N, 10], calibrated, sum to 1: which digit it is if it is one. `digitness` float32 [N]: that
    it is a digit. `confidence` float32 [N]: that the best digit is right. `sure` bool [N].
    """

    probabilities: NDArray[np.float32]
    digitness: NDArray[np.float32]
    confidence: NDArray[np.float32]
    sure: NDArray[np.bool_]

    @property
    def digits(self) -> NDArray[np.intp]:
        """The best digit of each glyph."""
        return np.asarray(np.argmax(self.probabilities, axis=1), dtype=np.intp)

    def __len__(self) -> int:
        """Number of glyphs."""
        return len(self.confidence)


class Reader:
    """A network ready to read; any number of threads may call it at once."""

    def __init__(self, model: Any, *, temperature: float, sure_threshold: float) -> None:
        """Compiles the model for each batch size and reads once with each, so that the first reading is quick."""
        self._logits_given = gives_logits(model)
        self._forward = backend.compile_forward(model)
        self._temperature = temperature
        self.sure_threshold = sure_threshold
        for size in BATCHES:
            self._forward(np.zeros((size, 28, 28, 1), dtype=np.float32))

    @classmethod
    def load(cls, file: Path, manifest: artifact.Manifest) -> "Reader":
        """The reader of a `.keras` file. Raises CorruptArtifact or IncompatibleArtifact."""
        backend.configure()
        model = artifact.load(file, manifest)
        return cls(model, temperature=manifest.temperature, sure_threshold=manifest.sure_threshold)

    @classmethod
    def bundled(cls) -> "Reader":
        """The reader of the network that ships."""
        return cls.load(artifact.BUNDLED / artifact.MODEL_FILE, artifact.Manifest.read(artifact.BUNDLED))

    def read(self, pixels: NDArray[np.uint8]) -> Readings:
        """Readings of uint8 [N, 28, 28] glyphs, with a second look at the doubtful ones; N may be 0."""
        return readings(look(self.logits, pixels), self._temperature, self.sure_threshold)

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's uncalibrated logits at first sight, float32 [N, 10 or 11]."""
        if pixels.ndim != 3 or pixels.shape[1:] != (28, 28):
            raise ValueError(f"glyphs are [N, 28, 28], not {pixels.shape}")
        parts = [self._pad_and_run(pixels[at : at + BATCHES[-1]]) for at in range(0, max(1, len(pixels)), BATCHES[-1])]
        outputs = np.concatenate(parts)
        return outputs if self._logits_given else np.log(np.maximum(outputs, 1e-12))

    def _pad_and_run(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        count = len(pixels)
        size = next(size for size in BATCHES if size >= count)
        batch = np.zeros((size, 28, 28, 1), dtype=np.float32)
        np.divide(pixels[..., None], np.float32(255), out=batch[:count])
        return self._forward(batch)[:count]


def readings(logits: NDArray[np.float32], temperature: float, sure_threshold: float) -> Readings:
    """Calibrated readings of float32 [N, 10 or 11] logits."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    digits = shares[:, :10]
    digitness = digits.sum(axis=1)
    # A glyph that is no digit at all still needs ten probabilities that sum to one.
    conditional = np.exp(scaled[:, :10] - scaled[:, :10].max(axis=1, keepdims=True))
    conditional /= conditional.sum(axis=1, keepdims=True)
    confidence = digits.max(axis=1)
    return Readings(
        conditional.astype(np.float32),
        digitness.astype(np.float32),
        confidence.astype(np.float32),
        confidence >= sure_threshold,
    )
