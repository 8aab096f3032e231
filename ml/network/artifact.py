"""Saves and loads artifacts: the `.keras` files of a reader and an ink finder, and their manifest.

The ONNX files made of them are the concern of `ml.conversion`.
"""

import hashlib
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ml.atomic_files import replacing
from ml.network.backend import keras
from ml.network.manifest import (
    BUNDLED,
    FINDER_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ArtifactError,
    CorruptArtifact,
    IncompatibleArtifact,
    Manifest,
    sha256_of,
    verify,
    verify_finder,
)


def save(  # noqa: PLR0913
    model: Any,
    folder: Path,
    *,
    network: str,
    temperature: float,
    sure_threshold: float,
    metrics: dict[str, Any] | None = None,
    command: str = "",
    seed: int = 0,
    parent: str | None = None,
    finder: Path | None = None,
) -> Manifest:
    """Writes `reader.keras` without the optimizer's state, `finder.keras`, and `manifest.json`, to `folder`; returns
    the manifest. `finder`: the file to copy; None for an artifact that uses the bundled finder.

    Each file is written under a temporary name and then renamed. The manifest is written last, so that it never
    describes a missing file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # A new model from the config: Keras 3 always saves the optimizer's state, and `clone_model` copies it too.
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with replacing(folder / MODEL_FILE) as part:
        bare.save(part)
    if finder:
        with replacing(folder / FINDER_FILE) as part:
            shutil.copyfile(finder, part)
    manifest = Manifest(
        sha256=sha256_of(folder / MODEL_FILE),
        network=network,
        outputs=int(model.output_shape[-1]),
        temperature=temperature,
        sure_threshold=sure_threshold,
        keras_version=keras.__version__,
        metrics=metrics or {},
        command=command,
        seed=seed,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        parent=parent,
        finder_sha256=sha256_of(folder / FINDER_FILE) if finder else None,
    )
    write_manifest(manifest, folder)
    return manifest


def save_finder(model: Any, folder: Path, *, overlaps: dict[str, float], command: str) -> None:
    """Writes `finder.keras`, a model without an optimizer, to `folder`, and makes it the finder of the artifact there.

    `overlaps`: with the true ink, by name, 0 to 1. A folder without a manifest only gets the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / FINDER_FILE) as part:
        model.save(part)
    if (folder / MANIFEST_FILE).exists():
        manifest = replace(Manifest.read(folder), finder_sha256=sha256_of(folder / FINDER_FILE))
        add_metrics(manifest, folder, finder={"overlaps": overlaps, "command": command})


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Writes `manifest.json` to the folder atomically."""
    with replacing(folder / MANIFEST_FILE) as part:
        part.write_text(manifest.to_json(), encoding="utf-8")


def add_metrics(manifest: Manifest, folder: Path, **metrics: Any) -> Manifest:
    """Adds measured figures to the manifest, writes it to the folder and returns it."""
    changed = replace(manifest, metrics={**manifest.metrics, **metrics})
    write_manifest(changed, folder)
    return changed


def weights_sha256(model: Any) -> str:
    """SHA-256 of the weights with their types and shapes. Unlike a file's hash, it depends on the network alone."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(f"{weights.dtype}{weights.shape}".encode())
        digest.update(np.ascontiguousarray(weights).data)
    return digest.hexdigest()


def load(file: Path, manifest: Manifest) -> Any:
    """The Keras model of the reader's file that the manifest describes, without an optimizer.

    Raises CorruptArtifact if the file is missing, truncated or not the described one. Raises IncompatibleArtifact if
    its format or preprocessing has another version, or if this Keras can not read it.
    """
    verify(file, manifest)
    return _model_of(file, manifest)


def load_finder(file: Path, manifest: Manifest) -> Any:
    """The Keras model of the ink finder's file. Raises as `load` does."""
    verify_finder(file, manifest)
    return _model_of(file, manifest)


def _model_of(file: Path, manifest: Manifest) -> Any:
    try:
        return keras.models.load_model(file, compile=False)
    except (ValueError, TypeError, KeyError, OSError, AttributeError, ImportError) as error:
        raise IncompatibleArtifact(
            f"{file} was written by Keras {manifest.keras_version}; Keras {keras.__version__} can't read it: {error}"
        ) from error


__all__ = [
    "BUNDLED",
    "FINDER_FILE",
    "MANIFEST_FILE",
    "MODEL_FILE",
    "ArtifactError",
    "CorruptArtifact",
    "IncompatibleArtifact",
    "Manifest",
    "add_metrics",
    "load",
    "load_finder",
    "save",
    "save_finder",
    "weights_sha256",
    "write_manifest",
]
