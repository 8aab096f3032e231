"""The rows of the review queue. To note a drawing is to update its row, after a change or for all drawings at once."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ml.pictures.decoding import pixels_of_data_url
from predictor.models import Drawing, Mode, Prediction, PredictionStatus, ReviewCursor, ReviewItem
from predictor.review.facts import Facts, Standing, gather, standing

BATCH = 500
CATCH_UP_LIMIT = 50
"""The most readings noted in one heartbeat. A drawing that arrives has to wait until they are noted."""
WRITTEN = ("read_as", "reason", "detail", "reasons", "score", "second_of", "closed_at", "answer", "known", "bits")
"""Columns computed from the facts. `claimed_by` and `free_at` belong to `claims`."""


def note(drawing: Drawing) -> None:
    """Updates, adds or removes the item of a drawing. Call it in the transaction that changes a label, a decision or
    the consent. New readings are noted by `catch_up`."""
    note_many([drawing.pk])


def note_many(ids: Iterable[UUID]) -> None:
    """Notes up to a few hundred drawings, in as many queries as `note` needs for one."""
    with transaction.atomic():
        _write(gather(ids, lock=True))


def catch_up() -> int:
    """Notes the next readings that were finished `settle_seconds` ago; returns how many. A worker's heartbeat calls it.

    The delay leaves alone a drawing that is still being drawn. If a worker dies before it advances the cursor, the next
    one notes the same readings again, which changes nothing.
    """
    cursor = ReviewCursor.objects.filter(pk=1).first()
    settled = timezone.now() - timedelta(seconds=settings.REVIEW.settle_seconds)
    done = Prediction.objects.filter(status=PredictionStatus.DONE, done_at__lte=settled)
    if cursor:
        done = done.filter(done_at__gte=cursor.done_at)
        done = done.filter(Q(done_at__gt=cursor.done_at) | Q(pk__gt=cursor.prediction_id))
    found = list(done.order_by("done_at", "pk").values_list("pk", "done_at", "drawing_id")[:CATCH_UP_LIMIT])
    if found:
        note_many({drawing_id for _, _, drawing_id in found})
        reached = dict(zip(("prediction_id", "done_at"), found[-1], strict=False))
        ReviewCursor.objects.update_or_create(pk=1, defaults=reached)
    return len(found)


def rebuild() -> Iterator[int]:
    """Notes every drawing again; yields the size of each batch. Keeps claims."""
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
    items, gone, changed, known = [], [], [], []
    for facts in found:
        stands, old = standing(facts), before.get(facts.drawing.pk)
        if stands is None:
            gone += [old.pk] if old else []
            continue
        items.append(_item(facts, stands))
        if old and (bool(old.closed_at), old.second_of_id) != (bool(stands.closed_at), stands.second_of):
            changed.append(old.pk)
        if stands.known and facts.actions and not (old and old.known):
            known.append(facts.drawing.pk)
    ReviewItem.objects.bulk_create(items, update_conflicts=True, unique_fields=["drawing"], update_fields=WRITTEN)
    if gone:
        ReviewItem.objects.filter(pk__in=gone).delete()
    if changed:
        # The reviewer who claimed it was asked a different question.
        ReviewItem.objects.filter(pk__in=changed).update(claimed_by=None, free_at=timezone.now())
    if known:
        rested = timezone.now() + timedelta(days=settings.REVIEW.check_rest_days)
        ReviewItem.objects.filter(pk__in=known).update(free_at=rested)


def _item(facts: Facts, stands: Standing) -> ReviewItem:
    return ReviewItem(
        drawing=facts.drawing,
        **stands.lane._asdict(),
        reasons=stands.reasons,
        score=stands.score,
        second_of_id=stands.second_of,
        closed_at=stands.closed_at,
        answer=stands.answer,
        known=stands.known,
        bits=bits_of(facts) if stands.answer is not None and facts.may_be_learned else None,
    )


def bits_of(facts: Facts) -> bytes | None:
    """A digit's only glyph as a bitmap of 98 bytes. None for a number, and for no glyph or several."""
    reading = facts.reading
    if facts.drawing.mode != Mode.DIGIT or reading is None or len(reading.glyphs) != 1:
        return None
    return np.packbits(pixels_of_data_url(reading.glyphs[0]["pixels"]) > 127).tobytes()
