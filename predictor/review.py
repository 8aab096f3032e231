"""What people say of a drawing, and what reviewers make of it."""

import re

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from predictor import errors
from predictor.models import Drawing, Label, LabelState, Mode, Owner, Side, Speaker

NUMBER_LENGTH = 32


def propose_label(*, drawing: Drawing, text: str, owner: Owner) -> Label:
    """A visitor says what their drawing is; "" is "not a digit". An earlier proposal is withdrawn.

    Raises BadValue for a text that can't be one.
    """
    text = checked_text(text, mode=drawing.mode)
    with transaction.atomic():
        locked = _lock(drawing)
        open_proposal = locked.labels.filter(state=LabelState.PROPOSED, by=Speaker.VISITOR)
        same = open_proposal.filter(text=text).first()
        if same:
            return same
        open_proposal.update(state=LabelState.WITHDRAWN, decided_at=timezone.now())
        return Label.objects.create(
            drawing=locked, revision=locked.revision, text=text, by=Speaker.VISITOR, user=owner.user
        )


def withdraw_label(*, drawing: Drawing, owner: Owner) -> None:
    """The visitor takes back what they said. Raises NotFound if they said nothing, Conflict once it was reviewed."""
    said = Label.objects.filter(drawing=drawing, by=Speaker.VISITOR)
    withdrawn = said.filter(state=LabelState.PROPOSED).update(
        state=LabelState.WITHDRAWN, decided_at=timezone.now(), decided_by=owner.user
    )
    if withdrawn:
        return
    if said.exclude(state=LabelState.WITHDRAWN).exists():
        raise errors.Conflict(
            _("A reviewer has already decided on this label. Take back your consent, or delete the drawing.")
        )
    raise errors.NotFound(_("This drawing has no label to withdraw."))


def accept_label(*, label: Label, reviewer: User) -> None:
    """A reviewer agrees. Fixes the side of the drawing's owner if this is their first accepted label."""
    _decide(label, LabelState.ACCEPTED, reviewer)


def reject_label(*, label: Label, reviewer: User) -> None:
    _decide(label, LabelState.REJECTED, reviewer)


def relabel(*, drawing: Drawing, text: str, reviewer: User) -> Label:
    """A reviewer says what a drawing is, whatever was said before: open proposals are decided by it."""
    text = checked_text(text, mode=drawing.mode)
    with transaction.atomic():
        locked = _lock(drawing)
        now = timezone.now()
        standing = locked.labels.filter(state__in=(LabelState.PROPOSED, LabelState.ACCEPTED))
        same = standing.filter(text=text).order_by("-pk").first()
        standing.exclude(text=text).update(state=LabelState.REJECTED, decided_at=now, decided_by=reviewer)
        if same:
            if same.state == LabelState.PROPOSED:
                _decide(same, LabelState.ACCEPTED, reviewer)
            same.refresh_from_db()
            return same
        label = Label.objects.create(
            drawing=locked,
            revision=locked.revision,
            text=text,
            by=Speaker.REVIEWER,
            user=reviewer,
            state=LabelState.ACCEPTED,
            decided_by=reviewer,
            decided_at=now,
        )
        fix_side(locked.owner_id)
    return label


def checked_text(text: str, *, mode: str) -> str:
    """A label as it is stored. Raises BadValue."""
    text = text.strip()
    length = 1 if mode == Mode.DIGIT else NUMBER_LENGTH
    if not re.fullmatch(rf"[0-9]{{0,{length}}}", text):
        one, many = (
            _("A label is one digit, or “not a digit”."),
            _("A label is up to %(length)d digits, or “not a digit”."),
        )
        message = one if length == 1 else many % {"length": length}
        raise errors.BadValue(message, fields={"text": [message]})
    return text


def fix_side(owner_id: int) -> str:
    """The side of an owner, decided once and for good: train, unless train already holds four owners
    for each one in validation or test and one more. Inside a transaction."""
    owner = Owner.objects.select_for_update().get(pk=owner_id)
    if owner.side:
        return owner.side
    owner.side = _side_of_the_same_person(owner) or _next_side()
    owner.save(update_fields=["side"])
    return owner.side


def _side_of_the_same_person(owner: Owner) -> str:
    if owner.user_id is None:
        return ""
    others = Owner.objects.filter(user_id=owner.user_id).exclude(side="")
    return others.order_by("pk").values_list("side", flat=True).first() or ""


def _next_side() -> str:
    count = Owner.objects.aggregate(**{side: Count("pk", filter=Q(side=side)) for side in Side.values})
    if count[Side.TRAIN] < 4 * (count[Side.VALIDATION] + count[Side.TEST] + 1):
        return Side.TRAIN
    return Side.VALIDATION if count[Side.VALIDATION] <= count[Side.TEST] else Side.TEST


def _decide(label: Label, state: LabelState, reviewer: User) -> None:
    with transaction.atomic():
        decided = Label.objects.filter(pk=label.pk).exclude(state__in=(LabelState.WITHDRAWN, state))
        if not decided.update(state=state, decided_at=timezone.now(), decided_by=reviewer):
            label.refresh_from_db()
            if label.state == state:
                return
            raise errors.Conflict(_("The visitor has withdrawn this label."))
        if state == LabelState.ACCEPTED:
            fix_side(Drawing.objects.values_list("owner_id", flat=True).get(pk=label.drawing_id))
    label.refresh_from_db()


def _lock(drawing: Drawing) -> Drawing:
    """The row as it is now, held until the end of the transaction, so that no revision slips between."""
    locked = Drawing.objects.select_for_update().filter(pk=drawing.pk).first()
    if locked is None:
        raise errors.NotFound(_("This drawing is gone."))
    return locked
