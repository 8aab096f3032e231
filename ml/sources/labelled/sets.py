"""Reads labelled handwriting from tables, folders, ZIP, NPZ, IDX, Parquet or JSON lines of strokes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from ml.sources.labelled.arrays import idx, is_idx, npz
from ml.sources.labelled.csv_tables import table
from ml.sources.labelled.files import UNPACKED_LIMIT, UNREADABLE, FileSet, Folder, content, opened_archive
from ml.sources.labelled.parquet_files import parquet
from ml.sources.labelled.rows import (
    BadRow,
    Labelled,
    LabelledSetError,
    Make,
    bad_row,
    checked_label,
    checked_writer,
    example,
    named_side,
)
from ml.sources.labelled.stroke_lines import CANVAS, stroke_lines

PICTURES = {".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
FORMS = (
    "a CSV (file,label[,writer][,side], or label,pixel0,pixel1 …), a folder with a subfolder per label, an NPZ"
    " (images, labels, or x_train, y_train …), IDX files as MNIST's, Parquet, JSON lines of strokes, or a folder or a"
    " ZIP of any of them"
)
ADVICE = {
    ".zip": "it is a ZIP within the set. Unpack it, or give it by itself",
    **dict.fromkeys((".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz"), "unpack it, and give the folder, or a ZIP"),
    **dict.fromkeys((".xls", ".xlsx", ".ods"), "save it as “CSV UTF-8”, and give that"),
    **dict.fromkeys(
        (".npy", ".mat", ".pkl", ".h5"), "save pictures and labels in one NPZ (images, labels), and give that"
    ),
}
"""What to do about files that aren't read."""


@dataclass
class _Reading:
    """`pen` and `blank` as in `read_labelled`; `named`: the tables, and the pictures that they name."""

    files: FileSet
    pen: float
    blank: str
    named: set[str] = field(default_factory=set)


def read_labelled(
    path: Path,
    *,
    pen: float = 15.0,
    blank: str = "",
    unpacked_limit: int = UNPACKED_LIMIT,
    on_bad: Callable[[BadRow], object] | None = None,
) -> Iterator[Labelled]:
    """Yields the examples of a set one by one. `pen`: width in pixels with which strokes are drawn, on a canvas of 300.

    `blank`: what an empty label in a table or a line of strokes stands for; "" for none, which makes a bad row.
    `unpacked_limit`: bytes that its arrays may unpack to; four times as many for the pictures of a ZIP.

    Raises LabelledSetError. With `on_bad`, calls it for each row that can't be read, and continues with the next row.
    """
    for make in _rows(path, pen, blank, unpacked_limit):
        try:
            made = make()
        except BadRow as error:
            if on_bad is None:
                raise
            on_bad(error)
        else:
            yield made


def count_labelled(path: Path) -> int:
    """The number of rows of a set, readable or not. Raises LabelledSetError."""
    return sum(1 for _ in _rows(path, 0, "", UNPACKED_LIMIT))


def _rows(path: Path, pen: float, blank: str, unpacked_limit: int) -> Iterator[Make]:
    if path.is_dir():
        yield from _collection(_Reading(Folder(path, unpacked_limit), pen, blank), path.name)
    elif not path.is_file():
        raise LabelledSetError(f"{path} does not exist: give {FORMS}.")
    elif path.suffix.lower() == ".zip":
        with opened_archive(path, unpacked_limit) as archive:
            yield from _collection(_Reading(archive, pen, blank), path.name)
    elif rows := _file(_Reading(Folder(path.parent, unpacked_limit), pen, blank), path.name):
        yield from _told(path.name, rows)
    else:
        raise LabelledSetError(f"{path.name} isn't read: give {FORMS}.")


def _collection(reading: _Reading, name: str) -> Iterator[Make]:
    """The rows of all files of a folder or a ZIP. A file that can't be read is one bad row.

    Its pictures have their labels from its tables. Without a table, each has its label from its folder.
    """
    names = reading.files.names()
    found = False
    for each in names:
        if rows := _file(reading, each):
            found = True
            yield from _left_out(_told(each, rows))
    for each in names:
        if PurePosixPath(each).suffix.lower() in PICTURES and each not in reading.named:
            found = True
            yield partial(_picture, reading, each)
    if not found:
        raise LabelledSetError(f"{name} holds nothing that is read: give {FORMS}.")


def _file(reading: _Reading, name: str) -> Iterator[Make] | None:
    """The rows of one file; None if it isn't a form that is read."""
    files, suffix = reading.files, PurePosixPath(name).suffix.lower()
    if suffix in {".csv", ".tsv"}:
        return table(files, name, blank=reading.blank, named=reading.named)
    if suffix == ".npz":
        return npz(files, name)
    if suffix == ".parquet":
        return parquet(files, name)
    if is_idx(name):
        return idx(files, name)
    if suffix in {".jsonl", ".ndjson"}:
        return stroke_lines(files, name, pen=reading.pen, blank=reading.blank)
    if suffix in ADVICE:
        return iter([partial(bad_row, f"{name}: {ADVICE[suffix]}.")])
    return None


def _told(name: str, rows: Iterator[Make]) -> Iterator[Make]:
    """The rows, with a reader's error on a damaged file turned into one that names the file."""
    try:
        yield from rows
    except UNREADABLE as error:
        raise LabelledSetError(f"{name} can't be read ({error}).") from error


def _left_out(rows: Iterator[Make]) -> Iterator[Make]:
    """The rows, with the error that ends a file turned into a bad row, so that the files after it are read."""
    try:
        yield from rows
    except LabelledSetError as error:
        yield partial(bad_row, str(error))


def _picture(reading: _Reading, name: str) -> Labelled:
    """A picture that no table names. Raises BadRow if it has no label: none is not "not a digit"."""
    if reading.named:
        raise BadRow(f"{name}: no table names it, so it has no label.")
    *folders, label = PurePosixPath(name).parts[:-1] or [""]
    try:
        checked_label(label, name)
    except BadRow:
        raise BadRow(
            f"{name}: it has no label. Put it into a folder named by its digits, or name it in a CSV (file,label)."
        ) from None
    side = named_side("/".join([*folders, ""]))
    return example(content(reading.files, name, name), label, "", name, side)


__all__ = [
    "CANVAS",
    "FORMS",
    "BadRow",
    "Labelled",
    "LabelledSetError",
    "checked_writer",
    "count_labelled",
    "read_labelled",
]
