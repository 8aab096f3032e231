"""Labelled sets as arrays: NumPy's NPZ, MNIST's IDX files, Parquet files with pictures."""

import gzip
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.decoding import PIXELS_LIMIT
from ml.pictures.picture import Picture
from ml.sources.labelled.files import UNREADABLE, check_unpacked, opened_zip
from ml.sources.labelled.rows import SIDES, BadRow, Labelled, LabelledSetError, Make, example, labelled

BATCH = 100
NON_DIGIT_LABEL = -1
"""Label for "not a digit" in arrays of labels. Not 10, which could be the label of a number."""


def is_arrays(path: Path) -> bool:
    return path.suffix in {".npz", ".parquet"} or is_idx(path)


def is_idx(path: Path) -> bool:
    """Whether the file is an IDX file of pictures."""
    return "idx3-ubyte" in path.name and path.suffix in {"", ".gz", ".idx3-ubyte"}


def npz(path: Path) -> Iterator[Make]:
    """`images` [N, height, width(, 3)] and `labels` [N], with optional `writers` [N] and `sides` [N]."""
    arrays = _arrays(path)
    images = next((arrays[name] for name in ("images", "x", "pixels") if name in arrays), np.empty(0))
    labels = next((arrays[name] for name in ("labels", "y") if name in arrays), np.empty(0))
    nothing = np.full(labels.shape, "")
    writers, sides = arrays.get("writers", nothing), arrays.get("sides", nothing)
    if not _are_pictures(images) or {said.shape for said in (labels, writers, sides)} != {images.shape[:1]}:
        raise LabelledSetError(
            f"{path} must hold `images` [N, height, width(, 3)], values 0 to 255, and `labels` [N];"
            " `writers` and `sides`, if any, must also be [N]."
        )
    images = images.astype(np.uint8, copy=False)
    for index, image in enumerate(images):
        said = str(labels[index]), _writer(writers[index]), str(sides[index])
        yield partial(_glyph, image, *said, f"row {index}")


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with opened_zip(path, "an NPZ") as archive:
        check_unpacked(archive, path, "split it into several files")
        found = {}
        for member in archive.namelist():
            try:
                with archive.open(member) as file:
                    found[member.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
            except Exception as error:  # NumPy's reader raises all kinds of errors on corrupt bytes
                raise LabelledSetError(f"{path} can't be read as an NPZ: {member}: {error}") from error
    return found


def _are_pictures(images: NDArray[Any]) -> bool:
    shape = images.shape
    if not (len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)) or not _is_a_size(*shape[1:3]):
        return False
    if images.dtype == np.uint8:
        return True
    return images.dtype.kind in "uif" and bool(np.all((images >= 0) & (images <= 255)))


def _is_a_size(height: int, width: int) -> bool:
    return 0 < height * width <= PIXELS_LIMIT


def idx(path: Path) -> Iterator[Make]:
    """The pictures of an IDX file, with labels from the file beside it and the side (train, t10k …) from its name."""
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if not beside.is_file():
        raise LabelledSetError(f"{path} holds pictures, but their labels file {beside.name} is not beside it.")
    side = _named_side(path)
    try:
        with _opened(path) as pictures, _opened(beside) as labels:
            count, height, width = _shape(pictures, 3)
            if not _is_a_size(height, width):
                raise ValueError(f"its header gives the pictures {width}×{height} pixels")
            for index in range(max(count, _shape(labels, 1)[0])):
                # If one file has more rows than the other, the shorter one fails here as too short.
                image = np.frombuffer(pictures.read(height * width), np.uint8).reshape(height, width)
                yield partial(_glyph, image, str(labels.read(1)[0]), "", side, f"{path.name}, picture {index}")
    except (IndexError, *UNREADABLE) as error:
        raise LabelledSetError(f"{path} can't be read as an IDX file: {error}") from error


def parquet(path: Path) -> Iterator[Make]:
    """Pictures in the column `image` (bytes, or a struct of bytes and path), labels in `label` or `text`."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            columns = set(file.schema_arrow.names)
            if "image" not in columns or not columns & {"label", "text"}:
                raise LabelledSetError(f"{path} must have columns image and label, not {', '.join(sorted(columns))}.")
            names = _class_names(file.schema_arrow.metadata or {})
            wanted = sorted(columns & {"image", "label", "text", "writer", "side", "split"})
            number, side = 0, _named_side(path)
            for batch in file.iter_batches(BATCH, columns=wanted):
                for row in batch.to_pylist():
                    yield partial(_picture, row, names, f"{path.name}, row {number}", side)
                    number += 1
    except (pa.ArrowException, *UNREADABLE) as error:
        raise LabelledSetError(f"{path} can't be read as Parquet: {error}") from error


def _glyph(image: NDArray[np.uint8], label: str, writer: str, side: str, name: str) -> Labelled:
    label = "" if label == str(NON_DIGIT_LABEL) else label
    return labelled(_shown(image), label, writer, name, side)


def _shown(image: NDArray[np.uint8]) -> Picture:
    """The array as a picture. A grey array is a glyph as in MNIST, where 0 is paper, and is inverted."""
    return np.asarray(Image.fromarray(255 - image).convert("RGB")) if image.ndim == 2 else image


def _picture(row: dict[str, Any], names: list[str], name: str, side: str) -> Labelled:
    image = row["image"]
    data = image.get("bytes") if isinstance(image, dict) else image
    if not isinstance(data, bytes):
        raise BadRow(f"{name}: the picture's bytes are not in the file.")
    side = row.get("side") or row.get("split") or side
    return example(data, _text(row, names, name), _writer(row.get("writer")), name, side)


def _text(row: dict[str, Any], names: list[str], name: str) -> str:
    if row.get("text") is not None:
        return str(row["text"])
    label = row["label"]
    if names and isinstance(label, int):
        if not 0 <= label < len(names):
            raise BadRow(f"{name}: it has no label.")
        return names[label]
    return "" if str(label) == str(NON_DIGIT_LABEL) else str(label)


def _class_names(metadata: dict[bytes, bytes]) -> list[str]:
    """The names of the label's classes, from the metadata that Hugging Face's `datasets` writes into the schema."""
    try:
        return [str(name) for name in json.loads(metadata[b"huggingface"])["info"]["features"]["label"]["names"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []


def _named_side(path: Path) -> str:
    return next((part for part in path.stem.replace(".", "-").split("-") if part in SIDES), "")


def _writer(writer: Any) -> str:
    """The writer's name; "" for 0, which means unknown."""
    return "" if writer is None or str(writer) == "0" else str(writer)


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _shape(file: IO[bytes], dimensions: int) -> tuple[int, ...]:
    head = file.read(4 + 4 * dimensions)
    if head[:4] != bytes((0, 0, 8, dimensions)) or len(head) < 4 + 4 * dimensions:
        raise ValueError(f"its header isn't that of unsigned bytes in {dimensions} dimensions")
    return tuple(int.from_bytes(head[start : start + 4], "big") for start in range(4, len(head), 4))
