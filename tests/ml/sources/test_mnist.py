"""MNIST: checked whatever its source, and a clear failure when there is none."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from ml.sources import mnist as base_data
from ml.sources.mnist import Mnist, MnistUnavailable, idx_bytes, load_mnist

IMAGES = np.arange(30 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(30, 28, 28)
LABELS = (np.arange(30) % 10).astype(np.uint8)
FILES = {
    "train-images-idx3-ubyte": idx_bytes(IMAGES),
    "train-labels-idx1-ubyte": idx_bytes(LABELS),
    "t10k-images-idx3-ubyte": idx_bytes(IMAGES[:10]),
    "t10k-labels-idx1-ubyte": idx_bytes(LABELS[:10]),
}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A MNIST of 40 pictures, and no network."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(base_data, "SHA256", sums)

    def refuse() -> dict[str, bytes]:
        raise OSError("no network in this test")

    monkeypatch.setattr(base_data, "_download", refuse)
    monkeypatch.setattr(base_data, "_npm", refuse)


def put(folder: Path, *, packed: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in FILES.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("packed", [False, True])
def test_a_given_folder_is_read_and_cached(tmp_path: Path, packed: bool) -> None:
    cache = tmp_path / "cache"
    mnist = load_mnist(path=put(tmp_path / "given", packed=packed), cache=cache)
    assert np.array_equal(mnist.train_images, IMAGES)
    assert np.array_equal(mnist.test_labels, LABELS[:10])
    assert sorted(file.name for file in cache.glob("[!.]*")) == sorted(FILES)
    assert np.array_equal(load_mnist(cache=cache).train_labels, LABELS)


@pytest.mark.usefixtures("tiny")
def test_kerass_npz_is_read_as_the_same_files(tmp_path: Path) -> None:
    file = tmp_path / "mnist.npz"
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:10], "y_test": LABELS[:10]}
    np.savez(file, allow_pickle=False, **arrays)
    for path in (file, tmp_path):
        mnist = load_mnist(path=path, cache=tmp_path / "cache")
        assert np.array_equal(mnist.train_images, IMAGES)


@pytest.mark.usefixtures("tiny")
def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    given = put(tmp_path / "given")
    changed = bytearray(FILES["train-images-idx3-ubyte"])
    changed[-1] ^= 1
    (given / "train-images-idx3-ubyte").write_bytes(bytes(changed))
    with pytest.raises(MnistUnavailable, match="train-images-idx3-ubyte isn't the published file"):
        load_mnist(path=given, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("tiny")
def test_when_no_source_answers_all_are_listed_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MnistUnavailable) as failure:
        load_mnist(cache=tmp_path / "cache")
    message = str(failure.value)
    for part in (
        str(tmp_path / "cache"),
        base_data.KERAS_URL,
        base_data.NPM_PACKAGE,
        "no network in this test",
        "What to do",
    ):
        assert part in message


@pytest.mark.usefixtures("tiny")
def test_a_path_that_is_given_is_the_only_source_asked(tmp_path: Path) -> None:
    cache = put(tmp_path / "cache")
    with pytest.raises(MnistUnavailable, match="no such file or folder"):
        load_mnist(path=tmp_path / "missing", cache=cache)


@pytest.mark.usefixtures("tiny")
def test_it_says_what_it_tries(tmp_path: Path) -> None:
    said: list[str] = []
    load_mnist(cache=put(tmp_path / "cache"), progress=said.append)
    assert len(said) == 1
    assert "cache" in said[0]


def test_the_sides_are_fixed_apart_and_stratified() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 60_000).astype(np.uint8)
    nothing = np.zeros((0, 28, 28), np.uint8)
    mnist = Mnist(np.zeros((60_000, 1, 1), np.uint8), labels, nothing, labels[:0])
    sides = mnist.holdout_indices, mnist.validation_indices, mnist.fit_indices
    assert [len(side) for side in sides] == [5_000, 3_000, 52_000]
    assert len(np.unique(np.concatenate(sides))) == 60_000
    share = np.bincount(labels) / 60_000
    for side in sides:
        assert np.abs(np.bincount(labels[side]) / len(side) - share).max() < 1.5 / len(side) ** 0.5 / 10
    assert np.array_equal(mnist.holdout_indices, sides[0])


def test_mnist_itself_has_its_shape(mnist: Mnist) -> None:
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
