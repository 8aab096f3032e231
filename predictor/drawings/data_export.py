"""The data export: a ZIP of a person's pictures, strokes, readings and labels."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from stream_zip import NO_COMPRESSION_64, ZIP_64, Method, stream_zip

from predictor.drawings import history
from predictor.models import Drawing, Prediction, PredictionKind, PredictionStatus

File = tuple[str, datetime, int, Method, Iterable[bytes]]
"""Name, time, mode, compression and content, as `stream_zip` takes them."""

FILE_MODE = 0o100644
CHUNK = 2**16

BATCH = 20
"""Drawings held in memory at once. A photo can take 256 KB."""
ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}
READINGS = (
    *("drawing", "made", "mode", "source", "revision", "kind", "model"),
    *("text", "confidence", "sure", "several", "read", "box"),
)
LABELS = ("drawing", "revision", "text", "by", "state", "said", "decided")


def of(drawings: QuerySet[Drawing]) -> Iterable[bytes]:
    """Yields a ZIP in chunks: `pictures/`, `strokes/`, `readings.csv` and `labels.csv` (text "" means "not a digit").

    Reviewers aren't named, because their names are their data, not the visitor's.
    """
    return stream_zip(_files(drawings))


def _files(drawings: QuerySet[Drawing]) -> Iterator[File]:
    with TemporaryFile() as readings, TemporaryFile() as labels:
        _write(readings, READINGS)
        _write(labels, LABELS)
        for drawing in _newest_first(drawings):
            made = timezone.localtime(drawing.created_at)
            name = f"pictures/{drawing.pk}.{ENDINGS.get(drawing.image_type, 'bin')}"
            # Pictures are compressed already.
            yield name, made, FILE_MODE, NO_COMPRESSION_64, [bytes(drawing.image)]
            if drawing.strokes:
                strokes = json.dumps(drawing.strokes, separators=(",", ":")).encode()
                yield f"strokes/{drawing.pk}.json", made, FILE_MODE, ZIP_64, [strokes]
            _add_rows(drawing, readings, labels)
        for name, table in (("readings.csv", readings), ("labels.csv", labels)):
            table.seek(0)
            yield name, timezone.localtime(), FILE_MODE, ZIP_64, iter(partial(table.read, CHUNK), b"")


def _newest_first(drawings: QuerySet[Drawing]) -> Iterator[Drawing]:
    """Yields drawings by keyset pagination, so that no query stays open while a slow client downloads."""
    done = Prediction.objects.filter(
        kind__in=(PredictionKind.LIVE, PredictionKind.REREAD), status=PredictionStatus.DONE
    ).defer("explanation", "glyphs")
    whole = drawings.order_by("-created_at", "-id").prefetch_related(Prefetch("predictions", done), "labels")
    batch = list(whole[:BATCH])
    while batch:
        yield from batch
        last = batch[-1]
        batch = list(history.before(whole, last.created_at, last.pk)[:BATCH])


def _add_rows(drawing: Drawing, readings: IO[bytes], labels: IO[bytes]) -> None:
    made = drawing.created_at.isoformat()
    for read in drawing.predictions.all():
        when = read.done_at.isoformat() if read.done_at else ""
        of_it = (drawing.pk, made, drawing.mode, drawing.source, read.revision, read.kind, read.model_id)
        # Of an older revision, the box isn't kept.
        box = json.dumps(drawing.box) if drawing.box and read.revision == drawing.revision else ""
        _write(readings, (*of_it, read.text, read.confidence, read.sure, read.several, when, box))
    for label in drawing.labels.all():
        decided = label.decided_at.isoformat() if label.decided_at else ""
        said = label.created_at.isoformat()
        _write(labels, (drawing.pk, label.revision, label.text, label.by, label.state, said, decided))


def _write(table: IO[bytes], row: tuple[object, ...]) -> None:
    line = io.StringIO()
    csv.writer(line).writerow(row)
    table.write(line.getvalue().encode())
