"""A snapshot as picture files with a CSV."""

import csv
import io
from functools import partial
from tempfile import TemporaryFile

from predictor.datasets.export.layout import Layout
from predictor.datasets.export.rows import Files, Tally, rows
from predictor.models import Dataset, Side

COLUMNS = ("file", "label", "side", "drawing", "writer", "source", "group", "weight")
CHUNK = 2**16


def files(dataset: Dataset, layout: Layout, tally: Tally) -> Files:
    """`<side>/<label>/<drawing>[-n].png`, and `glyphs.csv` (or `pictures.csv`) that lists them all."""
    with TemporaryFile() as index:
        index.write(_line(COLUMNS))
        for side in Side.values:
            for row in rows(dataset, side, layout, tally):
                item = row.item
                known = item.writer or "", row.source, item.group, item.weight
                index.write(_line((row.name, row.text or "none", side, item.drawing_id, *known)))
                yield row.name, [row.data]
        index.seek(0)
        yield "pictures.csv" if layout.originals else "glyphs.csv", iter(partial(index.read, CHUNK), b"")


def _line(values: tuple[object, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue().encode()
