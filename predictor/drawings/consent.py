"""Whether the site may learn from someone's drawings: asked once, remembered with them, and taken back for all."""

from django.contrib.auth.models import User
from django.db import transaction

from predictor.models import Drawing, Owner
from predictor.review import queue_items


def answer(*, owner: Owner, may: bool) -> None:
    """What the owner says when asked. A yes is for what they draw from now on; a no also for all that they drew.

    Someone with an account says it for all their owners.
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
    """One answer for a user whose owners gave several: a no counts more than a yes, and any more than none."""
    theirs = Owner.objects.filter(user=user)
    answers = set(theirs.exclude(consent=None).values_list("consent", flat=True))
    if answers:
        theirs.update(consent=False not in answers)


def granted(wish: bool | None, owner: Owner) -> bool | None:
    """What a client says of one drawing, unless its owner has said no: a page left open may not know of that yet."""
    return wish and owner.consent is not False
