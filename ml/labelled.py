"""Labelled handwriting in the forms people have it: CSV, folders, ZIP, NPZ, IDX, Parquet, JSON lines of strokes."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml import labelled_arrays
from ml.labelled_rows import BadRow, Labelled, LabelledSetError, Make, checked_label, example
from ml.strokes import fit_strokes, render

CANVAS = 300
"""Pixels a side of the canvas that strokes are drawn on; a number's is wider, in proportion."""
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
UNPACKED_LIMIT = 2**30
"""Bytes that a ZIP of arrays may unpack to."""
FORMS = (
    "a CSV (file,label[,writer][,side]), a folder with a subfolder per label, an NPZ, MNIST's IDX files, Parquet,"
    " a folder or a ZIP of any of them, or JSON lines of strokes"
)


def read_labelled(
    path: Path, *, pen: float = 15.0, on_bad: Callable[[BadRow], object] | None = None
) -> Iterator[Labelled]:
    """The examples of a set, one by one. Strokes are drawn with a pen of `pen` pixels on 300.

    Raises LabelledSetError. Where `on_bad` is given, it is told of a row that can't be, and the others follow.
    """
    for make in _rows(path, pen):
        try:
            made = make()
        except BadRow as error:
            if on_bad is None:
                raise
            on_bad(error)
        else:
            yield made


def _rows(path: Path, pen: float) -> Iterator[Make]:
    if path.is_dir():
        yield from _tree(path)
    elif not path.is_file():
        raise LabelledSetError(f"{path} is not there: give {FORMS}.")
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from _table(lines, lambda name: (path.parent / name).read_bytes())
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


def _tree(folder: Path) -> Iterator[Make]:
    pictures = sorted(file for file in folder.glob("*/*") if file.suffix.lower() in PICTURES)
    if pictures:
        yield from (partial(_file, file) for file in pictures)
        return
    tables = sorted(folder.glob("*.csv"))
    if len(tables) == 1:
        yield from _rows(tables[0], 0)
        return
    arrays = sorted(file for file in folder.rglob("*") if labelled_arrays.is_arrays(file))
    if not arrays:
        raise LabelledSetError(f"{folder} has neither a subfolder per label with pictures in it, nor {FORMS}.")
    for file in arrays:
        yield from _rows(file, 0)


def _file(file: Path) -> Labelled:
    return example(file.read_bytes(), file.parent.name, "", str(file))


def _table(lines: Iterable[str], read: Callable[[str], bytes]) -> Iterator[Make]:
    rows = csv.DictReader(lines)
    if not {"file", "label"} <= set(rows.fieldnames or ()):
        raise LabelledSetError(f"The CSV's first line must name file and label, not {rows.fieldnames}.")
    for line, row in enumerate(rows, start=2):
        yield partial(_line, row, line, read)


def _line(row: dict[str, str | None], line: int, read: Callable[[str], bytes]) -> Labelled:
    name = row["file"] or ""
    try:
        data = read(name)
    except (OSError, KeyError, ValueError) as error:
        raise BadRow(f"Line {line}: {name} can't be read ({error}).") from error
    side = row.get("side") or row.get("split") or ""
    return example(data, row["label"] or "", row.get("writer") or "", name, side)


def _archive(path: Path) -> Iterator[Make]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
            tables = [name for name in names if name.endswith(".csv")]
            pictures = sorted(name for name in names if Path(name).suffix.lower() in PICTURES)
            if len(tables) == 1:
                folder = tables[0].rpartition("/")[0]
                prefix = f"{folder}/" if folder else ""
                with archive.open(tables[0]) as table:
                    lines = io.TextIOWrapper(table, "utf-8-sig", newline="")
                    yield from _table(lines, lambda name: archive.read(prefix + name))
            elif pictures:
                yield from (partial(_member, archive, name) for name in pictures)
            else:
                yield from _unpacked(archive, path)
    except zipfile.BadZipFile as error:
        raise LabelledSetError(f"{path} is not a ZIP, or a damaged one.") from error


def _member(archive: zipfile.ZipFile, name: str) -> Labelled:
    return example(archive.read(name), Path(name).parent.name, "", name)


def _unpacked(archive: zipfile.ZipFile, path: Path) -> Iterator[Make]:
    if sum(info.file_size for info in archive.infolist()) > UNPACKED_LIMIT:
        most = UNPACKED_LIMIT // 2**20
        raise LabelledSetError(f"{path} unpacks to more than {most} MB: unpack it, and give the folder.")
    with tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        yield from _tree(Path(folder))


def _stroke_lines(path: Path, pen: float) -> Iterator[Make]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield partial(_strokes, line, f"{path}, line {number}", pen)


def _strokes(line: str, name: str, pen: float) -> Labelled:
    try:
        row = json.loads(line)
        label, raw = checked_label(str(row["label"]), name), row["strokes"]
        width = _canvas_width(raw)
        strokes = fit_strokes(raw, width=width, height=CANVAS, pen=pen)
        picture = render(strokes, width=width, height=CANVAS)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise BadRow(f"{name}: not a drawing of strokes ({error!r}).") from error
    drawn: dict[str, Any] = {"width": width, "height": CANVAS, "background": "#ffffff", "strokes": strokes}
    return Labelled(picture, label, str(row.get("writer", "")), name, drawn)


def _canvas_width(strokes: list[list[list[float]]]) -> int:
    """Wide enough that a number's digits are as tall as a lone digit's would be."""
    points = np.concatenate([np.array(stroke, dtype=np.float64)[:, :2] for stroke in strokes if stroke])
    width, height = np.maximum(np.ptp(points, axis=0), 1e-6)
    return int(min(8 * CANVAS, max(CANVAS, CANVAS * width / height)))


__all__ = ["FORMS", "BadRow", "Labelled", "LabelledSetError", "read_labelled"]
