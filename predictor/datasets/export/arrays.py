"""A snapshot as arrays: NumPy's NPZ, and IDX files like MNIST's own.

Pixels are written to a temporary file first, because both formats begin with the number of pictures.
"""

import shutil
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np

from ml.sources.labelled.arrays import NON_DIGIT_LABEL
from predictor.datasets.export.layout import Layout
from predictor.datasets.export.rows import File, Files, Tally, rows
from predictor.models import Dataset, Side

CHUNK = 2**18

PREFIXES = {Side.TRAIN: "train", Side.TEST: "t10k", Side.VALIDATION: "validation"}
"""File names as in MNIST, which has no validation side."""


def npz(dataset: Dataset, layout: Layout, tally: Tally) -> Files:
    """`dataset.npz`: images uint8 [N, 28, 28] (0 is paper), with a label, a writer and so on for each."""
    known = array("d"), array("q"), array("q"), array("q")
    drawings: list[bytes] = []
    sides: list[str] = []
    with TemporaryFile() as pixels, TemporaryFile() as whole:
        for side in Side.values:
            for row in rows(dataset, side, layout, tally):
                pixels.write(_bytes(row.pixels))
                known[0].append(row.item.weight)
                known[1].append(int(row.text) if row.text else NON_DIGIT_LABEL)
                known[2].append(row.item.writer)
                known[3].append(row.item.group or 0)
                drawings.append(str(row.item.drawing_id).encode())
                sides.append(side)
        columns = dict(zip(("weights", "labels", "writers", "groups"), map(np.array, known), strict=True))
        columns |= {"sides": np.array(sides, "U10"), "drawings": np.array(drawings, "S36").astype("U36")}
        _write_npz(whole, pixels, columns, len(sides))
        yield "dataset.npz", _pieces(whole)


def idx(dataset: Dataset, layout: Layout, tally: Tally) -> Files:
    """`train-images-idx3-ubyte` and the other files. Digits only, like MNIST; `tally` counts what is left out."""
    for side, prefix in PREFIXES.items():
        labels = bytearray()
        with TemporaryFile() as pixels:
            for row in rows(dataset, side, layout, tally):
                if not row.text:
                    tally.left_out += 1
                    tally.written[side] -= 1
                    continue
                pixels.write(_bytes(row.pixels))
                labels.append(int(row.text))
            images = chain([_header(len(labels), 28, 28)], _pieces(pixels))
            yield _file(f"{prefix}-images-idx3-ubyte", images, layout)
            yield _file(f"{prefix}-labels-idx1-ubyte", [_header(len(labels)) + labels], layout)


def _write_npz(whole: IO[bytes], pixels: IO[bytes], columns: dict[str, Any], count: int) -> None:
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("images.npy", "w", force_zip64=True) as out:
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)}
            np.lib.format.write_array_header_1_0(out, header)
            pixels.seek(0)
            shutil.copyfileobj(pixels, out, CHUNK)
        for name, values in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as out:
                np.lib.format.write_array(out, values, allow_pickle=False)


def _file(name: str, content: Iterable[bytes], layout: Layout) -> File:
    return (f"{name}.gz", _gzipped(content)) if layout.gzip else (name, content)


def _header(*shape: int) -> bytes:
    """The header of an array of unsigned bytes (http://yann.lecun.com/exdb/mnist/)."""
    return bytes((0, 0, 8, len(shape))) + b"".join(size.to_bytes(4, "big") for size in shape)


def _gzipped(content: Iterable[bytes]) -> Iterator[bytes]:
    gzip = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for piece in content:
        yield gzip.compress(piece)
    yield gzip.flush()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return iter(partial(file.read, CHUNK), b"")


def _bytes(pixels: np.ndarray[Any, Any] | None) -> bytes:
    return b"" if pixels is None else pixels.tobytes()
