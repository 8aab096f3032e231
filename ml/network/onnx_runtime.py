"""Runs networks from their ONNX files on a CPU, by ONNX Runtime. Imports neither Keras nor TensorFlow."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.network.manifest import Manifest, read_onnx

if TYPE_CHECKING:
    import onnxruntime

THREADS_VARIABLE = "DIGITSITE_ML_THREADS"
"""Environment variable: the number of threads for a network's operations. Unset or 0: one per core."""

DEVICES = Path("/dev")

MOST = 64
"""Glyphs in one pass; it bounds the memory."""


def serves() -> bool:
    """Whether networks are served from their ONNX files, rather than by Keras.

    Keras serves if `KERAS_BACKEND` is set, or if `requirements-gpu.txt` is installed on a machine with an NVIDIA GPU.
    """
    return not (os.environ.get("KERAS_BACKEND") or _has_gpu())


def _has_gpu() -> bool:
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0") in {"", "-1"}
    devices = [*DEVICES.glob("nvidia[0-9]*"), *DEVICES.glob("dxg")]  # the latter on Windows
    return bool(devices) and not hidden and importlib.util.find_spec("nvidia") is not None


def open_reader(file: Path, manifest: Manifest) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """The reader's forward pass: logits, float32 [N, outputs], of uint8 [N, 28, 28] glyphs; N may be 0. Thread-safe.

    `file`: the reader's `.keras` file. Raises CorruptArtifact if its ONNX file isn't the manifest's.
    """
    session = session_of(read_onnx(file, manifest.sha256, manifest))

    def logits(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(pixels):
            return np.empty((0, manifest.outputs), dtype=np.float32)
        parts = [session.run(["logits"], {"glyphs": pixels[at : at + MOST]})[0] for at in range(0, len(pixels), MOST)]
        return np.concatenate(parts)

    return logits


def open_finder(file: Path, manifest: Manifest) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """The ink finder: shares of handwriting, float32 [H, W, 3], of uint8 [H, W, 3]. Thread-safe. Raises as
    `open_reader` does.
    """
    session = session_of(read_onnx(file, manifest.finder_sha256, manifest))
    return lambda picture: np.asarray(session.run(["shares"], {"picture": picture[None]})[0][0])


def session_of(content: bytes) -> "onnxruntime.InferenceSession":
    """An ONNX Runtime session of an ONNX file's content."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = count_threads() or os.cpu_count() or 1
    # Idle threads that spin take the core that a web process needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def count_threads() -> int:
    """The requested number of threads; 0 means one per core. Raises ValueError for a bad value."""
    value = os.environ.get(THREADS_VARIABLE, "")
    threads = int(value or 0)
    if threads < 0:
        raise ValueError(f"{THREADS_VARIABLE} must be 0 or more, not {value}")
    return threads
