"""Arrays of any scale, shape and labelling: the same pictures and labels are read, or the set is refused by name."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml.sources.labelled.sets import Labelled, LabelledSetError, read_labelled
from ml.sources.mnist import idx_bytes
from tests.predictor.pictures import pixels

SCALES: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    "0 to 255": lambda images: images,
    "0 to 255 as floats": lambda images: images.astype(np.float32),
    "0 to 255 as integers": lambda images: images.astype(np.int64),
    "0 to 1": lambda images: (images / 255).astype(np.float32),
    "0 to 1 in half precision": lambda images: (images / 255).astype(np.float16),
    "0 to 16": lambda images: images / 255 * 16,
    "-1 to 1": lambda images: images / 127.5 - 1,
    "16 bits": lambda images: images.astype(np.uint16) * 257,
}
SHAPES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "[N, H, W]": lambda images: images,
    "[N, H, W, 1]": lambda images: images[..., None],
    "[N, 1, H, W]": lambda images: images[:, None],
    "[N, pixels]": lambda images: images.reshape(len(images), -1),
    "[N, pixels, 1]": lambda images: images.reshape(len(images), -1, 1),
}
LABELS: dict[str, Callable[[NDArray[np.int64]], NDArray[Any]]] = {
    "integers": lambda labels: labels,
    "bytes": lambda labels: labels.astype(np.uint8),
    "floats": lambda labels: labels.astype(np.float32),
    "a column": lambda labels: labels[:, None],
    "texts": lambda labels: labels.astype(str),
    "byte strings": lambda labels: labels.astype("S1"),
    "one-hot": lambda labels: np.eye(10)[labels],
    "one-hot truth": lambda labels: np.eye(10, dtype=bool)[labels],
}
NAMES = [("images", "labels"), ("x", "y"), ("X", "y"), ("data", "target"), ("x_train", "y_train")]
NAMES += [("train_images", "train_labels"), ("X-train", "Y-train")]


def _npz(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "set.npz", **arrays)
    return folder / "set.npz"


def _read(path: Path) -> list[Labelled]:
    return list(read_labelled(path))


def _glyphs(made: list[Labelled]) -> NDArray[np.uint8]:
    """The pictures as they were written: light on dark."""
    return np.stack([255 - each.picture[..., 0] for each in made])


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_scale_shape_and_labelling_is_read_as_the_same_set(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """One picture spans the scale; the others may be blank, dark or faint: what is faint stays faint."""
    count, side = data.draw(st.integers(2, 4)), data.draw(st.integers(4, 12))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    most = [255, *data.draw(st.lists(st.sampled_from([0, 1, 16, 200, 255]), min_size=count - 1, max_size=count - 1))]
    images = np.stack([random.integers(0, top + 1, (side, side)) for top in most]).astype(np.uint8)
    images[0, 0, :2] = 0, 255
    labels = random.integers(0, 10, count)
    scale, shape, said = (data.draw(st.sampled_from(sorted(kinds))) for kinds in (SCALES, SHAPES, LABELS))
    names = data.draw(st.sampled_from(NAMES))
    path = _npz(
        tmp_path_factory.mktemp("set"),
        **{names[0]: SHAPES[shape](SCALES[scale](images)), names[1]: LABELS[said](labels)},
    )
    made = _read(path)
    assert np.array_equal(_glyphs(made), images)
    assert [each.label for each in made] == [str(label) for label in labels]


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float64])
def test_ink_of_one_is_black(tmp_path: Path, kind: Any) -> None:
    images = np.zeros((2, 8, 8), kind)
    images[0, 2:6, 3] = 1
    made = _read(_npz(tmp_path, images=images, labels=np.array([1, 7])))
    assert np.array_equal(_glyphs(made), (images > 0) * 255)


def test_colours_are_read_in_any_scale_and_order(tmp_path: Path) -> None:
    picture = pixels("7", side=20)
    for images in (picture, picture / 255, np.moveaxis(picture, 2, 0)):
        made = _read(_npz(tmp_path, images=images[None], labels=np.array([7])))
        assert np.array_equal(made[0].picture, picture)


def test_the_scale_is_that_of_all_arrays_of_a_file(tmp_path: Path) -> None:
    """A faint test side isn't brightened."""
    train, test = np.full((1, 8, 8), 255, np.uint8), np.full((1, 8, 8), 9, np.uint8)
    made = _read(_npz(tmp_path, x_train=train, y_train=[1], x_test=test, y_test=[7]))
    assert [(each.label, each.side, _glyphs([each]).max()) for each in made] == [("1", "train", 255), ("7", "test", 9)]


def test_of_two_arrays_of_pictures_the_better_known_name_is_read(tmp_path: Path) -> None:
    """As scikit-learn's digits."""
    images = np.arange(128).reshape(2, 8, 8) % 17.0
    made = _read(_npz(tmp_path, data=images.reshape(2, 64) * 0, images=images, target=[1, 7]))
    assert _glyphs(made).max() == 255


@pytest.mark.parametrize("labels", [np.array([7, np.nan]), np.array(["7", ""]), np.eye(10)[[7, 0]] * [[1], [0]]])
def test_a_missing_label_is_no_label(tmp_path: Path, labels: NDArray[Any]) -> None:
    bad: list[str] = []
    path = _npz(tmp_path, images=np.eye(8)[None].repeat(2, 0), labels=labels)
    assert [each.label for each in read_labelled(path, on_bad=lambda error: bad.append(str(error)))] == ["7"]
    assert bad == ['set.npz, images 1: it has no label. Give its digits, or "none" for "not a digit".']


def _idx(folder: Path, images: NDArray[np.uint8], labels: list[int], name: str = "train") -> Path:
    (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images)))
    (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(np.array(labels, np.uint8))))
    return folder / f"{name}-images-idx3-ubyte.gz"


SEVENS = np.stack([255 - pixels("7", side=28)[..., 0]] * 2)


def test_emnist_s_digits_are_turned_upright(tmp_path: Path) -> None:
    made = _read(_idx(tmp_path, SEVENS.swapaxes(1, 2), [7, 7], "emnist-digits-test"))
    assert np.array_equal(_glyphs(made), SEVENS)
    assert {each.side for each in made} == {"test"}


@pytest.mark.parametrize(
    ("name", "labels"), [("emnist-letters-train", [1, 2]), ("emnist-balanced-train", [7, 36]), ("train", [7, 26])]
)
def test_letters_are_refused_by_name(tmp_path: Path, name: str, labels: list[int]) -> None:
    with pytest.raises(LabelledSetError, match=rf"^{name}-images-idx3-ubyte.gz: .*they may be letters"):
        _read(_idx(tmp_path, SEVENS, labels, name))


def test_an_idx_file_of_zeros_and_ones_is_no_blank_sheet(tmp_path: Path) -> None:
    assert np.array_equal(_glyphs(_read(_idx(tmp_path, SEVENS // 255, [7, 7]))), SEVENS // 255 * 255)


def test_a_gzipped_idx_file_is_not_unpacked_beyond_the_limit(tmp_path: Path) -> None:
    pictures = _idx(tmp_path, np.zeros((3, 1024, 1024), np.uint8), [1, 2, 3])
    with pytest.raises(LabelledSetError, match="unpacks to more than 1 MB"):
        list(read_labelled(pictures, unpacked_limit=2**20))
