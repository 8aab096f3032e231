"""The rows of an export: the glyphs of a snapshot, or the pictures as they are stored, within their boxes."""

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.network.classes import NOT_A_DIGIT
from ml.progress import ReportCount
from predictor.datasets.export.layout import Layout
from predictor.datasets.snapshot_glyphs import each_drawing, each_example
from predictor.drawings.framing import framed
from predictor.models import Dataset, DatasetItem

File = tuple[str, Iterable[bytes]]
"""A file's name within the export, and its content in pieces."""

Files = Iterator[File]

NONE = "none"
"""The folder for what is not a digit."""

ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}


@dataclass
class Tally:
    """Rows and bytes written per side, and rows that the format can't hold. `report` is told of the progress."""

    written: Counter[str] = field(default_factory=Counter)
    image_bytes: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    report: ReportCount | None = None

    @property
    def total(self) -> int:
        return self.written.total()


@dataclass(frozen=True)
class Row:
    """A picture with its label as text. `pixels`: uint8 [28, 28] for a glyph, else None."""

    name: str
    text: str
    side: str
    source: str
    item: DatasetItem
    data: bytes
    pixels: NDArray[np.uint8] | None = None


def rows(dataset: Dataset, side: str, layout: Layout, tally: Tally) -> Iterator[Row]:
    """The rows of one side, in the order of their drawings."""
    for row in (_originals if layout.originals else _glyphs)(dataset, side, tally):
        tally.written[side] += 1
        tally.image_bytes[side] += len(row.data)
        yield row


def _glyphs(dataset: Dataset, side: str, tally: Tally) -> Iterator[Row]:
    for example in each_example(dataset, side, report=tally.report):
        text = "" if example.label == NOT_A_DIGIT else str(example.label)
        name = f"{side}/{text or NONE}/{example.kept.drawing.pk}-{example.place}.png"
        source = example.kept.drawing.source
        yield Row(name, text, side, source, example.kept.item, _png(example.pixels), example.pixels)


def _originals(dataset: Dataset, side: str, tally: Tally) -> Iterator[Row]:
    for item, drawing in each_drawing(dataset, side, report=tally.report):
        picture, kind = framed(drawing)
        name = f"{side}/{item.label or NONE}/{drawing.pk}.{ENDINGS[kind]}"
        yield Row(name, item.label, side, drawing.source, item, picture)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Dark ink on white, as people see it."""
    out = io.BytesIO()
    Image.fromarray(255 - pixels).save(out, "PNG")
    return out.getvalue()
