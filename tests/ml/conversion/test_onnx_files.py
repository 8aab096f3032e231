"""ONNX files: they give what Keras gives, or are refused."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.conversion import onnx_files
from ml.conversion.onnx_files import make_onnx_files
from ml.conversion.onnx_graph import finder_onnx, reader_onnx
from ml.finder.architecture import build_finder
from ml.network import artifact
from ml.network.architectures import build
from ml.network.backend import keras
from ml.network.forward import Forward
from ml.network.manifest import (
    BUNDLED,
    FINDER_FILE,
    MODEL_FILE,
    CorruptArtifact,
    IncompatibleArtifact,
    Manifest,
    read_onnx,
)
from ml.network.onnx_runtime import session_of

ROOT = Path(__file__).resolve().parents[3]
layers = keras.layers


def glyphs(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 28, 28)).astype(np.uint8)


def randomised(model: Any) -> Any:
    """The model with weights that no layer starts with, such as the means of batch normalisation."""
    rng = np.random.default_rng(4)
    model.set_weights([rng.uniform(0.02, 0.1, each.shape).astype(np.float32) for each in model.get_weights()])
    return model


def run_on(content: bytes, **given: np.ndarray) -> np.ndarray:
    [logits] = session_of(content).run(["logits"], given)
    return np.asarray(logits)


def test_the_bundled_onnx_files_are_made_of_the_bundled_networks() -> None:
    """If this fails: python -m ml.conversion ml/bundled"""
    manifest = Manifest.read(BUNDLED)
    assert set(manifest.onnx) == {manifest.sha256, manifest.finder_sha256}
    reader = artifact.load(BUNDLED / MODEL_FILE, manifest)
    finder = artifact.load_finder(BUNDLED / FINDER_FILE, manifest)
    read_by_onnx = run_on(read_onnx(BUNDLED / MODEL_FILE, manifest.sha256, manifest), glyphs=glyphs(9))
    np.testing.assert_allclose(read_by_onnx, Forward(reader)(glyphs(9)), atol=1e-4)
    shown = np.random.default_rng(2).integers(0, 256, (1, 96, 160, 3)).astype(np.uint8)
    found_by_onnx = run_on(read_onnx(BUNDLED / FINDER_FILE, manifest.finder_sha256, manifest), picture=shown)
    np.testing.assert_allclose(found_by_onnx, np.asarray(finder(shown / np.float32(255))), atol=1e-4)


@pytest.mark.parametrize("count", [1, 7, 8, 33])
def test_small_and_large_batches_are_read_alike(count: int) -> None:
    model = build("reader", 3)
    content = reader_onnx(model)
    np.testing.assert_allclose(run_on(content, glyphs=glyphs(count)), Forward(model)(glyphs(count)), atol=1e-4)


def test_for_probabilities_it_gives_their_logarithms() -> None:
    inputs = layers.Input((28, 28, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    x = layers.Dropout(0.5)(layers.BatchNormalization()(layers.MaxPooling2D(2)(x)))
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    model = randomised(keras.Model(inputs, layers.Dense(10, activation="softmax")(x)))
    np.testing.assert_allclose(run_on(reader_onnx(model), glyphs=glyphs(5)), Forward(model)(glyphs(5)), atol=1e-4)


@pytest.mark.parametrize("sides", [(64, 64), (32, 96), (160, 32)])
def test_a_finder_gives_the_same_at_any_size(sides: tuple[int, int]) -> None:
    model = build_finder(5)
    shown = np.random.default_rng(2).integers(0, 256, (1, *sides, 3)).astype(np.uint8)
    wanted = np.asarray(model(shown / np.float32(255)))
    np.testing.assert_allclose(run_on(finder_onnx(model), picture=shown), wanted, atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.Conv2D(5, 3, padding="same", strides=2),
        lambda: layers.Conv2D(5, 4, padding="same", strides=2, use_bias=False),
        lambda: layers.Conv2D(6, (3, 5), padding="same", dilation_rate=(2, 1)),
        lambda: layers.Conv2D(6, 3, groups=3),
        lambda: layers.Conv2DTranspose(2, 3, strides=2, padding="same"),
        lambda: layers.Conv2DTranspose(2, 4, strides=4, padding="same"),
        lambda: layers.MaxPooling2D(3, strides=2, padding="same"),
        lambda: layers.UpSampling2D(3, interpolation="bilinear"),
        lambda: layers.UpSampling2D(2),
    ],
)
@pytest.mark.parametrize("sides", [(11, 14), (16, 9)])
def test_layers_are_written_with_their_options(layer: Callable[[], Any], sides: tuple[int, int]) -> None:
    inputs = layers.Input((None, None, 3))
    model = randomised(keras.Model(inputs, layer()(inputs)))
    shown = np.random.default_rng(2).integers(0, 256, (2, *sides, 3)).astype(np.uint8)
    wanted = np.asarray(model(shown / np.float32(255)))
    np.testing.assert_allclose(run_on(finder_onnx(model), picture=shown), wanted, atol=1e-4)


def test_a_layer_of_an_unknown_kind_is_refused_by_name() -> None:
    inputs = layers.Input((28, 28, 1))
    model = keras.Model(inputs, layers.Dense(10)(layers.LayerNormalization(name="odd")(layers.Flatten()(inputs))))
    with pytest.raises(IncompatibleArtifact, match="odd is a LayerNormalization"):
        reader_onnx(model)


def test_an_unknown_activation_is_refused_by_name() -> None:
    inputs = layers.Input((28, 28, 1))
    with pytest.raises(IncompatibleArtifact, match="activation gelu"):
        reader_onnx(keras.Model(inputs, layers.Dense(10, activation="gelu")(layers.Flatten()(inputs))))


# ── an artifact's files ──


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An artifact from before there were ONNX files."""
    made = tmp_path / "artifact"
    made.mkdir()
    for name in (MODEL_FILE, FINDER_FILE):
        shutil.copy(BUNDLED / name, made)
    values = json.loads((BUNDLED / "manifest.json").read_text())
    del values["onnx"]
    (made / "manifest.json").write_text(json.dumps(values))
    return made


def test_they_are_made_alike_each_time_and_noted_in_the_manifest(folder: Path) -> None:
    before = Manifest.read(folder)
    assert before.onnx == {}
    manifest = make_onnx_files(folder)
    assert Manifest.read(folder) == manifest
    assert manifest.onnx == Manifest.read(BUNDLED).onnx, "the files that are bundled"
    assert manifest.artifact_sha256 == before.artifact_sha256
    assert sorted(file.name for file in folder.iterdir()) == [
        "finder.keras", "finder.onnx", "manifest.json", "reader.keras", "reader.onnx",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["reader_onnx", "finder_onnx"])
def test_a_file_that_gives_something_else_is_refused(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = getattr(onnx_files, name)

    def slightly_wrong(model: Any) -> bytes:
        wrong = keras.models.clone_model(model)
        wrong.set_weights([1.001 * weights for weights in model.get_weights()])
        return write(wrong)

    monkeypatch.setattr(onnx_files, name, slightly_wrong)
    with pytest.raises(IncompatibleArtifact, match=r"differ from Keras's by up to .* 0\.0001 is allowed"):
        make_onnx_files(folder)
    assert Manifest.read(folder).onnx == {}


def test_the_command_says_what_is_wrong(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"damaged")
    command = [sys.executable, "-m", "ml.conversion", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("isn't the file that its manifest describes: the SHA-256 differs")
    with pytest.raises(CorruptArtifact):
        make_onnx_files(folder)
