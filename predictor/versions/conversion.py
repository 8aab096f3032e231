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
from predictor.versions import registry

logger = logging.getLogger(__name__)

SECONDS = 300
"""The process may take so long, on a slow machine that does much else."""


def ensure_onnx_files(version: ModelVersion) -> None:
    """Makes the version's ONNX files if one is missing or isn't the one that was made.

    If that fails, logs why, and Keras serves the version. Does nothing where Keras serves anyway.
    """
    if not onnx_runtime.serves() or _are_whole(version):
        return
    logger.warning("Version %s has no ONNX files that can be used; they are made of its .keras files", version.pk)
    try:
        made = _make(version)
    except (OSError, subprocess.SubprocessError, artifacts.ArtifactError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip()
        logger.warning("Keras serves version %s, which takes more time and memory: %s", version.pk, reason[-500:])
        made = {}
    version.manifest = asdict(replace(registry.manifest_of(version), onnx=made))
    ModelVersion.objects.filter(pk=version.pk).update(manifest=version.manifest)


def _are_whole(version: ModelVersion) -> bool:
    manifest = registry.manifest_of(version)
    try:
        artifacts.read_onnx(registry.artifact_file(version), manifest.sha256, manifest)
        if manifest.finder_sha256:  # else the bundled finder serves
            artifacts.read_onnx(Path(version.finder.path), manifest.finder_sha256, manifest)
    except artifacts.CorruptArtifact:
        return False
    return True


def _make(version: ModelVersion) -> dict[str, str]:
    """Puts the ONNX files beside the `.keras` files; returns their SHA-256, by those of the `.keras` files."""
    manifest = registry.manifest_of(version)
    with TemporaryDirectory() as name:
        folder = Path(name)
        artifacts.verify(registry.artifact_file(version), manifest)
        shutil.copyfile(registry.artifact_file(version), folder / artifacts.MODEL_FILE)
        if manifest.finder_sha256:
            artifacts.verify_finder(Path(version.finder.path), manifest)
            shutil.copyfile(version.finder.path, folder / artifacts.FINDER_FILE)
        (folder / artifacts.MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "ml.conversion", name],
            cwd=settings.BASE_DIR,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        registry.put_onnx_files(version, folder)
        return Manifest.read(folder).onnx
