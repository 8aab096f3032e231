"""A finder that is loaded when it is first used. Importing it loads neither TensorFlow nor Keras."""

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.network.manifest import Manifest
from ml.pictures.picture import Picture

if TYPE_CHECKING:
    from ml.finder.finder import Finder

KEPT = 2
"""Finders that a process keeps: the champion's and another version's."""


@dataclass(frozen=True)
class FinderFile:
    """An ink finder's file. It can be sent to another process, and used there as `ml.glyphs.looks.FindWriting`.

    `sha256`: by the manifest. Two files with the same content are equal.
    """

    sha256: str | None
    file: Path = field(compare=False)
    manifest: Manifest = field(compare=False)

    @classmethod
    def of(cls, file: Path, manifest: Manifest) -> "FinderFile":
        """The file that the manifest describes."""
        return cls(manifest.finder_sha256, file, manifest)

    def load(self) -> "Finder":
        """The finder, loaded and compiled once for all equal files. Raises CorruptArtifact or IncompatibleArtifact."""
        return _load(self)

    def __call__(self, picture: Picture, /) -> NDArray[np.float32]:
        """As `Finder` does. Also raises what `load` does."""
        return self.load()(picture)


@functools.lru_cache(maxsize=KEPT)
def _load(finder_file: FinderFile) -> "Finder":
    from ml.finder.finder import Finder

    return Finder.load(finder_file.file, finder_file.manifest)
