"""Consent to learn from a person's drawings: asked for once, stored per owner, withdrawn for all drawings."""

from django.contrib.auth.models import User
from django.db import transaction

from predictor.models import Drawing, Owner
from predictor.review import queue_items


def answer(*, owner: Owner, may: bool) -> None:
    """Stores the owner's answer. A yes applies to later drawings only; a no also applies to all earlier ones.

    The answer of someone with an account applies to all owners of the account.
    """
    theirs = Owner.objects.filter(user_id=owner.user_id) if owner.user_id else Owner.objects.filter(pk=owner.pk)
    with transaction.atomic():
        theirs.update(consent=may)
        if not may:
            allowed = Drawing.objects.filter(owner__in=theirs, consent=True)
            ids = list(allowed.values_list("pk", flat=True))
            allowed.update(consent=False)
            for start in range(0, len(ids), queue_items.BATCH):
                queue_items.note_many(ids[start : start + queue_items.BATCH])


def unite(user: User) -> None:
    """Gives all owners of a user the same answer: no if any of them said no, else yes if any said yes."""
    theirs = Owner.objects.filter(user=user)
    answers = set(theirs.exclude(consent=None).values_list("consent", flat=True))
    if answers:
        theirs.update(consent=False not in answers)


def granted(wish: bool | None, owner: Owner) -> bool | None:
    """The consent that a client sent for one drawing; False overrides True once the owner has said no.

    A page that was left open may still send True.
    """
    return wish and owner.consent is not False
