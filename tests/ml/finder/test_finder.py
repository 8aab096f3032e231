"""The ink finder: its file, and what it gives for a picture."""

import dataclasses
import pickle
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.finder.architecture import build_finder
from ml.finder.finder import Finder
from ml.finder.finder_file import FinderFile
from ml.glyphs.looks import FindWriting
from ml.network import artifact
from ml.network.artifact import BUNDLED, FINDER_FILE, CorruptArtifact, Manifest
from ml.pictures.picture import Picture


@pytest.fixture(scope="module")
def model() -> Any:
    return build_finder(3)


@pytest.fixture(scope="module")
def finder(model: Any) -> Finder:
    return Finder.of(model)


def picture(high: int = 96, wide: int = 64, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (high, wide, 3)).astype(np.uint8)


def test_the_bundled_finder_finds() -> None:
    find: FindWriting = Finder.bundled()
    shares = find(picture(256, 256))
    assert (shares.shape, shares.dtype) == ((256, 256, 3), np.float32)
    assert 0 <= shares.min() <= shares.max() <= 1


@pytest.mark.parametrize("sides", [(96, 64), (64, 96), (32, 32), (256, 256)])
def test_it_gives_the_networks_shares_at_any_size(model: Any, finder: Finder, sides: tuple[int, int]) -> None:
    shown = picture(*sides)
    logits = np.asarray(model(shown[None] / np.float32(255)))[0]
    np.testing.assert_allclose(finder(shown), 1 / (1 + np.exp(-logits)), atol=1e-5)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros(shape, np.uint8)
        for shape in ((64, 60, 3), (33, 64, 3), (0, 64, 3), (64, 64), (64, 64, 4), (1, 64, 64, 3))
    ]
    + [np.zeros((64, 64, 3), np.float32)],
)
def test_an_array_that_is_no_such_picture_is_refused(finder: Finder, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"multiples of 32, not"):
        finder(bad)


def test_threads_find_at_once(model: Any) -> None:
    shapes = [(32, 32), (32, 64), (64, 32)]
    wanted = [Finder.of(model)(picture(*sides)) for sides in shapes]
    fresh, wrong = Finder.of(model), []

    def find_often() -> None:
        for sides, shares in list(zip(shapes, wanted, strict=True)) * 10:
            if not np.allclose(fresh(picture(*sides)), shares, atol=1e-5):
                wrong.append(sides)

    threads = [threading.Thread(target=find_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_seed_decides_the_weights() -> None:
    again, other = build_finder(3), build_finder(4)
    assert artifact.weights_sha256(again) == artifact.weights_sha256(build_finder(3))
    assert artifact.weights_sha256(again) != artifact.weights_sha256(other)


def test_a_finder_without_its_hash_is_corrupt() -> None:
    nameless = dataclasses.replace(Manifest.read(BUNDLED), finder_sha256=None)
    with pytest.raises(CorruptArtifact, match="SHA-256"):
        Finder.load(BUNDLED / FINDER_FILE, nameless)


# ── a finder's file ──


def bundled_file() -> FinderFile:
    return FinderFile.of(BUNDLED / FINDER_FILE, Manifest.read(BUNDLED))


def test_a_finders_file_finds_in_another_process_too() -> None:
    shown = picture()
    sent = pickle.loads(pickle.dumps(bundled_file()))
    np.testing.assert_array_equal(sent(shown), bundled_file().load()(shown))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        np.testing.assert_allclose(apart.submit(bundled_file(), shown).result(), sent(shown), atol=1e-6)


def test_a_finder_is_loaded_once_for_files_with_the_same_content(tmp_path: Path) -> None:
    shutil.copy(BUNDLED / FINDER_FILE, tmp_path / FINDER_FILE)
    copied = FinderFile.of(tmp_path / FINDER_FILE, Manifest.read(BUNDLED))
    assert copied.load() is bundled_file().load()


def test_a_finders_file_is_not_read_before_it_is_used(tmp_path: Path) -> None:
    missing = FinderFile.of(tmp_path / FINDER_FILE, dataclasses.replace(Manifest.read(BUNDLED), finder_sha256="0" * 64))
    with pytest.raises(CorruptArtifact, match="missing"):
        missing(picture())


def test_knowing_a_finders_file_loads_neither_keras_nor_tensorflow() -> None:
    check = "import sys, ml.finder.finder_file; assert not {'keras', 'tensorflow', 'jax', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
