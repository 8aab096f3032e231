"""Hands out the review queue: highest scores first, lanes mixed, and never one drawing to two reviewers at once."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from predictor.models import Lane, ReadAs, ReviewAction, ReviewItem, ReviewReason
from predictor.review import trust
from predictor.review.facts import second_opinions

ROUNDS = 5
"""Attempts to claim enough drawings while other reviewers claim the same ones."""

KNOWN_CANDIDATES = 20
"""How many drawings with a known answer one is chosen from at random."""

COUNTED = 1_000
"""As many waiting drawings are counted for the pages, which show "1,000+" (`review/page.js`) if there are more."""
COUNTED_BY_READING = 100
"""As many of each reading are counted for the grid."""

NOT_FOR_THE_GRID = (ReviewReason.SECOND, ReviewReason.DISPUTED)

LANES = """
WITH RECURSIVE readings (read_as) AS (
    SELECT (SELECT read_as FROM predictor_reviewitem WHERE closed_at IS NULL ORDER BY read_as LIMIT 1)
    UNION ALL
    SELECT (SELECT item.read_as FROM predictor_reviewitem AS item WHERE closed_at IS NULL
            AND item.read_as > readings.read_as ORDER BY item.read_as LIMIT 1)
    FROM readings WHERE read_as IS NOT NULL
), reasons (read_as, reason) AS (
    SELECT read_as, (SELECT item.reason FROM predictor_reviewitem AS item WHERE closed_at IS NULL
                     AND item.read_as = readings.read_as ORDER BY item.reason LIMIT 1)
    FROM readings WHERE read_as IS NOT NULL
    UNION ALL
    SELECT read_as, (SELECT item.reason FROM predictor_reviewitem AS item WHERE closed_at IS NULL
                     AND item.read_as = reasons.read_as AND item.reason > reasons.reason
                     ORDER BY item.reason LIMIT 1)
    FROM reasons WHERE reason IS NOT NULL
), lanes (read_as, reason, detail) AS (
    SELECT read_as, reason, (SELECT item.detail FROM predictor_reviewitem AS item WHERE closed_at IS NULL
                             AND item.read_as = reasons.read_as AND item.reason = reasons.reason
                             ORDER BY item.detail LIMIT 1)
    FROM reasons WHERE reason IS NOT NULL
    UNION ALL
    SELECT read_as, reason, (SELECT item.detail FROM predictor_reviewitem AS item WHERE closed_at IS NULL
                             AND item.read_as = lanes.read_as AND item.reason = lanes.reason
                             AND item.detail > lanes.detail ORDER BY item.detail LIMIT 1)
    FROM lanes WHERE detail IS NOT NULL
)
SELECT read_as, reason, detail,
    (SELECT item.score FROM predictor_reviewitem AS item WHERE closed_at IS NULL AND item.free_at <= %s
     AND item.read_as = lanes.read_as AND item.reason = lanes.reason AND item.detail = lanes.detail
     ORDER BY item.score DESC LIMIT 1)
FROM lanes WHERE detail IS NOT NULL
"""
"""Each lane with an open drawing, and the highest score of its free ones.

