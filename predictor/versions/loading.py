"""Loads a version for reading. It imports TensorFlow, so only workers and commands may use it."""

import functools
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ml.pictures.picture import Picture
from predictor.versions import registry

if TYPE_CHECKING:
    from ml.finder.finder import Finder
    from ml.isolation import FindWriting
    from ml.network.reader import Reader

_finders: "WeakValueDictionary[str, Finder]" = WeakValueDictionary()
"""The finders in use, by their SHA-256."""


def load_reader(number: int) -> "Reader":
    """Raises NotFound for an unknown version, ArtifactError for a damaged one."""
    from ml.network.reader import Reader

    version = registry.get(number)
    return Reader.load(registry.artifact_file(version), registry.manifest_of(version))


def load_finder(number: int | None) -> "Finder":
    """The version's ink finder; the bundled one for None.

    Versions with the same one share it, so that it is loaded and compiled once.

    Raises as `load_reader` does.
    """
    from ml.finder.finder import Finder

    file, manifest = registry.finder_of(None if number is None else registry.get(number))
    sha256 = manifest.finder_sha256 or ""
    finder = _finders.get(sha256)
    if finder is None:
        finder = _finders[sha256] = Finder.load(file, manifest)
    return finder


def champions_finder() -> "FindWriting":
    """The champion's ink finder, for what is isolated for no version. It is loaded when it is first used, if ever."""

    @functools.cache
    def loaded() -> "Finder":
        return load_finder(registry.champion_id())

    def find(picture: Picture, /) -> NDArray[np.float32]:
        return loaded()(picture)

    return find
