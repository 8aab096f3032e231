"""Reads labelled handwriting from CSV, folders, ZIP, NPZ, IDX, Parquet or JSON lines of strokes."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml.pictures.decoding import BYTES_LIMIT
from ml.pictures.strokes import fit_strokes, render
from ml.sources.labelled import arrays as labelled_arrays
from ml.sources.labelled.files import UNREADABLE, check_unpacked, in_zip, on_disk, opened_zip
from ml.sources.labelled.rows import BadRow, Labelled, LabelledSetError, Make, checked_label, checked_writer, example

CANVAS = 300
"""Pixels a side of the canvas that strokes are drawn on. A number's canvas is proportionally wider."""
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp", ".tif", ".tiff"}
TABLE_LIMIT = 2**26
"""The most bytes that a CSV may have: a few million rows."""
FAR = 1e15
"""The largest absolute value of a coordinate, time or pressure."""
FORMS = (
    "a CSV (file,label[,writer][,side]), a folder with a subfolder per label, an NPZ, MNIST's IDX files, Parquet,"
    " a folder or a ZIP of any of them, or JSON lines of strokes"
)


def read_labelled(
    path: Path, *, pen: float = 15.0, on_bad: Callable[[BadRow], object] | None = None
) -> Iterator[Labelled]:
    """Yields the examples of a set one by one. `pen`: width in pixels with which strokes are drawn, on a canvas of 300.

    Raises LabelledSetError. With `on_bad`, calls it for each row that can't be read, and continues with the next row.
    """
    for make in _told(path, _rows(path, pen)):
        try:
            made = make()
        except BadRow as error:
            if on_bad is None:
                raise
            on_bad(error)
        else:
            yield made


def _told(path: Path, rows: Iterator[Make]) -> Iterator[Make]:
    """The rows, with a reader's error on a damaged file turned into one that names the file."""
    try:
        yield from rows
    except UNREADABLE as error:
        raise LabelledSetError(f"{path} can't be read ({error}).") from error


def _rows(path: Path, pen: float, root: Path | None = None) -> Iterator[Make]:
    """The rows of a set. With a `root`, its files must be inside, so that an uploaded set can't read other files."""
    if path.is_dir():
        yield from _tree(path, root)
    elif not path.is_file():
        raise LabelledSetError(f"{path} does not exist: give {FORMS}.")
    elif path.suffix == ".csv":
        table = on_disk(path, TABLE_LIMIT, root)
        yield from _table(table, path.name, lambda name: on_disk(path.parent / name, BYTES_LIMIT, root))
    elif path.suffix == ".zip":
        yield from _archive(path)
    elif path.suffix == ".npz":
        yield from labelled_arrays.npz(path)
    elif path.suffix == ".parquet":
        yield from labelled_arrays.parquet(path)
    elif labelled_arrays.is_idx(path):
        yield from labelled_arrays.idx(path)
    elif path.suffix in {".jsonl", ".ndjson"}:
        yield from _stroke_lines(path, pen)
    else:
        raise LabelledSetError(f"{path}: give {FORMS}.")


def _tree(folder: Path, root: Path | None) -> Iterator[Make]:
    pictures = sorted(file for file in folder.glob("*/*") if file.suffix.lower() in PICTURES)
    if pictures:
        for file in pictures:
            yield partial(_in_folder, partial(on_disk, file, BYTES_LIMIT, root), file.parent.name, str(file))
        return
    tables = sorted(folder.glob("*.csv"))
    if len(tables) == 1:
        yield from _rows(tables[0], 0, root)
        return
    arrays = sorted(file for file in folder.rglob("*") if labelled_arrays.is_arrays(file))
    if not arrays:
        raise LabelledSetError(f"{folder} has neither a subfolder per label with pictures in it, nor {FORMS}.")
    for file in arrays:
        yield from _rows(file, 0, root)


def _archive(path: Path) -> Iterator[Make]:
    with opened_zip(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
        tables = [name for name in names if name.endswith(".csv")]
        pictures = sorted(name for name in names if Path(name).suffix.lower() in PICTURES)
        if len(tables) == 1:
            folder = tables[0].rpartition("/")[0]
            prefix = f"{folder}/" if folder else ""
            table = in_zip(archive, tables[0], TABLE_LIMIT)
            yield from _table(table, tables[0], lambda name: in_zip(archive, prefix + name, BYTES_LIMIT))
        elif pictures:
            for name in pictures:
                yield partial(_in_folder, partial(in_zip, archive, name, BYTES_LIMIT), Path(name).parent.name, name)
        else:
            yield from _unpacked(archive, path)


def _unpacked(archive: zipfile.ZipFile, path: Path) -> Iterator[Make]:
    check_unpacked(archive, path, "unpack it, and give the folder")
    with tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        yield from _tree(Path(folder), Path(folder))


def _table(data: bytes, name: str, read: Callable[[str], bytes]) -> Iterator[Make]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelledSetError(f"{name} is not in UTF-8: save it as “CSV UTF-8”, and send it again.") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"file", "label"} <= set(rows.fieldnames or ()):
        raise LabelledSetError(f"The CSV's first line must name file and label, not {rows.fieldnames}.")
    for line, row in enumerate(rows, start=2):
        yield partial(_line, row, line, read)


def _line(row: dict[str, str | None], line: int, read: Callable[[str], bytes]) -> Labelled:
    name = row["file"] or ""
    data = _content(partial(read, name), f"Line {line}: {name}")
    side = row.get("side") or row.get("split") or ""
    return example(data, row["label"] or "", row.get("writer") or "", name, side)


def _in_folder(read: Callable[[], bytes], label: str, name: str) -> Labelled:
    return example(_content(read, name), label, "", name)


def _content(read: Callable[[], bytes], name: str) -> bytes:
    try:
        return read()
    except (KeyError, *UNREADABLE) as error:
        raise BadRow(f"{name} can't be read ({error}).") from error


def _stroke_lines(path: Path, pen: float) -> Iterator[Make]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield partial(_strokes, line, f"{path}, line {number}", pen)


def _strokes(line: bytes, name: str, pen: float) -> Labelled:
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRow(f"{name} is not in UTF-8 ({error}).") from error
    try:
        row = json.loads(text)
        label, raw = checked_label(str(row["label"]), name), row["strokes"]
        _check_points(raw)
        width = _canvas_width(raw)
        strokes = fit_strokes(raw, width=width, height=CANVAS, pen=pen)
        picture = render(strokes, width=width, height=CANVAS)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise BadRow(f"{name}: not a drawing of strokes ({error!r}).") from error
    drawn: dict[str, Any] = {"width": width, "height": CANVAS, "background": "#ffffff", "strokes": strokes}
    return Labelled(picture, label, checked_writer(str(row.get("writer", "")), name), name, drawn)


def _check_points(strokes: list[list[list[float]]]) -> None:
    """Raises ValueError or TypeError unless all values are finite numbers; Python's JSON accepts NaN and Infinity."""
    if not all(abs(value) <= FAR for stroke in strokes for point in stroke for value in point):
        raise ValueError("its points are not finite numbers")


def _canvas_width(strokes: list[list[list[float]]]) -> int:
    """The canvas width at which a number's digits are as tall as a single digit would be."""
    points = np.concatenate([np.array(stroke, dtype=np.float64)[:, :2] for stroke in strokes if stroke])
    width, height = np.maximum(np.ptp(points, axis=0), 1e-6)
    return int(min(8 * CANVAS, max(CANVAS, CANVAS * width / height)))


__all__ = ["FORMS", "BadRow", "Labelled", "LabelledSetError", "checked_writer", "read_labelled"]
