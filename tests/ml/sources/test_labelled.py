"""Sets from elsewhere: what is damaged, too large or leads out of the set is named, and the rest is read."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.sources.labelled import csv_tables, stroke_lines
from ml.sources.labelled import files as labelled_files
from ml.sources.labelled.sets import Labelled, LabelledSetError, read_labelled
from tests.predictor.pictures import LINES, drawn

SEVEN = drawn("7", side=60)
TABLE = b"file,label\na.png,7\nb.png,7\n"


def _read(path: Path) -> tuple[list[Labelled], list[str]]:
    """What can be read of a set, and what is said of the other rows."""
    bad: list[str] = []
    return list(read_labelled(path, on_bad=lambda error: bad.append(str(error)))), bad


def _zip(folder: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(folder / "set.zip", "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder / "set.zip"


def _npz(folder: Path, **arrays: Any) -> Path:
    glyphs = {"images": np.zeros((2, 8, 8), np.uint8), "labels": np.array([7, 1])}
    np.savez_compressed(folder / "set.npz", **{**glyphs, **arrays})
    return folder / "set.npz"


def _encrypt(path: Path, name: str) -> None:
    """Sets the flag in the directory at the end, as a ZIP with a password has it."""
    data = bytearray(path.read_bytes())
    place = data.rindex(name.encode()) - 46
    data[place + 8] |= 1
    path.write_bytes(data)


# ── what it may name ──


@pytest.mark.parametrize("name", ["{}/outside.png", "../outside.png", "/dev/zero", "missing.png", "sub", ""])
def test_a_table_in_an_archive_names_nothing_outside_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With two tables it is unpacked."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "outside.png").write_bytes(SEVEN)
    table = f"file,label\n{name.format(tmp_path)},7\nsub/own.data,7\n".encode()
    made, bad = _read(_zip(tmp_path, {"a.csv": table, "sub/b.csv": b"file,label\n", "sub/own.data": SEVEN}))
    assert [each.name for each in made] == ["sub/own.data"]
    assert [each.partition(":")[0] for each in bad] == ["a.csv, line 2"]


def test_ones_own_table_names_pictures_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "seven.png").write_bytes(SEVEN)
    table = tmp_path / "tables" / "set.csv"
    table.write_text(f"file,label\n../seven.png,7\n{tmp_path}/seven.png,7\n/dev/zero,7\n")
    made, bad = _read(table)
    assert len(made) == 2
    assert bad == ["set.csv, line 4: /dev/zero can't be read (there is no such file)."]


# ── how large it may be ──


@pytest.mark.parametrize("folders", [True, False])
def test_a_picture_that_is_too_large_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: bool
) -> None:
    monkeypatch.setattr(labelled_files, "BYTES_LIMIT", 2**20)
    names = ["7/a.png", "7/b.png"] if folders else ["a.png", "b.png"]
    files = dict(zip(names, [bytes(2**20 + 1), SEVEN], strict=True)) | ({} if folders else {"set.csv": TABLE})
    made, bad = _read(_zip(tmp_path, files, zipfile.ZIP_DEFLATED))
    assert [each.name for each in made] == names[1:]
    assert "a.png can't be read (it has 1 MB; at most 1 MB are read)" in bad[0]


def test_a_table_that_is_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "TABLE_LIMIT", 10)
    made, bad = _read(_zip(tmp_path, {"set.csv": TABLE}))
    assert (made, bad) == ([], ["set.csv can't be read (it has 0 MB; at most 0 MB are read)."])


def test_arrays_that_are_too_large_are_not_unpacked(tmp_path: Path) -> None:
    large = np.zeros((2, 1024, 1024), np.uint8)
    with pytest.raises(LabelledSetError, match="unpacks to more than 1 MB: split it into several files"):
        list(read_labelled(_npz(tmp_path, images=large), unpacked_limit=2**20))


def test_a_zip_that_unpacks_to_too_much_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    path = _zip(tmp_path, {f"7/{name}.png": bytes(2**20) for name in "abcde"}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**14
    with pytest.raises(LabelledSetError, match="unpacks to more than 4 MB"):
        next(read_labelled(path, unpacked_limit=2**20))


def test_a_parquet_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    rows = {"image": [bytes([number]) * 2**20 for number in range(3)], "label": [7, 7, 7]}
    pq.write_table(pa.table(rows), tmp_path / "set.parquet", compression="zstd")
    assert (tmp_path / "set.parquet").stat().st_size < 2**14
    with pytest.raises(LabelledSetError, match="a row group unpacks to more than 1 MB"):
        next(read_labelled(tmp_path / "set.parquet", unpacked_limit=2**20))


def test_a_line_of_strokes_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_bytes(b" " * (stroke_lines.LINE_LIMIT + 1))
    with pytest.raises(LabelledSetError, match="line 1 has over 4 MB"):
        list(read_labelled(tmp_path / "set.jsonl"))


# ── what it is packed by ──


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", ["7/a.png", "a.csv", "a.parquet"])
def test_what_is_packed_otherwise_is_refused_with_advice(tmp_path: Path, method: int, name: str) -> None:
    path = _zip(tmp_path, {name: SEVEN}, method)
    with pytest.raises(LabelledSetError, match=rf"{name} can't be read.*pack it by Deflate"):
        list(read_labelled(path))


@pytest.mark.parametrize("name", ["7/a.png", "a.csv", "a.parquet"])
def test_what_is_encrypted_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    path = _zip(tmp_path, {name: SEVEN})
    _encrypt(path, name)
    with pytest.raises(LabelledSetError, match=rf"{name} can't be read.*without a password"):
        list(read_labelled(path))


@pytest.mark.parametrize("folders", [True, False])
def test_a_damaged_picture_in_an_archive_is_a_bad_row(tmp_path: Path, folders: bool) -> None:
    names = ["7/a.png", "7/b.png"] if folders else ["a.png", "b.png"]
    files = dict(zip(names, [b"damaged", SEVEN], strict=True)) | ({} if folders else {"set.csv": TABLE})
    path = _zip(tmp_path, files)
    path.write_bytes(path.read_bytes().replace(b"damaged", b"Damaged"))
    made, bad = _read(path)
    assert [each.name for each in made] == names[1:]
    assert "Bad CRC-32" in bad[0]


# ── what it says ──


def test_a_table_that_is_not_in_utf_8_says_how_to_save_it(tmp_path: Path) -> None:
    table = "file,label,writer\n1/a.png,7,Jürgen\n".encode("cp1252")
    (tmp_path / "set.csv").write_bytes(table)
    with pytest.raises(LabelledSetError, match=r"^set.csv is not in UTF-8: save it as “CSV UTF-8”"):
        _read(tmp_path / "set.csv")
    made, bad = _read(_zip(tmp_path, {"set.csv": table, "1/a.png": SEVEN}))
    assert not made, "a folder is no label where a table should give it"
    assert bad[1:] == ["1/a.png: no table names it, so it has no label."]


def test_a_field_without_an_end_is_said_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text(f'file,label\n"{"x" * 200_000},7\n')
    with pytest.raises(LabelledSetError, match=r"set.csv can't be read \(field larger"):
        _read(tmp_path / "set.csv")


STROKES = json.dumps(LINES["7"])


@pytest.mark.parametrize(
    "line",
    [
        '{"label": "7", "writer": "Jürgen", "strokes": []}'.encode("cp1252"),
        b'{"label": "7", "strokes": [[[0, 0], [1, 1' + b"0" * 400 + b"]]]}",
        b'{"label": "7", "strokes": [[[0, 0], [NaN, 1]]]}',
        b'{"label": "7", "strokes": [[[0, 0], [1, Infinity]]]}',
        b'{"label": "7", "strokes": [[[0, 0, NaN], [1, 1, 16]]]}',
        b'{"label": "7", "strokes": [[[0, 0, "\\u0000"], [1, 1]]]}',
        b'{"label": "7", "strokes": [[[0, 0], [1e308, 1]]]}',
        b"[" * 100_000,
        b'{"label": "7", "writer": "\\ud800", "strokes": %s}' % STROKES.encode(),
        b'{"label": "7", "writer": "a\\u0000", "strokes": %s}' % STROKES.encode(),
        b'["7"]',
    ],
    ids=lambda line: line[:60].decode("cp1252"),
)
def test_a_line_that_is_no_drawing_is_a_bad_row_and_what_follows_is_read(tmp_path: Path, line: bytes) -> None:
    good = f'{{"label": "7", "writer": "Jürgen", "strokes": {STROKES}}}'.encode()
    (tmp_path / "set.jsonl").write_bytes(b"\n".join([b"\xef\xbb\xbf" + good, line, good]))
    made, bad = _read(tmp_path / "set.jsonl")
    assert [each.writer for each in made] == ["Jürgen", "Jürgen"]
    assert ["set.jsonl, line 2" in each for each in bad] == [True]
    assert len(bad[0]) < 400


def test_a_writer_s_name_that_no_database_holds_is_a_bad_row(tmp_path: Path) -> None:
    made, bad = _read(_npz(tmp_path, writers=np.array(["a\0b", "ann"])))
    assert [each.writer for each in made] == ["ann"]
    assert r"'a\x00b'" in bad[0]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"images": np.full((2, 8, 8), 256)}, "its values go from 256 to 256. Give 0 to 255, 0 to 1, or −1 to 1"),
        ({"images": np.linspace(-0.42, 2.8, 128).reshape(2, 8, 8)}, "its values go from -0.42 to 2.8"),
        ({"images": np.linspace(-0.5, 0.5, 128).reshape(2, 8, 8)}, "its values go from -0.5 to 0.5"),
        ({"images": np.array([np.zeros((8, 8)), np.full((8, 8), np.nan)])}, "its values are not all numbers"),
        ({"images": np.full((2, 8, 8), "a")}, "images must be pictures"),
        ({"images": np.zeros((2, 8, 8, 2), np.uint8)}, r"not uint8 \[2, 8, 8, 2\]"),
        ({"images": np.zeros((2, 0, 8), np.uint8)}, "images must be pictures"),
        ({"images": np.zeros((2, 63), np.uint8)}, "of a square"),
        ({"images": np.zeros((0, 10**4, 10**4), np.uint8)}, "images must be pictures"),
        ({"labels": np.array(7)}, "labels must be labels"),
        ({"labels": np.eye(2)}, "labels must be labels"),
        ({"labels": np.full((2, 10), 0.1)}, "one-hot"),
        ({"labels": np.array([7, 26])}, "its labels go up to 26: they may be letters"),
        ({"writers": np.array(["ann"])}, "of one length, not images 2, labels 2, writers 1"),
        ({"x_test": np.zeros((2, 8, 8), np.uint8)}, "must hold `images`.* It holds images, labels, x_test"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrays_that_are_no_set_are_refused_as_a_whole(tmp_path: Path, wrong: dict[str, Any], complaint: str) -> None:
    with pytest.raises(LabelledSetError, match=f"^set.npz.*{complaint}"):
        _read(_npz(tmp_path, **wrong))


def test_arrays_of_larger_numbers_hold_the_same_pictures(tmp_path: Path) -> None:
    made, bad = _read(_npz(tmp_path, images=np.full((2, 8, 8), 255.0)))
    assert ([each.label for each in made], bad) == (["7", "1"], [])
    assert not made[0].picture.any()


def test_an_array_that_claims_more_than_there_is_does_not_take_the_room_for_it(tmp_path: Path) -> None:
    path = _npz(tmp_path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said, claimed = b"(2, 8, 8), }" + b" " * 14, b"(9" + b"0" * 14 + b", 8, 8), }"
    assert said in files["images.npy"]
    files["images.npy"] = files["images.npy"].replace(said, claimed)
    with pytest.raises(LabelledSetError, match=r"can't be read as an NPZ: images.npy"):
        _read(_zip(tmp_path, files).rename(tmp_path / "set.npz"))
