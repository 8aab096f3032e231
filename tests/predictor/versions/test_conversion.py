"""ONNX files of versions: copied at registration, and made when they are missing."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage

from ml.network import onnx_runtime
from ml.network.manifest import BUNDLED, MANIFEST_FILE, MODEL_FILE, Manifest, sha256_of
from predictor.models import ModelVersion
from predictor.reading.serving import Serving
from predictor.versions import artifact_files, conversion, registry
from tests.predictor.artifacts import another_artifact, stored

GLYPHS = np.random.default_rng(0).integers(0, 256, (9, 28, 28)).astype(np.uint8)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of the processes that made ONNX files."""
    run, seen = conversion.subprocess.run, list[list[str]]()

    def note(command: list[str], **options: Any) -> Any:
        seen.append(command)
        return run(command, **options)

    monkeypatch.setattr(conversion.subprocess, "run", note)
    return seen


def files_of(version: ModelVersion) -> tuple[Path, Path]:
    made = registry.manifest_of(registry.get(version.pk)).onnx.values()
    names = zip(made, ("reader.onnx", "finder.onnx"), strict=True)
    reader, finder = (Path(default_storage.path(artifact_files.name_of(*each))) for each in names)
    return reader, finder


def as_before_onnx(version: ModelVersion) -> None:
    """The version as a release without ONNX files registered it."""
    for file in files_of(version):
        file.unlink()
    values = asdict(registry.manifest_of(version))
    del values["onnx"]
    ModelVersion.objects.filter(pk=version.pk).update(manifest=values)


def test_the_champions_onnx_files_are_in_the_sites_storage(champion: ModelVersion, processes: list[list[str]]) -> None:
    for file in files_of(champion):
        assert file.is_file()
    Serving.load(champion.pk)
    assert processes == []


def test_a_version_registered_before_there_were_any_gets_them_once(
    champion: ModelVersion, reader: Any, processes: list[list[str]], settings: Any
) -> None:
    as_before_onnx(champion)
    for _ in range(2):
        served = Serving.load(champion.pk)
        np.testing.assert_allclose(served.reader.logits(GLYPHS), reader.logits(GLYPHS), atol=1e-4)
    assert len(processes) == 1
    manifest = registry.manifest_of(registry.get(champion.pk))
    assert set(manifest.onnx) == {manifest.sha256, manifest.finder_sha256}
    assert [sha256_of(file) for file in files_of(champion)] == list(manifest.onnx.values())
    assert registry.get(champion.pk).sha256 == champion.sha256, "it is the same version"


@pytest.mark.parametrize(
    ("which", "spoil"), [(0, lambda file: file.write_bytes(file.read_bytes()[:-9])), (1, lambda file: file.unlink())]
)
def test_an_exchanged_or_lost_onnx_file_that_no_release_has_is_made_again(
    champion: ModelVersion,
    without_bundle: None,
    which: int,
    spoil: Callable[[Path], None],
    processes: list[list[str]],
    caplog: Any,
) -> None:
    file = files_of(champion)[which]
    whole = file.read_bytes()
    spoil(file)
    Serving.load(champion.pk)
    assert file.read_bytes() == whole
    assert "made of its .keras files" in caplog.text


def test_a_network_that_cant_be_written_is_served_by_keras_and_the_log_says_why(
    champion: ModelVersion, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from ml.network.backend import keras

    layers = keras.layers
    inputs = layers.Input((28, 28, 1))
    model = keras.Model(inputs, layers.Dense(11)(layers.LayerNormalization(name="odd")(layers.Flatten()(inputs))))
    folder = another_artifact(tmp_path)
    model.save(folder / MODEL_FILE)
    changed = replace(Manifest.read(folder), sha256=sha256_of(folder / MODEL_FILE), onnx={})
    (folder / MANIFEST_FILE).write_text(json.dumps(asdict(changed)))
    version = registry.add_version(folder=folder)
    served = Serving.load(version.pk)
    wanted = np.asarray(model(GLYPHS[..., None] / np.float32(255)))
    np.testing.assert_allclose(served.reader.logits(GLYPHS), wanted, atol=1e-4)
    assert "odd is a LayerNormalization" in caplog.text
    assert f"Keras serves version {version.pk}" in caplog.text


def test_a_damaged_network_is_still_corrupt(
    champion: ModelVersion, without_bundle: None, processes: list[list[str]], settings: Any, tmp_path: Path
) -> None:
    as_before_onnx(champion)
    settings.NETWORKS_DIR = tmp_path / "a host without copies"
    stored(champion).write_bytes(b"damaged")
    with pytest.raises(registry.UnreadableVersion, match="SHA-256"):
        Serving.load(champion.pk)
    assert processes == []


def test_none_are_made_where_keras_serves(
    champion: ModelVersion, processes: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before_onnx(champion)
    monkeypatch.setattr(onnx_runtime, "serves", lambda: False)
    Serving.load(champion.pk)
    assert processes == []


def test_an_old_version_uses_the_bundled_finders(
    champion: ModelVersion, tmp_path: Path, processes: list[list[str]]
) -> None:
    old = registry.add_version(folder=another_artifact(tmp_path, finder=None))
    shown = np.zeros((32, 32, 3), np.uint8)
    np.testing.assert_array_equal(Serving.load(old.pk).finder(shown), Serving.load(champion.pk).finder(shown))
    assert Manifest.read(BUNDLED).finder_sha256 in artifact_files.finder_of(old)[1].onnx
    assert processes == []
