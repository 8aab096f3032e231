"""Retention: deletes drawings that are too old or too many, those first that nobody said anything about; and visitors
who have none and no account.

The train worker does it every hour if a limit is set (`upkeep`); `manage.py purge` does it at once.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from predictor import errors
from predictor.drawings import intake
from predictor.models import Drawing, Label, LabelState, Owner, Source

BATCH = 100
"""Drawings deleted in one transaction. Visitors' drawings wait for it on SQLite."""
PAUSE_SECONDS = 0.05
"""Between batches, so that others can write."""
SPARED = timedelta(days=1)
"""Younger drawings are never deleted: somebody may still be drawing or looking at them."""
MOST_DAYS = 36_500


@dataclass(frozen=True, kw_only=True)
class RetentionPolicy:
    """How long and how many drawings are kept.

    `days`: older ones are deleted; 0 keeps them for ever. `drawings`: if there are more, the oldest are deleted; 0
    keeps all. `labelled`: whether those go too that the site may learn from: labelled, with consent or imported.
    """

    days: int = 0
    drawings: int = 0
    labelled: bool = False

    @property
    def is_on(self) -> bool:
        return bool(self.days or self.drawings)


@dataclass(frozen=True)
class Surplus:
    """A kind of drawings, and how many of the oldest of them are deleted."""

    name: str
    drawings: QuerySet[Drawing]
    count: int


def configured() -> RetentionPolicy:
    """The policy of the settings."""
    return RetentionPolicy(
        days=settings.DIGITSITE_KEEP_DAYS,
        drawings=settings.DIGITSITE_KEEP_DRAWINGS,
        labelled=settings.DIGITSITE_PURGE_LABELLED,
    )


def plan(policy: RetentionPolicy) -> list[Surplus]:
    """What the policy deletes now, in this order. Raises BadValue if it has no limit, or a negative one.

    Drawings that are too old go first and count towards the limit of drawings.
    """
    if not policy.is_on or min(policy.days, policy.drawings) < 0:
        message = "Say what to keep: --days N or --drawings N, above 0; or set DIGITSITE_KEEP_DAYS or"
        raise errors.BadValue(f"{message} DIGITSITE_KEEP_DRAWINGS.")
    now = timezone.now()
    kinds = {name: kind.filter(created_at__lt=now - SPARED) for name, kind in _kinds(labelled=policy.labelled)}
    old = {
        name: kind.filter(created_at__lt=_cutoff(policy)).count() if policy.days else 0 for name, kind in kinds.items()
    }
    excess = Drawing.objects.count() - sum(old.values()) - policy.drawings if policy.drawings else 0
    surpluses = []
    for name, kind in kinds.items():
        more = min(kind.count() - old[name], excess) if excess > 0 else 0
        excess -= more
        surpluses.append(Surplus(name, kind, old[name] + more))
    return surpluses


def purge(surpluses: list[Surplus]) -> Iterator[int]:
    """Deletes the planned drawings as their visitors would (`intake.forget`); yields how many after each batch.

    A drawing that somebody has labelled since then stays.
    """
    for surplus in surpluses:
        left, after = surplus.count, None
        while left > 0:
            batch = list(_oldest(surplus.drawings, after).values_list("created_at", "pk")[: min(BATCH, left)])
            if not batch:
                break
            deleted = intake.forget_among(drawings=surplus.drawings, ids=[pk for _, pk in batch])
            left, after = left - deleted, batch[-1]
            yield deleted
            time.sleep(PAUSE_SECONDS)


def empty_owners(policy: RetentionPolicy) -> QuerySet[Owner]:
    """Visitors older than the policy's days without a drawing or an account; none if it has no days.

    One with a side stays, because that never changes, and so does an excluded one.
    """
    if not policy.days:
        return Owner.objects.none()
    drawn = Exists(Drawing.objects.filter(owner=OuterRef("pk")))
    strangers = Owner.objects.exclude(drawn).filter(user=None, side="", excluded_at=None)
    return strangers.filter(created_at__lt=_cutoff(policy))


def purge_owners(owners: QuerySet[Owner]) -> Iterator[int]:
    """Deletes owners of `empty_owners`; yields how many after each batch."""
    while True:
        with transaction.atomic():
            # Locked, so that no drawing comes in between; one that came before shows in the second query.
            ids = list(owners.order_by("pk").select_for_update().values_list("pk", flat=True)[:BATCH])
            deleted, _ = owners.filter(pk__in=ids).delete()
        if not deleted:
            return
        yield deleted
        time.sleep(PAUSE_SECONDS)


def _cutoff(policy: RetentionPolicy) -> datetime:
    """What was made earlier is too old."""
    return timezone.now() - max(SPARED, timedelta(days=min(policy.days, MOST_DAYS)))


def _kinds(*, labelled: bool) -> list[tuple[str, QuerySet[Drawing]]]:
    """The kinds of drawings that may be deleted, those first that are worth least."""
    said = Exists(Label.objects.filter(drawing=OuterRef("pk")).exclude(state=LabelState.WITHDRAWN))
    learnable = Q(consent=True) | Q(source=Source.IMPORT)
    kinds = [
        ("without a label", Drawing.objects.exclude(said)),
        ("with a label, but without consent", Drawing.objects.filter(said).exclude(learnable)),
    ]
    if labelled:
        kinds.append(("with a label and consent", Drawing.objects.filter(said).filter(learnable)))
    return kinds


def _oldest(drawings: QuerySet[Drawing], after: tuple[datetime, uuid.UUID] | None) -> QuerySet[Drawing]:
    ordered = drawings.order_by("created_at", "id")
    if after is None:
        return ordered
    moment, drawing_id = after
    # As in `history.before`, the index can use only the first condition to find where to start.
    return ordered.filter(created_at__gte=moment).filter(Q(created_at__gt=moment) | Q(pk__gt=drawing_id))
