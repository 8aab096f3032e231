"""Visitors whose labels reviewers keep rejecting: flagged and capped by themselves, excluded by an operator."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from predictor.models import ActionKind, Drawing, Label, LabelState, Owner, ReviewAction, ReviewItem, Speaker
from predictor.review import items as review_items


def judge(owner_id: int) -> None:
    """Flags an owner, or takes the flag away, by what became of their newest labels.

    What is doubtful is reviewed first, so decisions alone would make a liar of whoever errs now and then: labels that
    wait, and that the network agrees with, count as right.
    """
    rules = settings.REVIEW
    among = int(rules["flag_among"])
    decided = Label.objects.filter(
        drawing__owner=owner_id, by=Speaker.VISITOR, state__in=(LabelState.ACCEPTED, LabelState.REJECTED)
    )
    newest = list(decided.order_by("-decided_at").values_list("state", flat=True)[:among])
    plausible = _items([owner_id]).filter(kind__endswith=" label")[:among].count()
    rejected = newest.count(LabelState.REJECTED)
    share = rejected / max(1, len(newest) + plausible)
    beyond = len(newest) >= rules["flag_after"] and share > rules["flag_share"]
    turned = Owner.objects.filter(pk=owner_id, flagged_at__isnull=beyond)
    turned.update(flagged_at=timezone.now() if beyond else None)


def left_today(owners: set[int]) -> dict[int, int]:
    """Of the flagged owners among these: how many more of theirs may be handed out today.

    Where that is none, what else waits of theirs does so until tomorrow.
    """
    now = timezone.now()
    left = {}
    for owner in Owner.objects.filter(pk__in=owners, flagged_at__isnull=False).values_list("pk", flat=True):
        done = ReviewAction.objects.filter(drawing__owner=owner, created_at__gte=today(), undone_at=None)
        held = _items([owner]).filter(claimed_by__isnull=False, free_at__gt=now)
        shown = done.exclude(what=ActionKind.SKIPPED).count() + held.count()
        left[owner] = max(0, int(settings.REVIEW["flagged_daily"]) - shown)
        if not left[owner]:
            _items([owner]).filter(free_at__lte=now).update(free_at=today() + timedelta(days=1))
    return left


def exclude(*, owner: Owner) -> int:
    """Leaves out all that this person sent, of every cookie they signed in with; returns how many owners that are.

    Nothing of theirs is reviewed or learned from now on. What reviewers decided stays, for the way back.
    """
    with transaction.atomic():
        people = _same_person(owner).filter(excluded_at=None)
        ids = list(people.values_list("pk", flat=True))
        people.update(excluded_at=timezone.now())
        ReviewItem.objects.filter(drawing__owner__in=ids).delete()
    return len(ids)


def unite(user: User) -> None:
    """Who was excluded under one of their cookies is so under all of them."""
    excluded = Owner.objects.filter(user=user, excluded_at__isnull=False).first()
    if excluded:
        exclude(owner=excluded)


def take_back_in(*, owner: Owner) -> int:
    """Undoes an exclusion; returns how many owners that are."""
    people = _same_person(owner).filter(excluded_at__isnull=False)
    ids = list(people.values_list("pk", flat=True))
    people.update(excluded_at=None)
    drawings: list[UUID] = list(Drawing.objects.filter(owner__in=ids).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(drawings), review_items.BATCH):
        review_items.note_many(drawings[start : start + review_items.BATCH])
    return len(ids)


def today() -> datetime:
    """When this day began, where the site is."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _same_person(owner: Owner) -> QuerySet[Owner]:
    same = Q(pk=owner.pk) | Q(user=owner.user_id) if owner.user_id else Q(pk=owner.pk)
    return Owner.objects.filter(same)


def _items(owners: list[int]) -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(drawing__owner__in=owners, closed_at=None)
