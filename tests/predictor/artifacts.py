"""Artifacts to register that are none of the ones that ship."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ml.network.manifest import BUNDLED, FINDER_FILE, MANIFEST_FILE, MODEL_FILE, Manifest, onnx_file, sha256_of
from predictor.models import ModelVersion


def stored(version: ModelVersion) -> Path:
    """The reader's file in the site's storage, a folder."""
    return Path(version.artifact.path)


def stored_finder(version: ModelVersion) -> Path:
    """The ink finder's file in the site's storage, a folder."""
    return Path(version.finder.path)


def another_artifact(folder: Path, *, finder: Path | None = BUNDLED / FINDER_FILE, **changed: Any) -> Path:
    """An artifact in a folder of its own: the bundled reader with a byte behind it, so with another SHA-256. It has
    the ONNX files that lie beside the `.keras` files.

    `finder`: the file of its ink finder; None for an artifact made before there were finders.
    """
    made = folder / f"artifact{len(list(folder.iterdir()))}"
    made.mkdir()
    shutil.copy(BUNDLED / MODEL_FILE, made / MODEL_FILE)
    with (made / MODEL_FILE).open("ab") as file:
        file.write(made.name.encode())
    if finder:
        shutil.copy(finder, made / FINDER_FILE)
    bundled = Manifest.read(BUNDLED)
    values = {"sha256": sha256_of(made / MODEL_FILE), "finder_sha256": finder and sha256_of(finder), **changed}
    values["onnx"] = {}
    for file, sha256, name in (
        (BUNDLED / MODEL_FILE, values["sha256"], MODEL_FILE),
        (finder, values["finder_sha256"], FINDER_FILE),
    ):
        if file and onnx_file(file).is_file():
            shutil.copy(onnx_file(file), onnx_file(made / name))
            values["onnx"][sha256] = sha256_of(onnx_file(file))
    (made / MANIFEST_FILE).write_text(json.dumps(asdict(replace(bundled, **values))))
    return made
