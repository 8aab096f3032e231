"""Makes an artifact's ONNX files from its `.keras` files, and checks that they read alike."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.atomic_files import replacing
from ml.conversion.onnx_graph import FEWEST, finder_onnx, reader_onnx
from ml.finder.finder import STEP
from ml.network import artifact
from ml.network.architectures import gives_logits
from ml.network.backend import keras
from ml.network.manifest import FINDER_FILE, MODEL_FILE, IncompatibleArtifact, Manifest, onnx_file
from ml.network.onnx_runtime import session_of
from ml.pictures.picture import Picture
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.scene import compose
from ml.training.data import draw_digits, draw_non_digits

TOLERANCE = 1e-4
"""The most by which a logit may differ."""

GROUNDS = ("plain", "squares", "note on a desk", "blackboard")
"""Kinds of photo on which the ink finder is checked."""

_SEED = 20


def make_onnx_files(folder: Path) -> Manifest:
    """Makes `reader.onnx`, and `finder.onnx` if the artifact has a finder, and writes their hashes to the manifest.

    Raises CorruptArtifact if a `.keras` file isn't the manifest's, IncompatibleArtifact if a network can't be written
    as ONNX or doesn't read alike. Then the manifest stays as it was.
    """
    manifest = Manifest.read(folder)
    made = {manifest.sha256: _write(folder / MODEL_FILE, _checked_reader(artifact.load(folder / MODEL_FILE, manifest)))}
    if manifest.finder_sha256:
        finder = _checked_finder(artifact.load_finder(folder / FINDER_FILE, manifest))
        made[manifest.finder_sha256] = _write(folder / FINDER_FILE, finder)
    manifest = replace(manifest, onnx=made)
    artifact.write_manifest(manifest, folder)
    return manifest


def _write(file: Path, content: bytes) -> str:
    with replacing(onnx_file(file)) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _checked_reader(model: Any) -> bytes:
    """The reader's ONNX file, checked on glyphs of digits and other signs, with a small batch and a large one."""
    content = reader_onnx(model)
    glyphs = np.concatenate([draw_digits(np.arange(40) % 10, _SEED), draw_non_digits(8, _SEED)])
    wanted = _outputs(model, glyphs[..., None])
    if not gives_logits(model):
        wanted = np.log(np.maximum(wanted, 1e-12))
    for count in (1, FEWEST - 1, len(glyphs)):
        _compare(content, {"glyphs": glyphs[:count]}, wanted[:count], MODEL_FILE)
    return content


def _checked_finder(model: Any) -> bytes:
    """The ink finder's ONNX file, checked on photos of several sizes."""
    content = finder_onnx(model)
    for picture in _photos():
        _compare(content, {"picture": picture[None]}, _outputs(model, picture[None]), FINDER_FILE)
    return content


def _photos() -> Sequence[Picture]:
    rng = np.random.default_rng(_SEED)
    hands = Hands(draw_digits(np.arange(10), _SEED), np.arange(10))
    shown = [compose(hands, rng, kind=kind, text=str(index)).picture for index, kind in enumerate(GROUNDS)]
    return [_padded(picture[: len(picture) - 48 * index]) for index, picture in enumerate(shown)]


def _padded(picture: Picture) -> Picture:
    """With sides that suit the ink finder."""
    high, wide = (-side % STEP for side in picture.shape[:2])
    return np.pad(picture, ((0, high), (0, wide), (0, 0)), mode="edge")


def _outputs(model: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    given = np.divide(pixels, 255, dtype=np.float32)
    return np.asarray(keras.ops.convert_to_numpy(model(given, training=False)))


def _compare(content: bytes, given: dict[str, NDArray[np.uint8]], wanted: NDArray[np.float32], name: str) -> None:
    [logits] = session_of(content).run(["logits"], given)
    differ = float(np.abs(logits - wanted).max())
    if not differ <= TOLERANCE:
        raise IncompatibleArtifact(
            f"{name} can't be served by ONNX Runtime: its logits differ from Keras's by up to {differ:.2g}, and "
            f"{TOLERANCE} is allowed."
        )
