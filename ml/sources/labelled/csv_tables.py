"""Tables in CSV: of picture files with their labels, or of labels and pixels as on Kaggle."""

import csv
import io
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np

from ml.sources.labelled.arrays import glyphs, is_emnist
from ml.sources.labelled.files import FileSet, content
from ml.sources.labelled.rows import Labelled, LabelledSetError, Make, bad_row, example, named_side
from ml.sources.labelled.scaling import in_shape, scale

TABLE_LIMIT = 2**27
"""The most bytes that a table may have. MNIST's training pictures as text have 110 MB."""
DELIMITERS = ",;\t|"
HEADS = {
    "file": "file filename filepath path image imagefile imagefilename imagename imagepath img imgname imgpath picture",
    "label": "label labels digit class target text y number value",
    "writer": "writer writerid author",
    "side": "side split subset",
    "kind": "kind",
    "paper": "paper",
}
"""The heads of each column, in small letters and without signs. If a table has several, the first here is taken."""
PIXEL = re.compile(r"(pixel|px|p|x)?[0-9]+(x[0-9]+)?")
PIXELS_LEAST = 16
HEADLESS = 1 + 28 * 28
"""Columns of MNIST as a table without heads: the label, and then the pixels."""


def columns_of(heads: Sequence[str]) -> dict[str, int]:
    """The place of each known column."""
    plain = [re.sub("[^a-z0-9]", "", head.lower()) for head in heads]
    found = {kind: [plain.index(word) for word in words.split() if word in plain] for kind, words in HEADS.items()}
    return {kind: places[0] for kind, places in found.items() if places}


def table(files: FileSet, name: str, *, blank: str, named: set[str]) -> Iterator[Make]:
    """The rows of a table. `blank`: what an empty label stands for.

    `named` receives the names of the pictures, and the table's own unless it is of another kind.
    """
    named.add(name)
    lines = _lines(files.read(name, TABLE_LIMIT))
    try:
        heads = next(lines, (1, []))[1]
        columns = columns_of(heads)
        pixels = [place for place, head in enumerate(heads) if PIXEL.fullmatch(head.strip().lower())]
        if {"file", "label"} <= set(columns):
            for number, row in lines:
                cells = {kind: row[place].strip() if place < len(row) else "" for kind, place in columns.items()}
                file = _found(files, posixpath.dirname(name), cells["file"])
                named.add(file)
                cells["side"] = cells.get("side") or named_side(f"{posixpath.dirname(file)}/") or named_side(name)
                cells["label"] = cells["label"] or blank
                yield partial(_picture, files, file, cells, f"{name}, line {number}: {cells['file']}")
            return
        named.remove(name)
        if len(pixels) == HEADLESS and len(heads) == HEADLESS:
            yield from _pixels(chain([(1, heads)], lines), 0, pixels[1:], name)
        elif len(pixels) >= PIXELS_LEAST and "label" in columns:
            yield from _pixels(lines, columns["label"], pixels, name)
        else:
            raise LabelledSetError(_advice(name, heads, columns, bool(pixels)))
    except UnicodeDecodeError as error:
        raise LabelledSetError(f"{name} is not in UTF-8: save it as “CSV UTF-8”, and send it again.") from error


def _advice(name: str, heads: Sequence[str], columns: dict[str, int], has_pixels: bool) -> str:
    if "label" not in columns and ("file" in columns or has_pixels):
        return f"{name} has no column of labels. Add one, named label: pictures without labels aren't imported."
    shown = ", ".join(heads)
    return f"{name}: its first line must name file and label, or label and pixel0, pixel1 …, not {shown[:100]!r}."


def _lines(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line that isn't empty, by the dialect that the first line shows.

    Raises UnicodeDecodeError.
    """
    text = io.TextIOWrapper(io.BytesIO(data), _encoding(data), newline="")
    skipped, first = 0, "\n"
    while first and not first.strip():
        first, skipped = text.readline(), skipped + 1
    if said := re.fullmatch(r'"?sep=(.)"?\s*', first, re.IGNORECASE):  # Excel's own line
        reader = csv.reader(text, delimiter=said[1])
    else:
        widths = {mark: len(next(csv.reader([first], delimiter=mark), [])) for mark in DELIMITERS}
        reader = csv.reader(chain([first], text), delimiter=max(DELIMITERS, key=lambda mark: widths[mark]))
        skipped -= 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield skipped + reader.line_num, row


def _encoding(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if b"\0" in data[:2]:
        return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    return "utf-8-sig"


def _found(files: FileSet, folder: str, file: str) -> str:
    """The picture that a table in `folder` names: from there, from the set's top, or in a folder beside the table."""
    file = file.replace("\\", "/")
    name, from_top = posixpath.normpath(posixpath.join(folder, file)), posixpath.normpath(file)
    if not file or files.has(name):
        return name
    if files.has(from_top):
        return from_top
    below = [] if "/" in file else files.below(folder, file)
    return below[0] if len(below) == 1 else name


def _picture(files: FileSet, file: str, cells: dict[str, str], name: str) -> Labelled:
    data = content(files, file, name)
    made = example(data, cells["label"], cells.get("writer", ""), name, cells["side"])
    kind, paper = (cells.get(column, "").lower() for column in ("kind", "paper"))
    return replace(made, name=cells["file"], kind=kind, paper=paper)


def _pixels(lines: Iterator[tuple[int, list[str]]], label: int, pixels: list[int], name: str) -> Iterator[Make]:
    """The rows of a table of pixels. Its scale is decided over all of them, so they are held in memory."""
    images, labels, rows = [], [], []
    for number, row in lines:
        try:
            values, said = np.array([float(row[place]) for place in pixels], np.float32), row[label]
        except (ValueError, IndexError):
            values, said = np.array([np.nan], np.float32), ""
        if np.isfinite(values).all():
            images.append(values)
            labels.append(said)
            rows.append(f"{name}, line {number}")
        else:
            yield partial(bad_row, f"{name}, line {number}: its pixels are not all numbers.")
    if images:
        scaler = scale(images, name)
        pictures = iter(in_shape(np.stack(images), name))
        nothing = [""] * len(rows), [named_side(name)] * len(rows)
        yield from glyphs(name, pictures, labels, *nothing, rows, scaler=scaler, turned=is_emnist(name))
