"""Labelled handwriting in the forms people have it: CSV, folders, ZIP, NPZ, JSON lines of strokes."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ml.decoding import Picture, PictureError, decode
from ml.strokes import fit_strokes, render

CANVAS = 300
"""Pixels a side of the canvas that strokes are drawn on; a number's is wider, in proportion."""
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
FORMS = (
    "a CSV (file,label[,writer]), a folder with a subfolder per label, a ZIP of either, an NPZ,"
    " or JSON lines of strokes"
)


class LabelledSetError(Exception):
    """The set can't be read; the message names the row or the file, and says what is expected."""


@dataclass(frozen=True)
class Labelled:
    """One example. `strokes` are in the API's form where the set holds strokes; `name` says which row it is."""

    picture: Picture
    label: str
    writer: str
    name: str
    strokes: dict[str, Any] | None = None


def read_labelled(path: Path, *, pen: float = 15.0) -> Iterator[Labelled]:
    """The examples of a set, one by one. Strokes are drawn with a pen of `pen` pixels on 300.

    Raises LabelledSetError.
    """
    if path.is_dir():
        yield from _tree(path)
    elif not path.is_file():
        raise LabelledSetError(f"{path} is not there: give {FORMS}.")
    elif path.suffix == ".csv":
        yield from _table(path.read_text(encoding="utf-8-sig"), lambda name: (path.parent / name).read_bytes())
    elif path.suffix == ".zip":
        yield from _archive(path)
    elif path.suffix == ".npz":
        yield from _arrays(path)
    elif path.suffix in {".jsonl", ".ndjson"}:
        yield from _stroke_lines(path, pen)
    else:
        raise LabelledSetError(f"{path}: give {FORMS}.")


def _tree(folder: Path) -> Iterator[Labelled]:
    files = sorted(file for file in folder.glob("*/*") if file.suffix.lower() in PICTURES)
    if not files:
        tables = sorted(folder.glob("*.csv"))
        if len(tables) == 1:
            yield from read_labelled(tables[0])
            return
        raise LabelledSetError(f"{folder} has no subfolder per label with pictures in it.")
    for file in files:
        yield _example(file.read_bytes(), file.parent.name, "", str(file))


def _table(text: str, read: Any) -> Iterator[Labelled]:
    rows = csv.DictReader(io.StringIO(text))
    if not {"file", "label"} <= set(rows.fieldnames or ()):
        raise LabelledSetError(f"The CSV's first line must name file and label, not {rows.fieldnames}.")
    for line, row in enumerate(rows, start=2):
        try:
            data = read(row["file"])
        except (OSError, KeyError) as error:
            raise LabelledSetError(f"Line {line}: {row['file']} can't be read ({error}).") from error
        yield _example(data, row["label"] or "", row.get("writer") or "", row["file"])


def _archive(path: Path) -> Iterator[Labelled]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/") and "__MACOSX" not in name]
            tables = [name for name in names if name.endswith(".csv")]
            if len(tables) == 1:
                folder = tables[0].rpartition("/")[0]
                prefix = f"{folder}/" if folder else ""
                yield from _table(archive.read(tables[0]).decode("utf-8-sig"), lambda name: archive.read(prefix + name))
                return
            for name in sorted(names):
                file = Path(name)
                if file.suffix.lower() in PICTURES:
                    yield _example(archive.read(name), file.parent.name, "", name)
    except zipfile.BadZipFile as error:
        raise LabelledSetError(f"{path} is not a ZIP, or a damaged one.") from error


def _arrays(path: Path) -> Iterator[Labelled]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise LabelledSetError(f"{path} can't be read as an NPZ: {error}") from error
    images = next((arrays[name] for name in ("images", "x", "pixels") if name in arrays), None)
    labels = next((arrays[name] for name in ("labels", "y") if name in arrays), None)
    if images is None or labels is None or images.ndim not in {3, 4} or len(images) != len(labels):
        raise LabelledSetError(f"{path} must hold `images` [N, height, width(, 3)] and `labels` [N].")
    writers = arrays.get("writers", np.full(len(labels), ""))
    for index, image in enumerate(images):
        # Bare arrays are glyphs as MNIST has them: 0 is paper. Colour pictures are pictures.
        picture = np.asarray(Image.fromarray(255 - image).convert("RGB")) if image.ndim == 2 else image
        yield Labelled(picture, _checked(str(labels[index]), f"row {index}"), str(writers[index]), f"row {index}")


def _stroke_lines(path: Path, pen: float) -> Iterator[Labelled]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                label, raw = _checked(str(row["label"]), f"line {number}"), row["strokes"]
                width = _canvas_width(raw)
                strokes = fit_strokes(raw, width=width, height=CANVAS, pen=pen)
                picture = render(strokes, width=width, height=CANVAS)
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise LabelledSetError(f"{path}, line {number}: not a drawing of strokes ({error!r}).") from error
            drawn = {"width": width, "height": CANVAS, "background": "#ffffff", "strokes": strokes}
            yield Labelled(picture, label, str(row.get("writer", "")), f"line {number}", drawn)


def _canvas_width(strokes: list[list[list[float]]]) -> int:
    """Wide enough that a number's digits are as tall as a lone digit's would be."""
    points = np.concatenate([np.array(stroke, dtype=np.float64)[:, :2] for stroke in strokes if stroke])
    width, height = np.maximum(np.ptp(points, axis=0), 1e-6)
    return int(min(8 * CANVAS, max(CANVAS, CANVAS * width / height)))


def _example(data: bytes, label: str, writer: str, name: str) -> Labelled:
    try:
        return Labelled(decode(data), _checked(label, name), writer, name)
    except PictureError as error:
        raise LabelledSetError(f"{name}: {error}") from error


def _checked(label: str, name: str) -> str:
    label = {"none": "", "not_a_digit": ""}.get(label.strip().lower(), label.strip())
    if not re.fullmatch(r"[0-9]{0,32}", label):
        raise LabelledSetError(
            f'{name}: the label {label!r} is neither digits nor empty (or "none") for "not a digit".'
        )
    return label
