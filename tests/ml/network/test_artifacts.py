"""Saved networks: intact, corrupt or incompatible."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from ml.network import artifact
from ml.network.artifact import (
    FINDER_FILE,
    MODEL_FILE,
    CorruptArtifact,
    IncompatibleArtifact,
    Manifest,
    load,
    load_finder,
    save,
)
from ml.network.backend import keras


@pytest.fixture(scope="module")
def model() -> keras.Model:
    inputs = keras.layers.Input((28, 28, 1))
    return keras.Model(inputs, keras.layers.Dense(11)(keras.layers.Flatten()(inputs)))


@pytest.fixture
def saved(model: keras.Model, tmp_path: Path) -> tuple[Path, Manifest]:
    manifest = save(
        model, tmp_path / "new", network="reader", temperature=1.3, sure_threshold=0.9, seed=5, command="made"
    )
    return tmp_path / "new", manifest


def test_a_saved_network_can_be_loaded(model: keras.Model, saved: tuple[Path, Manifest]) -> None:
    folder, manifest = saved
    again = load(folder / MODEL_FILE, Manifest.read(folder))
    pixels = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    np.testing.assert_allclose(model(pixels), again(pixels), atol=1e-6)
    assert Manifest.read(folder) == manifest
    assert (manifest.outputs, manifest.temperature, manifest.seed) == (11, 1.3, 5)
    assert manifest.created_at.endswith("+00:00")


def test_no_half_written_file_is_left(saved: tuple[Path, Manifest]) -> None:
    assert {file.name for file in saved[0].iterdir()} == {MODEL_FILE, "manifest.json"}


def test_the_optimizers_state_is_not_saved(model: keras.Model, saved: tuple[Path, Manifest], tmp_path: Path) -> None:
    trained = keras.models.clone_model(model)
    trained.compile("adam", "mse")
    trained.train_on_batch(np.zeros((1, 28, 28, 1)), np.zeros((1, 11)))
    save(trained, tmp_path / "trained", network="reader", temperature=1, sure_threshold=0.9)
    plain, after = ((folder / MODEL_FILE).stat().st_size for folder in (saved[0], tmp_path / "trained"))
    assert after < 1.2 * plain


def test_a_missing_file_is_corrupt(saved: tuple[Path, Manifest]) -> None:
    with pytest.raises(CorruptArtifact, match="missing"):
        load(saved[0] / "other.keras", saved[1])


@pytest.mark.parametrize(
    "spoil", [lambda content: content[:-100], lambda content: b"", lambda content: b"x" + content[1:]]
)
def test_a_changed_or_truncated_file_is_corrupt(saved: tuple[Path, Manifest], spoil) -> None:
    file = saved[0] / MODEL_FILE
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(CorruptArtifact, match="SHA-256"):
        load(file, saved[1])


@pytest.mark.parametrize("field", ["format_version", "preprocessing_version"])
def test_another_version_is_incompatible(saved: tuple[Path, Manifest], field: str) -> None:
    other = dataclasses.replace(saved[1], **{field: 99})
    with pytest.raises(IncompatibleArtifact, match="99"):
        load(saved[0] / MODEL_FILE, other)


def test_what_keras_cant_read_is_incompatible(saved: tuple[Path, Manifest]) -> None:
    file = saved[0] / MODEL_FILE
    file.write_bytes(b"not a Keras file, but the one that the manifest describes")
    manifest = dataclasses.replace(saved[1], sha256=artifact.sha256_of(file))
    with pytest.raises(IncompatibleArtifact, match="Keras"):
        load(file, manifest)


@pytest.fixture
def with_finder(model: keras.Model, tmp_path: Path) -> tuple[Path, Manifest]:
    finder = tmp_path / "of a parent.keras"
    inputs = keras.layers.Input((None, None, 3))
    keras.Model(inputs, keras.layers.Conv2D(2, 1)(inputs)).save(finder)
    folder = tmp_path / "both"
    return folder, save(model, folder, network="reader", temperature=1, sure_threshold=0.9, finder=finder)


def test_a_finder_is_copied_with_its_hash(with_finder: tuple[Path, Manifest], tmp_path: Path) -> None:
    folder, manifest = with_finder
    assert {file.name for file in folder.iterdir()} == {MODEL_FILE, FINDER_FILE, "manifest.json"}
    assert (folder / FINDER_FILE).read_bytes() == (tmp_path / "of a parent.keras").read_bytes()
    assert Manifest.read(folder) == manifest
    assert load_finder(folder / FINDER_FILE, manifest).output_shape == (None, None, None, 2)
    load(folder / MODEL_FILE, manifest)


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"x"), lambda file: file.unlink()])
def test_a_damaged_finder_is_corrupt(with_finder: tuple[Path, Manifest], spoil) -> None:
    folder, manifest = with_finder
    spoil(folder / FINDER_FILE)
    with pytest.raises(CorruptArtifact, match=FINDER_FILE):
        load_finder(folder / FINDER_FILE, manifest)


def test_a_finder_that_keras_cant_read_is_incompatible(with_finder: tuple[Path, Manifest]) -> None:
    folder, manifest = with_finder
    (folder / FINDER_FILE).write_bytes(b"not a Keras file, but the one that the manifest describes")
    manifest = dataclasses.replace(manifest, finder_sha256=artifact.sha256_of(folder / FINDER_FILE))
    with pytest.raises(IncompatibleArtifact, match="Keras"):
        load_finder(folder / FINDER_FILE, manifest)


def test_an_artifact_is_known_by_both_its_files(saved: tuple[Path, Manifest]) -> None:
    plain = saved[1]
    assert plain.artifact_sha256 == plain.sha256, "as before there were finders"
    first, second = (dataclasses.replace(plain, finder_sha256=of) for of in ("a" * 64, "b" * 64))
    other = dataclasses.replace(first, sha256="c" * 64)
    assert len({each.artifact_sha256 for each in (plain, first, second, other)}) == 4
    assert len(first.artifact_sha256) == 64


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"sha256": "x"}'])
def test_a_broken_manifest_is_corrupt(text: str) -> None:
    with pytest.raises(CorruptArtifact):
        Manifest.from_json(text)


def test_a_later_versions_fields_are_left_out(saved: tuple[Path, Manifest]) -> None:
    values = json.loads(saved[1].to_json())
    assert Manifest.from_json(json.dumps({**values, "colour": "blue"})) == saved[1]


def test_a_missing_manifest_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptArtifact):
        Manifest.read(tmp_path)


def test_metrics_can_be_added(saved: tuple[Path, Manifest]) -> None:
    folder, manifest = saved
    changed = artifact.add_metrics(manifest, folder, holdout=0.5)
    assert Manifest.read(folder) == changed
    assert changed.metrics == {"holdout": 0.5}
