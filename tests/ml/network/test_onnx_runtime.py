"""What serves a network: ONNX Runtime from its ONNX file, or Keras."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.finder.finder import Finder
from ml.network import onnx_runtime
from ml.network.manifest import BUNDLED, FINDER_FILE, MODEL_FILE, CorruptArtifact, Manifest, onnx_file
from ml.network.reader import Reader

READ = """
import json, sys
import numpy as np
from ml.finder.finder import Finder
from ml.network.reader import Reader

glyphs = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)
picture = np.random.default_rng(0).integers(0, 256, (32, 64, 3)).astype(np.uint8)
logits, shares = Reader.bundled().logits(glyphs), Finder.bundled()(picture)
loaded = sorted({"keras", "tensorflow", "onnxruntime"} & set(sys.modules))
print(json.dumps([loaded, logits.tolist(), shares.tolist()]))
"""


def read_in_a_process(**environment: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """What it loaded, logits and shares."""
    variables = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"} | environment
    done = subprocess.run([sys.executable, "-c", READ], env=variables, capture_output=True, text=True, check=True)
    loaded, logits, shares = json.loads(done.stdout.splitlines()[-1])
    return loaded, np.array(logits), np.array(shares)


def test_onnx_runtime_alone_serves_on_a_cpu_and_gives_what_keras_gives() -> None:
    loaded, logits, shares = read_in_a_process()
    by_keras, wanted_logits, wanted_shares = read_in_a_process(KERAS_BACKEND="tensorflow")
    assert loaded == ["onnxruntime"]
    assert by_keras == ["keras", "tensorflow"]
    np.testing.assert_allclose(logits, wanted_logits, atol=1e-4)
    np.testing.assert_allclose(shares, wanted_shares, atol=1e-4)


@pytest.mark.parametrize(
    ("device", "cuda", "visible", "onnx"),
    [
        (True, True, None, False),
        (True, True, "0", False),
        (True, True, "", True),
        (True, True, "-1", True),
        (True, False, None, True),
        (False, True, None, True),
    ],
)
def test_keras_serves_where_it_can_use_a_gpu(
    device: bool, cuda: bool, visible: str | None, onnx: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    if device:
        (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(onnx_runtime, "DEVICES", tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if cuda and name == "nvidia" else None)
    assert onnx_runtime.serves() is onnx


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "artifact"))


@pytest.mark.parametrize("name", [MODEL_FILE, FINDER_FILE])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(file.read_bytes() + b"x"),
        lambda file: file.write_bytes(b""),
        lambda file: file.unlink(),
        lambda file: shutil.copy(next(other for other in file.parent.glob("*.onnx") if other != file), file),
    ],
)
def test_an_exchanged_onnx_file_is_corrupt(folder: Path, name: str, spoil) -> None:
    spoil(onnx_file(folder / name))
    load = Reader.load if name == MODEL_FILE else Finder.load
    with pytest.raises(CorruptArtifact, match=r"\.onnx"):
        load(folder / name, Manifest.read(folder))


def test_a_file_made_of_another_network_is_not_used(folder: Path) -> None:
    """Its entry in the manifest is that network's, so Keras serves."""
    manifest = Manifest.read(folder)
    stale = dataclasses.replace(manifest, onnx={"0" * 64: manifest.onnx[manifest.sha256]})
    onnx_file(folder / MODEL_FILE).unlink()
    assert len(Reader.load(folder / MODEL_FILE, stale).read(np.zeros((1, 28, 28), np.uint8))) == 1


@pytest.mark.parametrize("value", ["-1", "two"])
def test_a_bad_number_of_threads_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(onnx_runtime.THREADS_VARIABLE, value)
    with pytest.raises(ValueError, match=value):
        onnx_runtime.count_threads()
