"""Visitors with many rejected labels: the site flags them and caps their drawings; an operator can exclude them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from predictor.models import (
    ActionKind,
    Drawing,
    Label,
    LabelAuthor,
    LabelState,
    Owner,
    ReviewAction,
    ReviewItem,
    ReviewReason,
)
from predictor.review import queue_items


def judge(owner_id: int) -> None:
    """Flags or unflags an owner by the outcome of their newest labels.

    Doubtful labels are reviewed first, so decisions alone overstate the errors of an honest visitor. Labels that wait
    and agree with the reading therefore count as correct.
    """
    policy = settings.REVIEW
    among = policy.flag_among
    decided = Label.objects.filter(
        drawing__owner=owner_id, by=LabelAuthor.VISITOR, state__in=(LabelState.ACCEPTED, LabelState.REJECTED)
    )
    newest = list(decided.order_by("-decided_at").values_list("state", flat=True)[:among])
    plausible = _items([owner_id]).filter(reason=ReviewReason.LABEL)[:among].count()
    rejected = newest.count(LabelState.REJECTED)
    share = rejected / max(1, len(newest) + plausible)
    flagged = len(newest) >= policy.flag_after and share > policy.flag_share
    changed = Owner.objects.filter(pk=owner_id, flagged_at__isnull=flagged)
    changed.update(flagged_at=timezone.now() if flagged else None)


def left_today(owners: set[int]) -> dict[int, int]:
    """For each flagged owner among these, how many more of their drawings may be handed out today.

    If that is none, postpones their other open drawings until tomorrow.
    """
    now = timezone.now()
    left = {}
    for owner in Owner.objects.filter(pk__in=owners, flagged_at__isnull=False).values_list("pk", flat=True):
        done = ReviewAction.objects.filter(drawing__owner=owner, created_at__gte=today(), undone_at=None)
        held = _items([owner]).filter(claimed_by__isnull=False, free_at__gt=now)
        shown = done.exclude(what=ActionKind.SKIPPED).count() + held.count()
        left[owner] = max(0, settings.REVIEW.flagged_daily - shown)
        if not left[owner]:
            _items([owner]).filter(free_at__lte=now).update(free_at=today() + timedelta(days=1))
    return left


def exclude(*, owner: Owner) -> int:
    """Excludes a person, with every owner of the same account; returns how many owners changed.

    Their drawings are no longer reviewed or used for training. Decisions stay, so that `readmit` restores everything.
    """
    with transaction.atomic():
        people = _same_person(owner).filter(excluded_at=None)
        ids = list(people.values_list("pk", flat=True))
        people.update(excluded_at=timezone.now())
        ReviewItem.objects.filter(drawing__owner__in=ids).delete()
    return len(ids)


def spread_exclusion(user: User) -> None:
    """Extends an exclusion to all owners of an account, after an excluded visitor has signed in to it."""
    excluded = Owner.objects.filter(user=user, excluded_at__isnull=False).first()
    if excluded:
        exclude(owner=excluded)


def readmit(*, owner: Owner) -> int:
    """Undoes an exclusion; returns how many owners changed."""
    people = _same_person(owner).filter(excluded_at__isnull=False)
    ids = list(people.values_list("pk", flat=True))
    people.update(excluded_at=None)
    drawings: list[UUID] = list(Drawing.objects.filter(owner__in=ids).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(drawings), queue_items.BATCH):
        queue_items.note_many(drawings[start : start + queue_items.BATCH])
    return len(ids)


def today() -> datetime:
    """When the day began, in the site's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _same_person(owner: Owner) -> QuerySet[Owner]:
    same = Q(pk=owner.pk) | Q(user=owner.user_id) if owner.user_id else Q(pk=owner.pk)
    return Owner.objects.filter(same)


def _items(owners: list[int]) -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(drawing__owner__in=owners, closed_at=None)
