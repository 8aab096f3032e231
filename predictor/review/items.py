"""The queue of reviews as rows, kept true to the facts: noted where they arise, or all anew."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ml.pictures.decoding import pixels_of_data_url
from predictor.models import Drawing, Mode, Prediction, PredictionStatus, ReviewItem, ReviewMark
from predictor.review.facts import Facts, Standing, gather, standing

BATCH = 500
PULSE = 50
"""Readings noted in one pulse of a worker: a reading that comes meanwhile waits for them."""
WRITTEN = ("kind", "reasons", "score", "second_of", "closed_at", "answer", "known", "bits")
"""What the facts say. Who has a drawing, and until when, is the claims' own."""


def note(drawing: Drawing) -> None:
    """Puts a drawing where it belongs in the queue, or out of it. Call it in the transaction of what happened:
    said, taken back, decided, undone, consented to or not. What is read is noted by `catch_up`."""
    note_many([drawing.pk])


def note_many(ids: Iterable[UUID]) -> None:
    """The same for many drawings, with as many queries as for one. At most a few hundred at a time."""
    with transaction.atomic():
        _write(gather(ids, lock=True))


def catch_up() -> int:
    """Notes the next readings that were finished a while ago; returns how many. For a worker's pulse.

    A drawing that is still being drawn isn't bothered with. A worker that dies before the mark is moved leaves
    them to the next one, and noting twice changes nothing.
    """
    mark = ReviewMark.objects.filter(pk=1).first()
    settled = timezone.now() - timedelta(seconds=settings.REVIEW["settle_seconds"])
    done = Prediction.objects.filter(status=PredictionStatus.DONE, done_at__lte=settled)
    if mark:
        done = done.filter(done_at__gte=mark.done_at)
        done = done.filter(Q(done_at__gt=mark.done_at) | Q(pk__gt=mark.prediction_id))
    found = list(done.order_by("done_at", "pk").values_list("pk", "done_at", "drawing_id")[:PULSE])
    if found:
        note_many({drawing_id for _, _, drawing_id in found})
        reached = dict(zip(("prediction_id", "done_at"), found[-1], strict=False))
        ReviewMark.objects.update_or_create(pk=1, defaults=reached)
    return len(found)


def rebuild() -> Iterator[int]:
    """Notes every drawing anew; yields how many each batch had. What reviewers have at the moment stays theirs."""
    last: UUID | None = None
    while True:
        drawings = Drawing.objects.order_by("pk")
        after = drawings.filter(pk__gt=last) if last else drawings
        ids = list(after.values_list("pk", flat=True)[:BATCH])
        if not ids:
            return
        note_many(ids)
        yield len(ids)
        last = ids[-1]


def _write(found: list[Facts]) -> None:
    ids = [facts.drawing.pk for facts in found]
    before = {item.pk: item for item in ReviewItem.objects.filter(pk__in=ids).defer("bits")}
    items, gone, turned, known = [], [], [], []
    for facts in found:
        stands, old = standing(facts), before.get(facts.drawing.pk)
        if stands is None:
            gone += [old.pk] if old else []
            continue
        items.append(_item(facts, stands))
        if old and (bool(old.closed_at), old.second_of_id) != (bool(stands.closed_at), stands.second_of):
            turned.append(old.pk)
        if stands.known and facts.actions and not (old and old.known):
            known.append(facts.drawing.pk)
    ReviewItem.objects.bulk_create(items, update_conflicts=True, unique_fields=["drawing"], update_fields=WRITTEN)
    if gone:
        ReviewItem.objects.filter(pk__in=gone).delete()
    if turned:
        # Whoever has it was asked something else.
        ReviewItem.objects.filter(pk__in=turned).update(claimed_by=None, free_at=timezone.now())
    if known:
        rested = timezone.now() + timedelta(days=settings.REVIEW["check_rest_days"])
        ReviewItem.objects.filter(pk__in=known).update(free_at=rested)


def _item(facts: Facts, stands: Standing) -> ReviewItem:
    return ReviewItem(
        drawing=facts.drawing,
        kind=stands.kind,
        reasons=stands.reasons,
        score=stands.score,
        second_of_id=stands.second_of,
        closed_at=stands.closed_at,
        answer=stands.answer,
        known=stands.known,
        bits=bits_of(facts) if stands.answer is not None and facts.may_be_learned else None,
    )


def bits_of(facts: Facts) -> bytes | None:
    """The only glyph of a digit in black and white."""
    reading = facts.reading
    if facts.drawing.mode != Mode.DIGIT or reading is None or len(reading.glyphs) != 1:
        return None
    return np.packbits(pixels_of_data_url(reading.glyphs[0]["pixels"]) > 127).tobytes()
