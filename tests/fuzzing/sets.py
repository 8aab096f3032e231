"""Labelled sets in every form that is imported: whole ones, to mutate."""

import gzip
import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml.sources.labelled.sets import BadRow, LabelledSetError, read_labelled
from tests.fuzzing.mutation import mutated, mutated_zip
from tests.fuzzing.tally import refusal
from tests.predictor.pictures import LINES, drawn, pixels

UNPACKED = 64 * 2**20
"""Bytes that a set's arrays may unpack to."""
TEXTS = ("7", "1", "4", "0")


@cache
def whole() -> dict[str, bytes]:
    """A small set of each form, by the name of its file."""
    glyphs = np.stack([255 - pixels(text, side=28)[..., 0] for text in TEXTS])
    labels = np.array([int(text) for text in TEXTS])
    pictures = {f"{text}.png": drawn(text, side=28) for text in TEXTS}
    rows = "\n".join(f"{text}.png,{text},ann,train" for text in TEXTS)
    csv = f"file,label,writer,side\n{rows}\n".encode()
    table = "\n".join(",".join(map(str, [label, *glyph.ravel()])) for label, glyph in zip(labels, glyphs, strict=True))
    heads = ",".join(["label", *(f"pixel{place}" for place in range(28 * 28))])
    pixel_table = f"{heads}\n{table}\n".encode()
    lines = [{"label": text, "writer": "ann", "strokes": LINES[text]} for text in TEXTS]
    images = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in glyphs.shape) + glyphs.tobytes()
    said = b"\0\0\x08\x01" + len(labels).to_bytes(4, "big") + labels.astype(np.uint8).tobytes()
    keras = _npz(x_train=glyphs, y_train=labels, x_test=glyphs, y_test=labels)
    return {
        "arrays.npz": _npz(images=glyphs, labels=labels, writers=np.array(["ann", "bob", "0", "1"])),
        "keras.npz": keras,
        "floats.npz": _npz(images=(glyphs / 255).astype(np.float32), labels=np.eye(10)[labels]),
        "pictures.zip": _zip({"set.csv": csv, **pictures}),
        "folders.zip": _zip({f"train/{name[0]}/{name}": data for name, data in pictures.items()}),
        "table.zip": _zip({"mnist_train.csv": pixel_table}),
        "idx.zip": _zip({"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": said}),
        "packed.zip": _zip(
            {"t-images-idx3-ubyte.gz": gzip.compress(images), "t-labels-idx1-ubyte.gz": gzip.compress(said)}
        ),
        "all.zip": _zip({"a.npz": keras, "b.parquet": _parquet("snappy"), "c/set.csv": csv, "d.jsonl": b"{}\n"}),
        "table.csv": pixel_table,
        "rows.csv": csv,
        "lines.jsonl": "\n".join(map(json.dumps, lines)).encode(),
        "snappy.parquet": _parquet("snappy"),
        "plain.parquet": _parquet("none"),
        "zstd.parquet": _parquet("zstd"),
    }


def mutated_set(rng: Random) -> tuple[str, bytes]:
    """A file's name and its bytes."""
    name = rng.choice(sorted(whole()))
    data = whole()[name]
    is_zip = name.endswith((".zip", ".npz"))
    return name, mutated_zip(data, rng) if is_zip and rng.random() < 0.7 else mutated(data, rng)


def read(name: str, data: bytes) -> str:
    """Reads it as an import does: the share of rows that can be read, or the name of the declared error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        bad: list[BadRow] = []
        try:
            good = sum(
                example.picture.ndim == 3 for example in read_labelled(path, unpacked_limit=UNPACKED, on_bad=bad.append)
            )
        except LabelledSetError as error:
            return refusal(error, "refused")
    return "read" if good and not bad else "read in part" if good else "no row read"


def _npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _parquet(compression: str) -> bytes:
    pictures = [{"bytes": drawn(text, side=28), "path": f"{text}.png"} for text in TEXTS]
    table = pa.table({"image": pictures, "label": list(map(int, TEXTS)), "writer": ["ann", "bob", None, "cy"]})
    out = io.BytesIO()
    pq.write_table(table, out, compression=compression)
    return out.getvalue()
