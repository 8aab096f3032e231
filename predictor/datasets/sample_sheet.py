"""A picture of samples from one side of a snapshot, with a row for each class."""

import io
from typing import NamedTuple

from django.db.models import QuerySet
from PIL import Image

from predictor.drawings.framing import framed
from predictor.models import Dataset, DatasetItem, Drawing

COLUMNS = 8
CELL = 64
GAP = 4
"""Pixels of a cell that its picture leaves empty."""

SPARE = 3
"""Drawings looked up for each one that is shown, because some may have been deleted."""

CLASSES = [*map(str, range(10)), ""]
NUMBERS = "numbers"


class ClassRow(NamedTuple):
    """A class of drawings and their count. All numbers are one class."""

    label: str
    drawings: int


def rows(dataset: Dataset, side: str) -> list[ClassRow]:
    """The classes of one side that have drawings."""
    counts = dataset.counts.get(side, {})
    found = [ClassRow(label, counts[label]) for label in CLASSES if label in counts]
    numbers = sum(count for label, count in counts.items() if label not in CLASSES)
    return [*found, ClassRow(NUMBERS, numbers)] if numbers else found


def picture(dataset: Dataset, side: str) -> bytes:
    """A WebP with a row of drawings for each of `rows`. The choice is stable while the drawings exist."""
    shown = rows(dataset, side)
    sheet = Image.new("RGBA", (COLUMNS * CELL, max(1, len(shown)) * CELL))
    for down, row in enumerate(shown):
        for across, drawing in enumerate(_samples(dataset, side, row.label)):
            tile = _tile(framed(drawing)[0])
            place = across * CELL + (CELL - tile.width) // 2, down * CELL + (CELL - tile.height) // 2
            sheet.paste(tile, place)
    out = io.BytesIO()
    sheet.save(out, "WEBP", quality=85)
    return out.getvalue()


def _samples(dataset: Dataset, side: str, label: str) -> list[Drawing]:
    """The first drawings by id. Ids are random, so this is a random sample."""
    items: QuerySet[DatasetItem] = dataset.items.filter(side=side).order_by("drawing_id")
    items = items.exclude(label__in=CLASSES) if label == NUMBERS else items.filter(label=label)
    wanted = dict(items.values_list("drawing_id", "image_hash")[: SPARE * COLUMNS])
    found = Drawing.objects.filter(pk__in=wanted, consent=True, owner__excluded_at=None)
    there = found.order_by("pk").values_list("pk", "image_hash")
    kept = [pk for pk, image_hash in there if wanted[pk] == image_hash][:COLUMNS]
    return list(Drawing.objects.filter(pk__in=kept).order_by("pk").defer("strokes"))


def _tile(data: bytes) -> Image.Image:
    tile = Image.open(io.BytesIO(data)).convert("RGB")
    tile.thumbnail((CELL - GAP, CELL - GAP), Image.Resampling.BOX)
    return tile
