"""Handing out the queue: chosen by what presses most and by variety, and never the same drawing to two reviewers."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from predictor.models import ReviewAction, ReviewItem
from predictor.review import trust
from predictor.review.facts import second_kind

ROUNDS = 5
"""How often it is tried to fill a hand while others take away what was chosen."""

CANDIDATES = 20
"""Known answers of which one is chosen by lot."""

LANES = """
WITH RECURSIVE lane (kind) AS (
    SELECT (SELECT kind FROM predictor_reviewitem WHERE closed_at IS NULL ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT (SELECT kind FROM predictor_reviewitem
            WHERE closed_at IS NULL AND kind > lane.kind ORDER BY kind LIMIT 1)
    FROM lane WHERE lane.kind IS NOT NULL
)
SELECT kind, (SELECT score FROM predictor_reviewitem
              WHERE closed_at IS NULL AND predictor_reviewitem.kind = lane.kind AND free_at <= %s
              ORDER BY score DESC LIMIT 1)
FROM lane WHERE kind IS NOT NULL
"""
"""Each kind that waits, with the points of its first free drawing: a jump in `review_open` for each kind, however many
drawings there are. (A GROUP BY would walk along all of them.)"""


@dataclass
class _Lane:
    """The drawings of one kind, fetched when their turn comes."""

    kind: str
    best: float
    items: list[tuple[UUID, float, int]] | None = None
    """With their points and owners."""


def take(*, reviewer: User, count: int, reading: str | None = None, holding: Iterable[UUID] = ()) -> list[ReviewItem]:
    """The next drawings for a reviewer, theirs for `claim_seconds`; those they are `holding` stay theirs for as long.

    With `reading`, only such as are read so and wait for a first decision; else, now and then, one more whose answer
    is known comes in between.
    """
    now = timezone.now()
    until = now + timedelta(seconds=settings.REVIEW["claim_seconds"])
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
            if random.random() < settings.REVIEW["check_share"]:
                taken[place:place] = _take_known(reviewer, now, until)
    return _fetch(taken)


def retake(*, reviewer: User, ids: Iterable[UUID], again: bool = False) -> list[ReviewItem]:
    """These drawings, to be looked at once more, as far as nobody else has them; `again`, as far as they still have
    them from the first time."""
    now = timezone.now()
    until = now + timedelta(seconds=settings.REVIEW["claim_seconds"])
    theirs, nobodys = Q(claimed_by=reviewer), Q(free_at__lte=now) | Q(claimed_by=None)
    within = ReviewItem.objects.filter(theirs if again else theirs | nobodys)
    return _fetch(_claim(within, list(ids), reviewer, until))


def release(*, reviewer: User, ids: Iterable[UUID]) -> None:
    """Lets go of drawings that were not answered."""
    held = ReviewItem.objects.filter(claimed_by=reviewer, pk__in=list(ids))
    held.update(claimed_by=None, free_at=timezone.now())


def let_go(item: ReviewItem, *, seconds: float) -> None:
    """Ends a claim with an answer; the drawing rests for so long. Its row is held by the transaction."""
    rested = timezone.now() + timedelta(seconds=seconds)
    ReviewItem.objects.filter(pk=item.pk).update(claimed_by=None, free_at=rested)


def waiting() -> int:
    """How many are open, in somebody's hands or not."""
    return _open().count()


def waiting_by_reading() -> Counter[str]:
    """How many digits wait for a first decision, by what they were read as; "" is nothing."""
    found = Counter[str]()
    for kind, count in _open().values_list("kind").annotate(count=Count("pk")).order_by():
        read, _, rest = kind.partition(" ")
        if rest and len(read) == 1:
            found["" if read == "–" else read] += count
    return found


def _open() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(closed_at=None)


def lanes(now: datetime) -> dict[str, float]:
    """Each kind of which one is free, and the points of its first one."""
    with connection.cursor() as cursor:
        cursor.execute(LANES, [connection.ops.adapt_datetimefield_value(now)])
        return {kind: score for kind, score in cursor.fetchall() if score is not None}


def _choose(reviewer: User, count: int, now: datetime, reading: str | None) -> list[UUID]:
    """The most pressing first, each of a kind counting less the more of it this reviewer saw lately."""
    if count <= 0:
        return []
    seen = Counter[str]() if reading is not None else _seen_lately(reviewer)
    penalty = 0.0 if reading is not None else settings.REVIEW["weight_same_kind"]
    own = second_kind(reviewer.pk)
    waiting = [_Lane(kind, best) for kind, best in lanes(now).items() if kind != own and _is_of(kind, reading)]
    chosen: list[UUID] = []
    left: dict[int, int] = {}
    while waiting and len(chosen) < count:
        lane = max(waiting, key=lambda lane: lane.best - penalty * seen[lane.kind])
        if lane.items is None:
            lane.items = _first(lane.kind, count, now, left)
        lane.items = [item for item in lane.items if left.get(item[2]) != 0]
        if not lane.items:
            waiting.remove(lane)
            continue
        drawing, _, owner = lane.items.pop(0)
        chosen.append(drawing)
        if owner in left:
            left[owner] -= 1
        seen[lane.kind] += 1
        if lane.items:
            lane.best = lane.items[0][1]
        else:
            waiting.remove(lane)
    return chosen


def _first(kind: str, count: int, now: datetime, left: dict[int, int]) -> list[tuple[UUID, float, int]]:
    """The first of a lane. `left` learns how many more of each flagged owner may be handed out; where that is none,
    theirs have just left the lane for today, and others come first."""
    lane = _open().filter(kind=kind, free_at__lte=now).order_by("-score")
    while True:
        items = list(lane.values_list("pk", "score", "drawing__owner")[:count])
        found = trust.left_today({owner for _, _, owner in items} - left.keys())
        left.update(found)
        if 0 not in found.values():
            return items


def _is_of(kind: str, reading: str | None) -> bool:
    return reading is None or kind.startswith(f"{reading or '–'} ")


def _seen_lately(reviewer: User) -> Counter[str]:
    done = ReviewAction.objects.filter(reviewer=reviewer).order_by("-pk").values_list("kind", flat=True)
    held = ReviewItem.objects.filter(claimed_by=reviewer, free_at__gt=timezone.now()).values_list("kind", flat=True)
    return Counter([*done[: int(settings.REVIEW["same_kind_among"])], *held])


def _claim(items: QuerySet[ReviewItem], wanted: list[UUID], reviewer: User, until: datetime) -> list[UUID]:
    """Those of the wanted that are still among `items`, now the reviewer's; what another one is just taking is left
    to them."""
    with transaction.atomic():
        free = items.filter(pk__in=wanted)
        mine = set(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
        free.filter(pk__in=mine).update(claimed_by=reviewer, free_at=until)
    return [pk for pk in wanted if pk in mine]


def _fetch(ids: list[UUID]) -> list[ReviewItem]:
    found = ReviewItem.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _take_known(reviewer: User, now: datetime, until: datetime) -> list[UUID]:
    """One whose answer is known, and which this reviewer has never answered."""
    known = ReviewItem.objects.filter(known=True, free_at__lte=now).order_by("free_at")
    fresh = known.exclude(drawing__review_actions__reviewer=reviewer)
    candidates = list(fresh.values_list("pk", flat=True)[:CANDIDATES])
    return _claim(known, [random.choice(candidates)], reviewer, until) if candidates else []
