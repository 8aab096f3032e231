"""Makes the ONNX files of a version that has none: it was registered before there were any, or they are lost.

A process of its own makes them, because workers load neither Keras nor TensorFlow.
"""

import logging
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from ml.network import manifest as artifacts
from ml.network import onnx_runtime
from ml.network.manifest import Manifest
from predictor.models import ModelVersion
from predictor.versions import artifact_files, registry

logger = logging.getLogger(__name__)

SECONDS = 300
"""The process may take so long, on a slow machine that does much else."""


def ensure_onnx_files(version: ModelVersion) -> None:
    """Copies the version's ONNX files to this host, and makes them if one is missing or isn't the one that was made.

    If that fails, logs why, and Keras serves the version. Does nothing where Keras serves anyway. Raises ArtifactError
    if the `.keras` files are missing or damaged, Unavailable if the storage can't be used.
    """
    if not onnx_runtime.serves():
        return
    try:
        artifact_files.copy_onnx(version)
        return
    except artifacts.CorruptArtifact as error:
        reason = str(error)
    with TemporaryDirectory() as name:
        folder = _keras_files(version, Path(name))
        logger.warning("The ONNX files of version %s are made of its .keras files: %s", version.pk, reason)
        made = _make(version, folder)
    version.manifest = asdict(replace(registry.manifest_of(version), onnx=made))
    if made:
        # Each file is stored under its own hash, so that two hosts can make them at the same time.
        ModelVersion.objects.filter(pk=version.pk).update(manifest=version.manifest)
        artifact_files.copy_onnx(version)


def _keras_files(version: ModelVersion, folder: Path) -> Path:
    """The version's artifact without ONNX files, in `folder`."""
    shutil.copyfile(artifact_files.reader_of(version), folder / artifacts.MODEL_FILE)
    if version.finder:  # else the bundled finder serves
        shutil.copyfile(artifact_files.finder_of(version)[0], folder / artifacts.FINDER_FILE)
    (folder / artifacts.MANIFEST_FILE).write_text(registry.manifest_of(version).to_json(), encoding="utf-8")
    return folder


def _make(version: ModelVersion, folder: Path) -> dict[str, str]:
    """Makes the ONNX files and stores them; returns their SHA-256, by those of the `.keras` files; none if it fails."""
    try:
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ml.conversion", str(folder)],
            cwd=settings.BASE_DIR,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip()
        logger.warning("Keras serves version %s, which takes more time and memory: %s", version.pk, said[-500:])
        return {}
    artifact_files.put_onnx(folder)
    return Manifest.read(folder).onnx
