"""The data export: a ZIP of all that the site keeps of a person."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from tempfile import TemporaryFile
from typing import IO

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from stream_zip import NO_COMPRESSION_64, ZIP_64, Method, stream_zip

from predictor import two_factor
from predictor.drawings import history
from predictor.models import Drawing, Owner, Prediction, PredictionKind, PredictionStatus, ReviewAction

File = tuple[str, datetime, int, Method, Iterable[bytes]]
"""Name, time, mode, compression and content, as `stream_zip` takes them."""

FILE_MODE = 0o100644
CHUNK = 2**16

BATCH = 20
"""Drawings held in memory at once. A photo can take 256 KB."""
ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}
DRAWINGS = (
    *("drawing", "made", "changed", "revision", "mode", "source", "width", "height", "box", "consent"),
    *("has strokes", "shared by"),
)
READINGS = (
    *("drawing", "made", "mode", "source", "revision", "kind", "model"),
    *("text", "confidence", "sure", "several", "read", "box"),
)
LABELS = ("drawing", "revision", "text", "by", "state", "said", "decided")
DECISIONS = ("drawing", "revision", "what", "purpose", "text", "made", "undone")


def of(
    drawings: QuerySet[Drawing], owners: QuerySet[Owner], user: User | None, link: Callable[[str], str]
) -> Iterable[bytes]:
    """Yields a ZIP in chunks: `account.json`, `pictures/`, `strokes/`, `drawings.csv`, `readings.csv` and `labels.csv`
    (text "" means "not a digit"); of a reviewer also `decisions.csv`, what they said of others' drawings.

    `owners`: whose drawings these are; `user`: their account, if they have one. `link`: the address of a drawing
    that is shared by this token. Reviewers aren't named, because their names are their data, not the visitor's.
    """
    account = json.dumps(_account(owners, user), indent=2, ensure_ascii=False).encode()
    return stream_zip(chain([_now("account.json", [account])], _files(drawings, link), _decisions(user)))


def _files(drawings: QuerySet[Drawing], link: Callable[[str], str]) -> Iterator[File]:
    with TemporaryFile() as rows, TemporaryFile() as readings, TemporaryFile() as labels:
        _write(rows, DRAWINGS)
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
            _write(rows, _row(drawing, link))
        for name, table in (("drawings.csv", rows), ("readings.csv", readings), ("labels.csv", labels)):
            yield _table(name, table)


def _decisions(user: User | None) -> Iterator[File]:
    mine = ReviewAction.objects.filter(reviewer=user).order_by("pk")
    if user is None or not mine.exists():
        return
    with TemporaryFile() as rows:
        _write(rows, DECISIONS)
        for each in mine.iterator():
            what = (each.drawing_id, each.revision, each.what, each.purpose, each.text)
            _write(rows, (*what, _moment(each.created_at), _moment(each.undone_at)))
        yield _table("decisions.csv", rows)


def _table(name: str, rows: IO[bytes]) -> File:
    rows.seek(0)
    return _now(name, iter(partial(rows.read, CHUNK), b""))


def _now(name: str, content: Iterable[bytes]) -> File:
    return name, timezone.localtime(), FILE_MODE, ZIP_64, content


def _account(owners: QuerySet[Owner], user: User | None) -> dict[str, object]:
    """What is kept of the person."""
    return {
        "account": user
        and {
            "name": user.get_username(),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "joined": _moment(user.date_joined),
            "last_signed_in": _moment(user.last_login),
            "is_staff": user.is_staff,
            "groups": sorted(user.groups.values_list("name", flat=True)),
            "two_factor": _second_factor(user),
        },
        "visitors": [
            {
                "known_since": _moment(owner.created_at),
                "consent": owner.consent,
                "flagged": _moment(owner.flagged_at),
                "excluded": _moment(owner.excluded_at),
            }
            for owner in owners.order_by("pk")
        ],
    }


def _second_factor(user: User) -> dict[str, object] | None:
    """Without the secrets, which are of use to nobody but who is to be kept out."""
    device = two_factor.device_of(user)
    return device and {
        "set_up": _moment(device.created_at),
        "last_code": _moment(device.last_used_at),
        "recovery_codes_left": two_factor.recovery_codes(user),
    }


def _row(drawing: Drawing, link: Callable[[str], str]) -> tuple[object, ...]:
    return (
        *(drawing.pk, _moment(drawing.created_at), _moment(drawing.updated_at), drawing.revision, drawing.mode),
        *(drawing.source, drawing.width, drawing.height, json.dumps(drawing.box) if drawing.box else ""),
        *(drawing.consent, drawing.strokes is not None, link(drawing.share_token) if drawing.share_token else ""),
    )


def _moment(when: datetime | None) -> str:
    return when.isoformat() if when else ""


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
    made = _moment(drawing.created_at)
    for read in drawing.predictions.all():
        of_it = (drawing.pk, made, drawing.mode, drawing.source, read.revision, read.kind, read.model_id)
        # Of an older revision, the box isn't kept.
        box = json.dumps(drawing.box) if drawing.box and read.revision == drawing.revision else ""
        _write(readings, (*of_it, read.text, read.confidence, read.sure, read.several, _moment(read.done_at), box))
    for label in drawing.labels.all():
        said, decided = _moment(label.created_at), _moment(label.decided_at)
        _write(labels, (drawing.pk, label.revision, label.text, label.by, label.state, said, decided))


def _write(table: IO[bytes], row: tuple[object, ...]) -> None:
    line = io.StringIO()
    csv.writer(line).writerow(row)
    table.write(line.getvalue().encode())
