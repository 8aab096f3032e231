"""Numbered snapshots of what the site may learn from, and the glyphs they hold."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from numpy.typing import NDArray

from ml import decoding, glyphs
from predictor.models import Dataset, DatasetItem, Drawing, Label, LabelState, Mode, Owner, Side
from predictor.readings import pixels_of

CHUNK = 1_000
NOT_A_DIGIT = 10
"""The class of a drawing labelled ""."""


@dataclass(frozen=True)
class Examples:
    """Glyphs uint8 [N, 28, 28], their classes int64 [N] (0–9, or NOT_A_DIGIT), and whose drawing each is."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    drawings: list[uuid.UUID]

    def __len__(self) -> int:
        return len(self.labels)


def learnable() -> QuerySet[Drawing]:
    """Drawings with an accepted label and consent, annotated with `label` (the newest accepted) and `side`.

    Left out: all that an excluded visitor sent, and the training drawings of someone who signed in with a second cookie
    whose side is validation or test; no drawing changes side, and no writer is on two.
    """
    accepted = Label.objects.filter(drawing=OuterRef("pk"), state=LabelState.ACCEPTED).order_by("-pk")
    held_out = Owner.objects.filter(side__in=(Side.VALIDATION, Side.TEST), user__isnull=False)
    drawings = Drawing.objects.annotate(label=Subquery(accepted.values("text")[:1]))
    return drawings.filter(consent=True, label__isnull=False, owner__excluded_at=None).exclude(
        owner__side=Side.TRAIN, owner__user__isnull=False, owner__user__in=held_out.values("user")
    )


def snapshot() -> Dataset:
    """The snapshot of what is learnable now; the existing one where nothing changed since it was made."""
    rows = learnable().order_by("pk").values_list("pk", "image_hash", "label", "owner__side")  # type: ignore[misc]
    with transaction.atomic():
        made = Dataset.objects.create(sha256=f"unfinished {uuid.uuid4().hex}")
        digest, counts = hashlib.sha256(), Counter[tuple[str, str]]()
        items: list[DatasetItem] = []
        for pk, image_hash, label, side in rows.iterator(chunk_size=CHUNK):
            digest.update(f"{pk},{image_hash},{label},{side}\n".encode())
            counts[side, label] += 1
            items.append(DatasetItem(dataset=made, drawing_id=pk, image_hash=image_hash, label=label, side=side))
            if len(items) == CHUNK:
                DatasetItem.objects.bulk_create(items)
                items = []
        DatasetItem.objects.bulk_create(items)
        sha256 = digest.hexdigest()
        existing = Dataset.objects.filter(sha256=sha256).first()
        if existing:
            transaction.set_rollback(True)
            return existing
        made.sha256 = sha256
        made.counts = _by_side(counts)
        made.save(update_fields=["sha256", "counts"])
    return made


def size(dataset: Dataset, side: str) -> int:
    return sum(dataset.counts.get(side, {}).values())


def examples(dataset: Dataset, side: str) -> Examples:
    """The glyphs of one side of a snapshot, isolated from the stored pictures as the site isolates them.

    A number counts with each of its digits where as many glyphs were read as its label has. A drawing
    that was forgotten or revised since, or whose visitor took the consent back, is left out.
    """
    pixels, labels, drawings = [], [], []
    for drawing, text in _drawings(dataset, side):
        found = _labelled_glyphs(drawing, text)
        for glyph, label in found:
            pixels.append(glyph)
            labels.append(label)
            drawings.append(drawing.pk)
    stacked = np.stack(pixels) if pixels else np.zeros((0, 28, 28), np.uint8)
    return Examples(stacked, np.array(labels, np.int64), drawings)


def _by_side(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    sides: dict[str, dict[str, int]] = {side: {} for side in Side.values}
    for (side, label), count in sorted(counts.items()):
        sides[side][label] = count
    return sides


def _drawings(dataset: Dataset, side: str) -> Iterator[tuple[Drawing, str]]:
    items = dataset.items.filter(side=side).order_by("drawing_id").values_list("drawing_id", "image_hash", "label")
    batch: dict[tuple[uuid.UUID, str], str] = {}
    for drawing_id, image_hash, label in items.iterator(chunk_size=CHUNK):
        batch[drawing_id, image_hash] = label
        if len(batch) == CHUNK:
            yield from _fetch(batch)
            batch = {}
    yield from _fetch(batch)


def _fetch(batch: dict[tuple[uuid.UUID, str], str]) -> Iterator[tuple[Drawing, str]]:
    drawings = Drawing.objects.filter(pk__in=[pk for pk, _ in batch], consent=True).defer("strokes").order_by("pk")
    for drawing in drawings:
        label = batch.get((drawing.pk, drawing.image_hash))
        if label is not None:
            yield drawing, label


def _labelled_glyphs(drawing: Drawing, text: str) -> list[tuple[NDArray[np.uint8], int]]:
    if drawing.mode == Mode.NUMBER and len(text) > 1:
        return _numbers_glyphs(drawing, text)
    found = glyphs.isolate(decoding.decode(bytes(drawing.image)), "digit")
    return [(glyph.pixels, int(text) if text else NOT_A_DIGIT) for glyph in found]


def _numbers_glyphs(drawing: Drawing, text: str) -> list[tuple[NDArray[np.uint8], int]]:
    """The glyphs that the site chose in a number, when it chose as many as the label has digits."""
    read = drawing.predictions.filter(kind="live", revision=drawing.revision, status="done").first()
    if read is None or len(read.glyphs) != len(text):
        return []
    return [(pixels_of(glyph), int(digit)) for glyph, digit in zip(read.glyphs, text, strict=True)]
