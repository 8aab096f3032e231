"""Loads a version for reading. It imports TensorFlow, so only workers and commands may use it."""

from typing import TYPE_CHECKING

from predictor.versions import registry

if TYPE_CHECKING:
    from ml.network.reader import Reader


def load_reader(number: int) -> "Reader":
    """Raises NotFound for an unknown version, ArtifactError for a damaged one."""
    from ml.network.reader import Reader

    version = registry.get(number)
    return Reader.load(registry.artifact_file(version), registry.manifest_of(version))
