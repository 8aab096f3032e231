"""Finds handwriting in pictures with a trained network. Imports Keras and TensorFlow."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ml.network import artifact, backend
from ml.network.compilation import compile_model
from ml.pictures.picture import Picture

STEP = 32
"""The sides of a picture are multiples of this."""


class Finder:
    """An ink finder, which says how much of each point of a picture is handwriting. Thread-safe."""

    def __init__(self, model: Any) -> None:
        """`model`: as `ml.finder.architecture.build_finder` makes it. It is compiled when a shape is first used."""
        self._logits = compile_model(model)

    @classmethod
    def load(cls, file: Path, manifest: artifact.Manifest) -> "Finder":
        """The finder of a `.keras` file. Raises CorruptArtifact or IncompatibleArtifact."""
        backend.configure()
        return cls(artifact.load_finder(file, manifest))

    @classmethod
    def bundled(cls) -> "Finder":
        """The bundled finder."""
        return cls.load(artifact.BUNDLED / artifact.FINDER_FILE, artifact.Manifest.read(artifact.BUNDLED))

    def __call__(self, picture: Picture, /) -> NDArray[np.float32]:
        """The shares of handwriting in uint8 [H, W, 3]: float32 [H, W, 3], as `ml.isolation.FindWriting` says.

        Raises ValueError for an array that is not a picture with such sides.
        """
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not _suit(picture.shape[:2]):
            found = f"{picture.dtype} {picture.shape}"
            raise ValueError(f"a picture is uint8 [H, W, 3], H and W multiples of {STEP}, not {found}")
        logits = self._logits(np.divide(picture[None], 255, dtype=np.float32))[0]
        return np.asarray(special.expit(logits), dtype=np.float32)


def _suit(sides: tuple[int, ...]) -> bool:
    return all(side and side % STEP == 0 for side in sides)
