"""`manage.py import_drawings`: sets as people pack them are imported, and what has no label never is."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.core.management import CommandError
from pyarrow import parquet

from predictor.models import Drawing, Label, Prediction
from tests.predictor.pictures import drawn, pixels
from tests.predictor.stored import run

SEVEN, ONE = drawn("7", side=100), drawn("1", side=100)


@pytest.fixture(autouse=True)
def _site(db: None) -> None:
    pass


def _zip(folder: Path, files: dict[str, bytes], name: str = "set.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for file, data in files.items():
            archive.writestr(file, data)
    return folder / name


def _tree(folder: Path, files: dict[str, bytes]) -> Path:
    for file, data in files.items():
        (folder / "set" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "set" / file).write_bytes(data)
    return folder / "set"


def _imported(path: Path, **options: Any) -> tuple[list[tuple[str, str]], str]:
    """The label and side of each drawing that is imported, and what is said of the rest."""
    complaint = ""
    try:
        run("import_drawings", path, owner="school", **options)
    except CommandError as error:
        complaint = str(error)
    return sorted(Label.objects.values_list("text", "drawing__owner__side")), complaint


PACKED = [_zip, _tree]


@pytest.mark.parametrize("pack", PACKED)
@pytest.mark.parametrize("name", ["7_sample.png", "photos/7.png", "train/7.png", "digit 7/a.png"])
def test_a_picture_without_a_label_is_never_not_a_digit(
    tmp_path: Path, pack: Callable[[Path, dict[str, bytes]], Path], name: str
) -> None:
    imported, complaint = _imported(pack(tmp_path, {name: SEVEN, "1/a.png": ONE}), accept=True)
    assert imported == [("1", "train")]
    assert f"1 row left out:\n{name}: it has no label. Put it into a folder named by its digits" in complaint


@pytest.mark.parametrize("pack", PACKED)
def test_a_picture_that_the_table_forgets_has_no_label(
    tmp_path: Path, pack: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    """Also if its folder has a number: that may be a page."""
    files = {"labels.csv": b"file,label\n1/a.png,7\n", "1/a.png": SEVEN, "1/b.png": ONE}
    assert _imported(pack(tmp_path, files)) == (
        [("7", "")],
        "1 row left out:\n1/b.png: no table names it, so it has no label.",
    )


@pytest.mark.parametrize("pack", PACKED)
def test_folders_of_sides_above_those_of_labels_are_kept(
    tmp_path: Path, pack: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    files = {"mnist/training/7/a.png": SEVEN, "mnist/test/1/a.png": ONE, "mnist/val/not_a_digit/a.png": drawn("")}
    assert _imported(pack(tmp_path, files)) == ([("", "validation"), ("1", "test"), ("7", "train")], "")


def test_folders_named_by_backslashes_are_folders(tmp_path: Path) -> None:
    files = {"set/labels.csv": b"file;label\r\npages\\a.png;7\r\n", r"set\pages\a.png": SEVEN}
    assert _imported(_zip(tmp_path, files)) == ([("7", "")], "")
    Drawing.objects.all().delete()
    assert _imported(_zip(tmp_path, {r"set\1\a.png": ONE, "set\\1\\": b""})) == ([("1", "")], "")


@pytest.mark.parametrize("pack", PACKED)
def test_what_a_mac_adds_is_passed_over(tmp_path: Path, pack: Callable[[Path, dict[str, bytes]], Path]) -> None:
    files = {"s/labels.csv": b"file,label\na.png,7\n", "s/a.png": SEVEN}
    files |= {
        "__MACOSX/s/._labels.csv": b"Mac",
        "__MACOSX/s/a.png": b"Mac",
        "s/._labels.csv": b"Mac",
        "s/._a.png": b"Mac",
        "s/.DS_Store": b"Mac",
    }
    assert _imported(pack(tmp_path, files)) == ([("7", "")], "")


def test_a_zip_in_a_zip_is_refused_by_name_and_the_rest_read(tmp_path: Path) -> None:
    inner = _zip(tmp_path, {"7/a.png": SEVEN}, "inner.zip").read_bytes()
    imported, complaint = _imported(_zip(tmp_path, {"data/inner.zip": inner, "1/a.png": ONE}))
    assert imported == [("1", "")]
    assert complaint.endswith("\ndata/inner.zip: it is a ZIP within the set. Unpack it, or give it by itself.")


@pytest.mark.parametrize("files", [{"notes.txt": b"7"}, {"set.npz": b"no NPZ"}, {"train-images-idx3-ubyte": b"\0"}])
def test_no_path_of_a_temporary_folder_is_said(tmp_path: Path, files: dict[str, bytes]) -> None:
    imported, complaint = _imported(_zip(tmp_path, files))
    assert imported == []
    assert (next(iter(files)) in complaint) or complaint.startswith("set.zip holds nothing that is read")
    assert "/tmp" not in complaint
    assert str(tmp_path) not in complaint


def test_a_file_that_cannot_be_read_does_not_keep_the_next_from_it(tmp_path: Path) -> None:
    files = {"a.csv": b"who,when\nann,today\n", "b.npz": b"no NPZ", "1/a.png": ONE}
    imported, complaint = _imported(_tree(tmp_path, files))
    assert imported == [("1", "")]
    assert "2 rows left out:\na.csv: its first line must name file and label" in complaint
    assert "b.npz is not an NPZ" in complaint


def test_arrays_from_0_to_1_are_no_blank_sheets(tmp_path: Path, read_waiting: Callable[[], int]) -> None:
    images = 1 - np.stack([pixels(text, side=28)[..., 0] for text in "71"]) / 255
    np.savez(tmp_path / "set.npz", images=images.astype(np.float32), labels=[7.0, 1.0])
    run("import_drawings", tmp_path / "set.npz", owner="school")
    assert read_waiting() == 2
    assert set(Prediction.objects.values_list("text", flat=True)) == {"7", "1"}


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ({"img": [SEVEN, ONE], "label": [7, 1]}, ["1", "7"]),
        ({"image": [{"bytes": SEVEN}, {"bytes": ONE}], "digit": [7.0, 1.0]}, ["1", "7"]),
        ({"Image": [SEVEN, ONE], "Label": ["7", "none"], "split": ["test", "test"]}, ["", "7"]),
        ({"image": [SEVEN, ONE], "label": [7, None]}, ["7"]),
        ({"image": [SEVEN, ONE], "label": [7, -1]}, ["7"]),
        ({"image": [SEVEN, ONE], "label": ["7", ""]}, ["7"]),
        ({"image": [SEVEN, ONE], "label": [7, 1], "text": ["7", None]}, ["1", "7"]),
    ],
    ids=str,
)
def test_parquet_is_read_under_other_heads_and_without_a_label_refused(
    tmp_path: Path, columns: dict[str, list[Any]], labels: list[str]
) -> None:
    parquet.write_table(pa.table(columns), tmp_path / "set.parquet")
    imported, complaint = _imported(tmp_path / "set.parquet")
    assert [label for label, _ in imported] == labels
    assert ("set.parquet, row 1: it has no label" in complaint) == (len(labels) == 1)


def test_parquet_without_a_column_of_labels_is_refused_by_name(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"image": [SEVEN], "who": ["ann"]}), tmp_path / "set.parquet")
    assert _imported(tmp_path / "set.parquet") == (
        [],
        "set.parquet must have columns image and label, not image, who.",
    )