A loose scan of the index `review_open`: its cost grows with the number of lanes. A GROUP BY would read every open
drawing. So would comparing the three columns as one row value, because SQLite then starts at the first drawing of the
previous lane."""


@dataclass
class _Queue:
    """The free drawings of one lane, fetched when their turn comes."""

    lane: Lane
    best: float
    items: list[tuple[UUID, float, int]] | None = None
    """Drawing id, score and owner id."""


def take(*, reviewer: User, count: int, reading: str | None = None, holding: Iterable[UUID] = ()) -> list[ReviewItem]:
    """Claims the next drawings for a reviewer, for `claim_seconds`, and renews the claims on those they are `holding`.

    With a `reading` (a digit, or "" for nothing), claims only digits with this reading that wait for a first decision.
    Without one, mixes in drawings with known answers now and then.
    """
    now = timezone.now()
    until = now + timedelta(seconds=settings.REVIEW.claim_seconds)
    ReviewItem.objects.filter(claimed_by=reviewer, pk__in=list(holding)).update(free_at=until)
    taken: list[UUID] = []
    for _ in range(ROUNDS):
        wanted = _choose(reviewer, count - len(taken), now, reading)
        if not wanted:
            break
        taken += _claim(_open().filter(free_at__lte=now), wanted, reviewer, until)
        if len(taken) >= count:
            break
    if reading is None:
        for place in range(len(taken), 0, -1):
            if random.random() < settings.REVIEW.check_share:
                taken[place:place] = _take_known(reviewer, now, until)
    return _fetch(taken)


def retake(*, reviewer: User, ids: Iterable[UUID], again: bool = False) -> list[ReviewItem]:
    """Claims these drawings to show them again, except those that another reviewer holds. With `again`, claims only
    those that this reviewer still holds."""
    now = timezone.now()
    until = now + timedelta(seconds=settings.REVIEW.claim_seconds)
    own, free = Q(claimed_by=reviewer), Q(free_at__lte=now) | Q(claimed_by=None)
    within = ReviewItem.objects.filter(own if again else own | free)
    return _fetch(_claim(within, list(ids), reviewer, until))


def release(*, reviewer: User, ids: Iterable[UUID]) -> None:
    """Ends the claims on drawings that were not answered."""
    held = ReviewItem.objects.filter(claimed_by=reviewer, pk__in=list(ids))
    held.update(claimed_by=None, free_at=timezone.now())


def rest(item: ReviewItem, *, seconds: float) -> None:
    """Ends the claim on an answered drawing, and hands it to nobody for `seconds`. Call it with the row locked."""
    free_at = timezone.now() + timedelta(seconds=seconds)
    ReviewItem.objects.filter(pk=item.pk).update(claimed_by=None, free_at=free_at)


def waiting(most: int | None = None) -> int:
    """How many drawings are open, claimed or not; `most` if there are more."""
    return _open()[:most].count()


def waiting_by_reading() -> Counter[str]:
    """How many digits wait for a first decision (at most `COUNTED_BY_READING`), by what they were read as; "" means
    nothing."""
    first = _open().exclude(reason__in=NOT_FOR_THE_GRID)
    readings = {"": ReadAs.NOTHING, **{digit: ReadAs(digit) for digit in "0123456789"}}
    most = COUNTED_BY_READING
    return Counter({shown: first.filter(read_as=read_as)[:most].count() for shown, read_as in readings.items()})


def _open() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(closed_at=None)


def lanes(now: datetime) -> dict[Lane, float]:
    """Each lane with a free drawing, and the highest score of its free ones."""
    with connection.cursor() as cursor:
        cursor.execute(LANES, [connection.ops.adapt_datetimefield_value(now)])
        return {Lane(*columns): score for *columns, score in cursor.fetchall() if score is not None}


def _choose(reviewer: User, count: int, now: datetime, reading: str | None) -> list[UUID]:
    """Chooses the highest scores. A lane's score drops for each of its drawings that this reviewer saw recently."""
    if count <= 0:
        return []
    seen = Counter[Lane]() if reading is not None else _seen_lately(reviewer)
    penalty = 0.0 if reading is not None else settings.REVIEW.weight_same_kind
    own = second_opinions(reviewer.pk)
    queues = [_Queue(lane, best) for lane, best in lanes(now).items() if lane != own and _has(lane, reading)]
    chosen: list[UUID] = []
    left: dict[int, int] = {}
    while queues and len(chosen) < count:
        queue = max(queues, key=lambda queue: queue.best - penalty * seen[queue.lane])
        if queue.items is None:
            queue.items = _first(queue.lane, count, now, left)
        queue.items = [item for item in queue.items if left.get(item[2]) != 0]
        if not queue.items:
            queues.remove(queue)
            continue
        drawing, _, owner = queue.items.pop(0)
        chosen.append(drawing)
        if owner in left:
            left[owner] -= 1
        seen[queue.lane] += 1
        if queue.items:
            queue.best = queue.items[0][1]
        else:
            queues.remove(queue)
    return chosen


def _first(lane: Lane, count: int, now: datetime, left: dict[int, int]) -> list[tuple[UUID, float, int]]:
    """The first free drawings of a lane. Adds to `left` how many more drawings of each flagged owner may be handed out
    today. If an owner has none left, `trust.left_today` has postponed their drawings, so the lane is read again."""
    free = _open().filter(**lane._asdict(), free_at__lte=now).order_by("-score")
    while True:
        items = list(free.values_list("pk", "score", "drawing__owner")[:count])
        found = trust.left_today({owner for _, _, owner in items} - left.keys())
        left.update(found)
        if 0 not in found.values():
            return items


def _has(lane: Lane, reading: str | None) -> bool:
    """Whether a lane holds drawings with this reading. None matches every lane."""
    return reading is None or lane.read_as == (reading or ReadAs.NOTHING)


def _seen_lately(reviewer: User) -> Counter[Lane]:
    done = ReviewAction.objects.filter(reviewer=reviewer).order_by("-pk").values_list(*Lane._fields)
    held = ReviewItem.objects.filter(claimed_by=reviewer, free_at__gt=timezone.now()).values_list(*Lane._fields)
    return Counter(Lane(*columns) for columns in (*done[: settings.REVIEW.same_kind_among], *held))


def _claim(items: QuerySet[ReviewItem], wanted: list[UUID], reviewer: User, until: datetime) -> list[UUID]:
    """Claims the wanted drawings that are still among `items`. Skips rows that another reviewer is claiming."""
    with transaction.atomic():
        free = items.filter(pk__in=wanted)
        mine = set(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
        free.filter(pk__in=mine).update(claimed_by=reviewer, free_at=until)
    return [pk for pk in wanted if pk in mine]


def _fetch(ids: list[UUID]) -> list[ReviewItem]:
    found = ReviewItem.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _take_known(reviewer: User, now: datetime, until: datetime) -> list[UUID]:
    """Claims one drawing with a known answer that this reviewer has never answered or skipped."""
    known = ReviewItem.objects.filter(known=True, free_at__lte=now).order_by("free_at")
    fresh = known.exclude(drawing__review_actions__reviewer=reviewer)
    candidates = list(fresh.values_list("pk", flat=True)[:KNOWN_CANDIDATES])
    return _claim(known, [random.choice(candidates)], reviewer, until) if candidates else []
