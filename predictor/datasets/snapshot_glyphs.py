"""The glyphs of a snapshot, isolated from the stored pictures as for a reading. Only for workers and commands."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.glyphs.looks import FindWriting
from ml.network.classes import NOT_A_DIGIT
from ml.pictures.decoding import pixels_of_data_url
from ml.progress import ReportCount
from predictor.models import Dataset, DatasetItem, Drawing, Mode, PredictionKind, PredictionStatus
from predictor.reading.stored_pictures import find_candidates, picture_of
from predictor.versions import loading

CHUNK = 100
"""Drawings in memory at once. A photo takes up to 256 KB."""


class KeptDrawing(NamedTuple):
    """A drawing of a snapshot that still exists unchanged and still has consent."""

    item: DatasetItem
    drawing: Drawing


class Example(NamedTuple):
    """A glyph uint8 [28, 28], its class, and its `place` among the glyphs of its drawing."""

    pixels: NDArray[np.uint8]
    label: int
    place: int
    kept: KeptDrawing


@dataclass(frozen=True)
class Examples:
    """Glyphs uint8 [N, 28, 28], their classes int64 [N] (0–9, or NOT_A_DIGIT), and whose drawing each is.

    `writers` are people: the key of their first owner, 0 if it is no longer known. Glyphs of near-duplicates have the
    same number in `groups`. `weights` float64 [N], at most 1: a group's total is 1, and a writer's total is capped
    (see `settings.DATASETS`).
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    drawings: list[uuid.UUID]
    writers: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    weights: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.labels)

    def one_of_each_group(self) -> "Examples":
        """Only the first drawing of each group of near-duplicates, so that a group counts once as evidence."""
        first: dict[int, uuid.UUID] = {}
        rows = [
            row
            for row, (group, drawing) in enumerate(zip(self.groups, self.drawings, strict=True))
            if first.setdefault(group, drawing) == drawing
        ]
        return Examples(
            self.pixels[rows],
            self.labels[rows],
            [self.drawings[row] for row in rows],
            [self.writers[row] for row in rows],
            [self.groups[row] for row in rows],
            self.weights[rows],
        )


def examples(dataset: Dataset, side: str, *, report: ReportCount | None = None) -> Examples:
    """The glyphs of one side of a snapshot, as `each_example` gives them."""
    pixels = bytearray()
    found: list[tuple[int, uuid.UUID, int, int, float]] = []
    for example in each_example(dataset, side, report=report):
        pixels += example.pixels.tobytes()
        item = example.kept.item
        found.append((example.label, item.drawing_id, item.writer, item.group or 0, item.weight))
    labels, drawings, writers, groups, weights = zip(*found, strict=True) if found else ((),) * 5
    return Examples(
        np.frombuffer(pixels, np.uint8).reshape(-1, 28, 28),
        np.array(labels, np.int64),
        list(drawings),
        list(writers),
        list(groups),
        np.array(weights, np.float64),
    )


def each_example(dataset: Dataset, side: str, *, report: ReportCount | None = None) -> Iterator[Example]:
    """The glyphs of one side, one by one, with the champion's ink finder.

    A number gives a glyph for each digit if as many glyphs were read as its label has digits. A drawing that was
    deleted or revised since is left out, and so is one whose visitor withdrew consent or was excluded.
    """
    find = loading.champions_finder()
    for kept in each_drawing(dataset, side, report=report):
        found = _labelled_glyphs(kept.drawing, kept.item.label, find)
        for place, (pixels, label) in enumerate(found):
            yield Example(pixels, label, place, kept)


def each_drawing(dataset: Dataset, side: str, *, report: ReportCount | None = None) -> Iterator[KeptDrawing]:
    """The drawings of one side that may still be used, with their pictures. `report` counts drawings."""
    items = dataset.items.filter(side=side).order_by("drawing_id")
    of = sum(dataset.counts.get(side, {}).values())
    done = 0
    while batch := list(items[:CHUNK]):
        wanted = {(item.drawing_id, item.image_hash): item for item in batch}
        drawings = Drawing.objects.filter(pk__in=[pk for pk, _ in wanted], consent=True, owner__excluded_at=None)
        for drawing in drawings.order_by("pk"):
            item = wanted.get((drawing.pk, drawing.image_hash))
            if item:
                yield KeptDrawing(item, drawing)
        done += len(batch)
        if report:
            report(done, of)
        items = items.filter(drawing_id__gt=batch[-1].drawing_id)


def _labelled_glyphs(drawing: Drawing, text: str, find: FindWriting) -> list[tuple[NDArray[np.uint8], int]]:
    if drawing.mode == Mode.NUMBER and len(text) > 1:
        return _numbers_glyphs(drawing, text)
    found = find_candidates(replace(picture_of(drawing), mode=Mode.DIGIT), find)
    return [(glyph.pixels, int(text) if text else NOT_A_DIGIT) for glyph in found.glyphs]


def _numbers_glyphs(drawing: Drawing, text: str) -> list[tuple[NDArray[np.uint8], int]]:
    """The glyphs that were read in a number, if they are as many as its label has digits."""
    read = drawing.predictions.filter(
        kind=PredictionKind.LIVE, revision=drawing.revision, status=PredictionStatus.DONE
    ).first()
    if read is None or len(read.glyphs) != len(text):
        return []
    return [(pixels_of_data_url(glyph["pixels"]), int(digit)) for glyph, digit in zip(read.glyphs, text, strict=True)]
