"""Reading glyphs with a trained network: the worker's one heavy import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network import artifact, backend
from ml.network.forward import ONE_BY_ONE, Forward
from ml.network.test_time_augmentation import look


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
        """Compiles the model for each size of batch, so that the first reading is quick."""
        self.logits = Forward(model, ONE_BY_ONE)
        """The network's uncalibrated logits at first sight, float32 [N, 10 or 11], of uint8 [N, 28, 28] glyphs."""
        self.logits.compile_all()
        self._temperature = temperature
        self.sure_threshold = sure_threshold

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
