"""Finds handwriting in pictures with a trained network. Imports Keras and TensorFlow only where these serve."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ml.network import manifest as artifacts
from ml.network import onnx_runtime
from ml.network.manifest import Manifest
from ml.pictures.picture import Picture

FindShares = Callable[[Picture], NDArray[np.float32]]
"""As `Finder`, for a picture that it suits."""

STEP = 32
"""The sides of a picture are multiples of this."""


class Finder:
    """An ink finder, which says how much of each point of a picture is handwriting. Thread-safe."""

    def __init__(self, find: FindShares) -> None:
        self._find = find

    @classmethod
    def of(cls, model: Any) -> "Finder":
        """`model`: as `ml.finder.architecture.build_finder` makes it. It is compiled when a shape is first used."""
        from ml.network.compilation import compile_model

        logits = compile_model(model)
        return cls(lambda shown: special.expit(logits(np.divide(shown[None], 255, dtype=np.float32))[0]))

    @classmethod
    def load(cls, file: Path, manifest: Manifest) -> "Finder":
        """The finder of a `.keras` file, from its ONNX file if there is one and no GPU.

        Raises CorruptArtifact or IncompatibleArtifact.
        """
        artifacts.verify_finder(file, manifest)
        if manifest.finder_sha256 in manifest.onnx and onnx_runtime.serves():
            return cls(onnx_runtime.open_finder(file, manifest))
        from ml.network import artifact, backend

        backend.configure()
        return cls.of(artifact.load_finder(file, manifest))

    @classmethod
    def bundled(cls) -> "Finder":
        """The bundled finder."""
        return cls.load(artifacts.BUNDLED / artifacts.FINDER_FILE, Manifest.read(artifacts.BUNDLED))

    def __call__(self, picture: Picture, /) -> NDArray[np.float32]:
        """The shares of handwriting in uint8 [H, W, 3]: float32 [H, W, 3], as `ml.glyphs.looks.FindWriting` says.

        Raises ValueError for an array that is not a picture with such sides.
        """
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not _suit(picture.shape[:2]):
            found = f"{picture.dtype} {picture.shape}"
            raise ValueError(f"a picture is uint8 [H, W, 3], H and W multiples of {STEP}, not {found}")
        return self._find(picture)


def _suit(sides: tuple[int, ...]) -> bool:
    return all(side and side % STEP == 0 for side in sides)
