"""Classifies glyphs with a trained network. Imports Keras and TensorFlow only where these serve."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.network import manifest as artifacts
from ml.network import onnx_runtime
from ml.network.manifest import Manifest
from ml.network.test_time_augmentation import augmented_logits

ForwardPass = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From glyphs to logits, as `Reader.logits`."""


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

    def __init__(self, forward: ForwardPass, *, temperature: float, sure_threshold: float) -> None:
        self._forward = forward
        self._temperature = temperature
        self.sure_threshold = sure_threshold

    @classmethod
    def load(cls, file: Path, manifest: Manifest) -> "Reader":
        """The reader of a `.keras` file, from its ONNX file if there is one and no GPU.

        Raises CorruptArtifact or IncompatibleArtifact.
        """
        artifacts.verify(file, manifest)
        served_as_onnx = manifest.sha256 in manifest.onnx and onnx_runtime.serves()
        forward = onnx_runtime.open_reader(file, manifest) if served_as_onnx else _keras_forward(file, manifest)
        return cls(forward, temperature=manifest.temperature, sure_threshold=manifest.sure_threshold)

    @classmethod
    def bundled(cls) -> "Reader":
        """The reader of the bundled network."""
        return cls.load(artifacts.BUNDLED / artifacts.MODEL_FILE, Manifest.read(artifacts.BUNDLED))

    def logits(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Uncalibrated logits without test-time augmentation: float32 [N, 10 or 11] of uint8 [N, 28, 28] glyphs.

        Raises ValueError for other shapes.
        """
        if pixels.ndim != 3 or pixels.shape[1:] != (28, 28):
            raise ValueError(f"glyphs are [N, 28, 28], not {pixels.shape}")
        return self._forward(pixels)

    def read(self, pixels: NDArray[np.uint8], augment: NDArray[np.bool_] | bool = True) -> Classification:
        """Classifies uint8 [N, 28, 28] glyphs, with test-time augmentation where `augment` (bool [N]); N may be 0."""
        return classify(augmented_logits(self.logits, pixels, augment), self._temperature, self.sure_threshold)


def _keras_forward(file: Path, manifest: Manifest) -> ForwardPass:
    from ml.network import artifact, backend
    from ml.network.forward import Forward

    backend.configure()
    return Forward(artifact.load(file, manifest))


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
