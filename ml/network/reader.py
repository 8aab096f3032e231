"""Classifies glyphs with a trained network. Imports Keras and TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network import artifact, backend
from ml.network.forward import SERVING_SIZES, Forward
from ml.network.test_time_augmentation import augmented_logits


@dataclass(frozen=True)
class Classification:
    """The classes of N glyphs, as calibrated probabilities.

    `probabilities`: float32 [N, 10], of each digit, given that the glyph is one; each row sums to 1. `digitness`:
    float32 [N], that the glyph is a digit. `confidence`: float32 [N], that the most probable digit is right. `sure`:
    bool [N], whether the confidence reaches the threshold.
    """

    probabilities: NDArray[np.float32]
    digitness: NDArray[np.float32]
    confidence: NDArray[np.float32]
    sure: NDArray[np.bool_]

    @property
    def digits(self) -> NDArray[np.intp]:
        """The most probable digit of each glyph."""
        return np.asarray(np.argmax(self.probabilities, axis=1), dtype=np.intp)

    def __len__(self) -> int:
        """Number of glyphs."""
        return len(self.confidence)


class Reader:
    """A network that is ready to read. Thread-safe."""

    def __init__(self, model: Any, *, temperature: float, sure_threshold: float) -> None:
        """Compiles the model for each batch size up front, so that the first reading is fast."""
        self.logits = Forward(model, SERVING_SIZES)
        """Uncalibrated logits without test-time augmentation: float32 [N, 10 or 11] of uint8 [N, 28, 28] glyphs."""
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
        """The reader of the bundled network."""
        return cls.load(artifact.BUNDLED / artifact.MODEL_FILE, artifact.Manifest.read(artifact.BUNDLED))

    def read(self, pixels: NDArray[np.uint8]) -> Classification:
        """Classifies uint8 [N, 28, 28] glyphs, with test-time augmentation; N may be 0."""
        return classify(augmented_logits(self.logits, pixels), self._temperature, self.sure_threshold)


def classify(logits: NDArray[np.float32], temperature: float, sure_threshold: float) -> Classification:
    """The classification of float32 [N, 10 or 11] logits."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    digits = shares[:, :10]
    digitness = digits.sum(axis=1)
    # Computed from the logits, because `digitness` may underflow to 0.
    conditional = np.exp(scaled[:, :10] - scaled[:, :10].max(axis=1, keepdims=True))
    conditional /= conditional.sum(axis=1, keepdims=True)
    confidence = digits.max(axis=1)
    return Classification(
        conditional.astype(np.float32),
        digitness.astype(np.float32),
        confidence.astype(np.float32),
        confidence >= sure_threshold,
    )
