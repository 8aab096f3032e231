"""Loads a version for reading. Only workers and commands may use it: it may make ONNX files, or import TensorFlow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ml.finder.finder_file import FinderFile
from ml.network.manifest import ArtifactError
from predictor.models import ModelVersion
from predictor.versions import artifact_files, conversion, registry

if TYPE_CHECKING:
    from ml.finder.finder import Finder
    from ml.network.reader import Reader


def load_reader(number: int) -> "Reader":
    """Raises NotFound for an unknown version, UnreadableVersion for a missing or damaged one, StorageUnavailable if
    the storage can't be used.
    """
    from ml.network.reader import Reader

    with _ready(registry.get(number)) as version:
        return Reader.load(artifact_files.reader_of(version), registry.manifest_of(version))


def load_finder(number: int) -> "Finder":
    """The version's ink finder. Raises as `load_reader` does."""
    with _ready(registry.get(number)) as version:
        return FinderFile.of(*artifact_files.finder_of(version)).load()


def finder_file(number: int) -> FinderFile:
    """The version's ink finder, loaded when it is first used. Raises as `load_reader` does."""
    with _ready(registry.get(number)) as version:
        return FinderFile.of(*artifact_files.finder_of(version))


def champions_finder() -> FinderFile:
    """The ink finder for what is isolated for no version, loaded when it is first used. Raises as `load_reader`."""
    champion = registry.champion_id()
    return finder_file(champion) if champion else FinderFile.of(*artifact_files.finder_of(None))


@contextmanager
def _ready(version: ModelVersion) -> Iterator[ModelVersion]:
    """The version, with ONNX files where these serve."""
    try:
        conversion.ensure_onnx_files(version)
        yield version
    except ArtifactError as error:
        raise registry.UnreadableVersion(f"Version {version.pk} can't be loaded: {error}") from error
