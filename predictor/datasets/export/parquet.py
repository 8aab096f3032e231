"""A snapshot as Parquet files, one for each side, as Hugging Face's `datasets` reads and writes them."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from predictor.datasets.export.layout import Layout
from predictor.datasets.export.rows import Files, Row, Tally, rows
from predictor.models import Dataset, Side

ROWS = 1_000
"""Rows in a row group. One row group is in memory at once."""

NAMES = [*map(str, range(10)), "not a digit"]
"""The classes. A number belongs to none of them: its label is -1, and its text is the number."""


def files(dataset: Dataset, layout: Layout, tally: Tally) -> Files:
    """`data/train-00000-of-00001.parquet` and so on, for each side that has drawings."""
    for side in Side.values:
        if sum(dataset.counts.get(side, {}).values()):
            found = rows(dataset, side, layout, tally)
            yield f"data/{side}-00000-of-00001.parquet", _parquet(found)


def features() -> dict[str, Any]:
    """The columns, as Hugging Face's `datasets` describes them."""
    kinds = {"text": "string", "drawing": "string", "writer": "int64", "source": "string"}
    kinds |= {"group": "int64", "weight": "float64"}
    return {
        "image": {"_type": "Image"},
        "label": {"names": NAMES, "_type": "ClassLabel"},
        **{name: {"dtype": kind, "_type": "Value"} for name, kind in kinds.items()},
    }


class _Sink:
    """A file object that buffers what Parquet's writer writes, until `take`."""

    closed = False

    def __init__(self) -> None:
        self._written = bytearray()
        self._at = 0

    def write(self, data: Any) -> int:
        self._written += data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _parquet(found: Iterator[Row]) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(pa)
    sink = _Sink()
    with parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema) as writer:
        while batch := list(islice(found, ROWS)):
            writer.write_table(pa.Table.from_pylist([_as_columns(row) for row in batch], schema))
            yield sink.take()
    yield sink.take()


def _schema(pa: Any) -> Any:
    kinds = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string()}
    columns = [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("label", pa.int64()),
        *((name, kinds[feature["dtype"]]) for name, feature in features().items() if "dtype" in feature),
    ]
    return pa.schema(columns, metadata={"huggingface": json.dumps({"info": {"features": features()}})})


def _as_columns(row: Row) -> dict[str, Any]:
    item = row.item
    one = {"": len(NAMES) - 1} | {str(digit): digit for digit in range(10)}
    return {
        "image": {"bytes": row.data, "path": row.name.rpartition("/")[2]},
        "label": one.get(row.text, -1),
        "text": row.text,
        "drawing": str(item.drawing_id),
        "writer": item.writer,
        "source": row.source,
        "group": item.group or 0,
        "weight": item.weight,
    }
