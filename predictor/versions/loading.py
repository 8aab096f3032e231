"""Loads a version for reading. Only workers and commands may use it: it may make ONNX files, or import TensorFlow."""

from typing import TYPE_CHECKING

from ml.finder.finder_file import FinderFile
from predictor.models import ModelVersion
from predictor.versions import artifact_files, conversion, registry

if TYPE_CHECKING:
    from ml.finder.finder import Finder
    from ml.network.reader import Reader


def load_reader(number: int) -> "Reader":
    """Raises NotFound for an unknown version, ArtifactError for a missing or damaged one, Unavailable if the storage
    can't be used.
    """
    from ml.network.reader import Reader

    version = _ready(registry.get(number))
    return Reader.load(artifact_files.reader_of(version), registry.manifest_of(version))


def load_finder(number: int) -> "Finder":
    """The version's ink finder. Raises as `load_reader` does."""
    return finder_file(number).load()


def finder_file(number: int) -> FinderFile:
    """The version's ink finder, loaded when it is first used. Raises as `load_reader` does."""
    return FinderFile.of(*artifact_files.finder_of(_ready(registry.get(number))))


def champions_finder() -> FinderFile:
    """The ink finder for what is isolated for no version, loaded when it is first used."""
    champion = registry.champion()
    return FinderFile.of(*artifact_files.finder_of(champion and _ready(champion)))


def _ready(version: ModelVersion) -> ModelVersion:
    """The version, with ONNX files where these serve."""
    conversion.ensure_onnx_files(version)
    return version
