"""Labelled pictures in Parquet files, as Hugging Face's `datasets` writes them."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from ml.sources.labelled.arrays import known_writer
from ml.sources.labelled.csv_tables import columns_of
from ml.sources.labelled.files import UNREADABLE, FileSet, too_much
from ml.sources.labelled.rows import BadRow, Labelled, LabelledSetError, Make, example, named_side

BATCH = 16
"""Rows that are held in memory at once."""


def parquet(files: FileSet, name: str) -> Iterator[Make]:
    """Pictures in the column `image` (bytes, or a struct of bytes and path), labels in `text` or `label`."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(files.path(name)) as file:
            heads = file.schema_arrow.names
            found = columns_of(heads)
            if "file" not in found or "label" not in found:
                shown = ", ".join(heads)
                raise LabelledSetError(f"{name} must have columns image and label, not {shown[:200]}.")
            columns = {kind: heads[place] for kind, place in found.items()}
            if "text" in heads:
                columns["text"] = "text"
            names = _class_names(file.schema_arrow.metadata or {}, columns["label"])
            for group in range(file.metadata.num_row_groups):
                if file.metadata.row_group(group).total_byte_size > files.unpacked_limit:
                    raise ValueError(f"a row group {too_much(files.unpacked_limit)}")
            number, side = 0, named_side(name)
            for batch in file.iter_batches(BATCH, columns=sorted(set(columns.values()))):
                for row in batch.to_pylist():
                    said = {kind: row[head] for kind, head in columns.items()}
                    yield partial(_example, said, names, f"{name}, row {number}", side)
                    number += 1
    except (pa.ArrowException, *UNREADABLE) as error:
        raise LabelledSetError(f"{name} can't be read as Parquet: {error}") from error


def _example(row: dict[str, Any], names: list[str], name: str, side: str) -> Labelled:
    image = row["file"]
    data = image.get("bytes") if isinstance(image, dict) else image
    if not isinstance(data, bytes):
        raise BadRow(f"{name}: the picture's bytes are not in the file.")
    return example(data, _text(row, names), known_writer(row.get("writer")), name, str(row.get("side") or side))


def _text(row: dict[str, Any], names: list[str]) -> str:
    """The label; "" for none. A class of −1 is none: so Hugging Face marks the rows of a set without labels."""
    label = row["label"]
    if row.get("text"):
        return str(row["text"])
    if label is None or label == -1:
        return ""
    if names and isinstance(label, int):
        return names[label] if 0 <= label < len(names) else ""
    return str(label)


def _class_names(metadata: dict[bytes, bytes], label: str) -> list[str]:
    """The names of the label's classes, from the metadata that Hugging Face's `datasets` writes into the schema."""
    try:
        return [str(name) for name in json.loads(metadata[b"huggingface"])["info"]["features"][label]["names"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
