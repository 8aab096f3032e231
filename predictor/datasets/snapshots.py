"""Makes a snapshot: reads what is learnable now, weighs it, hashes it, and stores it for good."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Subquery
from numpy.typing import NDArray

from predictor import errors
from predictor.datasets import balance, snapshot_manifest
from predictor.datasets.learnable import HELD_OUT_FIRST, learnable
from predictor.models import Dataset, PictureSide, Side, Source

CHUNK = 1_000
SIDES = list(Side.values)
SOURCES = list(Source.values)
ROW = np.dtype(
    [
        *(("drawing", "V16"), ("picture", "S64"), ("label", "S32"), ("side", "i1"), ("source", "i1")),
        *(("writer", "i8"), ("hash", "i8"), ("made", "f8"), ("group", "i8"), ("weight", "f8")),
    ]
)
"""A drawing while a snapshot is made. At 160 bytes each, 100,000 drawings take 16 MB."""

COLUMNS = ("drawing_id", "image_hash", "label", "side", "writer", "group", "weight")
"""The columns of an item, which the snapshot's hash is over."""

INSERT = (
    'INSERT INTO predictor_datasetitem (dataset_id, drawing_id, image_hash, label, side, writer, "group", weight)'
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
"""Plain SQL takes a third of the time that model instances take, and visitors' drawings wait for it."""

STILL_BEING_READ = "Some accepted drawings are still being read. Try again in a moment."

Rows = NDArray[Any]
T = TypeVar("T")


class NotIsolatedYet(errors.Conflict):
    """A learnable drawing has no perceptual hash yet."""


def snapshot() -> Dataset:
    """The snapshot of what is learnable now. If one with the same contents exists, returns it.

    Raises NotIsolatedYet while a perceptual hash is missing. A worker, or `reading.hashing.hash_all`, computes it.
    """
    if learnable().filter(perceptual_hash=None).exists():
        raise NotIsolatedYet(STILL_BEING_READ)
    _fix_sides()
    rows, left_out = _read()
    _group(rows)
    rows, near = _without_near_duplicates_of_held_out(rows)
    left_out["near a held-out drawing"] = near
    _weigh(rows)
    sha256 = _hash(_values(rows))
    existing = Dataset.objects.filter(sha256=sha256).first()
    if existing:
        return existing
    try:
        return _write(rows, sha256, left_out)
    except IntegrityError:
        existing = Dataset.objects.filter(sha256=sha256).first()
        if existing is None:
            raise
        return existing


def size(dataset: Dataset, side: str) -> int:
    """The number of drawings on a side."""
    return sum(dataset.counts.get(side, {}).values())


def is_intact(dataset: Dataset) -> bool:
    """Whether the stored hash still matches the items."""
    # Snapshots older than manifests have neither writers nor weights in their hash.
    columns = COLUMNS if dataset.manifest else COLUMNS[:4]
    items = dataset.items.order_by("drawing_id").values_list(*columns)
    return _hash(items.iterator(chunk_size=CHUNK)) == dataset.sha256


def _fix_sides() -> None:
    """Fixes the side of every newly learnable picture. One that is on two sides is held out."""
    known = PictureSide.objects.filter(pk=OuterRef("image_hash"))
    for side in HELD_OUT_FIRST:
        new = learnable().filter(owner__side=side).exclude(Exists(known)).order_by()
        for pictures in _batches(new.values_list("image_hash", flat=True).iterator(chunk_size=CHUNK)):
            fixed = [PictureSide(pk=picture, side=side) for picture in pictures]
            PictureSide.objects.bulk_create(fixed, ignore_conflicts=True)


def _read() -> tuple[Rows, dict[str, int]]:
    """Reads the rows in one query, so that they are consistent. Also counts what is left out, by reason."""
    elsewhere = 0
    fixed = PictureSide.objects.filter(pk=OuterRef("image_hash")).values("side")[:1]
    found = (
        learnable()
        .annotate(fixed=Subquery(fixed))
        .order_by("pk")
        .values_list(
            *("pk", "image_hash", "label", "owner__side", "fixed", "source", "writer", "perceptual_hash", "created_at")
        )
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal elsewhere
        for pk, picture, label, side, fixed, source, writer, perceptual_hash, made in found.iterator(chunk_size=CHUNK):
            if perceptual_hash is None:
                raise NotIsolatedYet(STILL_BEING_READ)
            if side == fixed:
                places = SIDES.index(side), SOURCES.index(source)
                yield pk.bytes, picture, label, *places, writer, perceptual_hash, made.timestamp(), 0, 1.0
            elif fixed:
                elsewhere += 1

    return np.fromiter(rows(), ROW), {"picture on another side": elsewhere}


def _group(rows: Rows) -> None:
    """Groups near-duplicates. A held-out drawing leads its group; among equals, the oldest."""
    rank = np.array([HELD_OUT_FIRST.index(Side(side)) for side in SIDES])[rows["side"]]
    order = np.lexsort((rows["made"], rank))
    rows["group"] = balance.leaders(rows["label"], rows["hash"], order, bits=settings.DATASETS.duplicate_bits)


def _without_near_duplicates_of_held_out(rows: Rows) -> tuple[Rows, int]:
    """Leaves out near-duplicates of a drawing on an earlier side of HELD_OUT_FIRST, whoever drew them."""
    kept = rows[rows["side"][rows["group"]] == rows["side"]]
    kept["group"] = np.unique(kept["group"], return_inverse=True)[1]
    return kept, len(rows) - len(kept)


def _weigh(rows: Rows) -> None:
    rows["weight"] = balance.shared(rows["group"])
    train = rows["side"] == SIDES.index(Side.TRAIN)
    rows["weight"][train] = balance.capped(
        rows["weight"][train],
        rows["writer"][train],
        share=settings.DATASETS.writer_share,
        least=settings.DATASETS.writer_least,
    )
    rows["weight"] = np.round(rows["weight"], 6)


def _write(rows: Rows, sha256: str, left_out: dict[str, int]) -> Dataset:
    """Stores the snapshot in one short transaction, because visitors' drawings wait for it."""
    with transaction.atomic():
        made = Dataset.objects.create(sha256=sha256, parent=Dataset.objects.order_by("-pk").first())
        for start in range(0, len(rows), CHUNK):
            with connection.cursor() as cursor:
                cursor.executemany(INSERT, [_stored(made, *values) for values in _values(rows[start : start + CHUNK])])
        made.counts = snapshot_manifest.counts(rows)
        made.manifest = snapshot_manifest.of(rows, left_out, made)
        made.sealed = True
        made.save(update_fields=["counts", "manifest", "sealed"])
    return made


def _stored(dataset: Dataset, drawing: uuid.UUID, *values: object) -> tuple[Any, ...]:
    return dataset.pk, drawing if connection.features.has_native_uuid_field else drawing.hex, *values


def _values(rows: Rows) -> Iterator[tuple[Any, ...]]:
    """The columns of each item, in the order of COLUMNS."""
    names = ("drawing", "picture", "label", "side", "writer", "group", "weight")
    for drawing, picture, label, side, *weighed in rows[list(names)].tolist():
        yield uuid.UUID(bytes=drawing), picture.decode(), label.decode(), SIDES[side], *weighed


def _hash(items: Iterable[tuple[Any, ...]]) -> str:
    """SHA-256 over a line for each item: its columns separated by commas, the weight with six decimals."""
    digest = hashlib.sha256()
    for item in items:
        said = (f"{value:.6f}" if isinstance(value, float) else str(value) for value in item)
        digest.update(f"{','.join(said)}\n".encode())
    return digest.hexdigest()


def _batches(each: Iterable[T]) -> Iterator[list[T]]:
    each = iter(each)
    while batch := list(islice(each, CHUNK)):
        yield batch
