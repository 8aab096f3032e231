"""Labels: a visitor proposes and withdraws them, a reviewer accepts, rejects or replaces them."""

import re
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from predictor import errors
from predictor.models import ActionKind, Drawing, Label, LabelAuthor, LabelState, Mode, Owner, Side
from predictor.review import queue_items
from predictor.review.action_log import lock, recorded

NUMBER_LENGTH = 32


def propose_label(*, drawing: Drawing, text: str, owner: Owner) -> Label:
    """Records what a visitor says their drawing shows; "" means "not a digit". Withdraws an earlier proposal.

    Raises BadValue for an invalid text.
    """
    text = checked_text(text, mode=drawing.mode)
    with transaction.atomic():
        locked = lock(drawing.pk)
        open_proposal = locked.labels.filter(state=LabelState.PROPOSED, by=LabelAuthor.VISITOR)
        same = open_proposal.filter(text=text).first()
        if same:
            return same
        open_proposal.update(state=LabelState.WITHDRAWN, decided_at=timezone.now())
        label = Label.objects.create(
            drawing=locked, revision=locked.revision, text=text, by=LabelAuthor.VISITOR, user=owner.user
        )
        queue_items.note(locked)
    return label


def withdraw_label(*, drawing: Drawing, owner: Owner) -> None:
    """Withdraws the visitor's label. Raises NotFound if there is none, Conflict once it was reviewed."""
    with transaction.atomic():
        said = lock(drawing.pk).labels.filter(by=LabelAuthor.VISITOR)
        withdrawn = said.filter(state=LabelState.PROPOSED).update(
            state=LabelState.WITHDRAWN, decided_at=timezone.now(), decided_by=owner.user
        )
        if withdrawn:
            queue_items.note(drawing)
            return
    if said.exclude(state=LabelState.WITHDRAWN).exists():
        raise errors.Conflict(
            _("A reviewer has already decided on this label. Take back your consent, or delete the drawing.")
        )
    raise errors.NotFound(_("This drawing has no label to withdraw."))


def accept_label(*, label: Label, reviewer: User) -> None:
    """A reviewer agrees. Sets the side of the drawing's owner if this is the owner's first accepted label."""
    _decide(label, LabelState.ACCEPTED, reviewer, ActionKind.ANSWERED)


def reject_label(*, label: Label, reviewer: User) -> None:
    """A reviewer disagrees without giving another answer."""
    _decide(label, LabelState.REJECTED, reviewer, ActionKind.REJECTED)


def relabel(*, drawing: Drawing, text: str, reviewer: User, batch: UUID | None = None) -> Label:
    """Records what a reviewer says a drawing shows. Accepts a label with the same text, and rejects all others."""
    text = checked_text(text, mode=drawing.mode)
    with transaction.atomic():
        locked = lock(drawing.pk)
        with recorded(drawing=locked, reviewer=reviewer, what=ActionKind.ANSWERED, text=text, batch=batch):
            label = _answer(locked, text, reviewer)
    return label


def checked_text(text: str, *, mode: str) -> str:
    """The text of a label as it is stored. Raises BadValue."""
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
    """Returns the side of an owner, and sets it if it isn't set yet. A side never changes. Call it in a transaction.

    A new side is that of another owner of the same account, else train while it has fewer than
    4·(validation + test + 1) owners, else the smaller of validation and test.
    """
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


def _answer(drawing: Drawing, text: str, reviewer: User) -> Label:
    decision = {"decided_at": timezone.now(), "decided_by": reviewer}
    standing = drawing.labels.filter(state__in=(LabelState.PROPOSED, LabelState.ACCEPTED))
    same = standing.filter(text=text).order_by("-pk").first()
    standing.exclude(text=text).update(state=LabelState.REJECTED, **decision)
    if same is None:
        own = {"revision": drawing.revision, "by": LabelAuthor.REVIEWER, "user": reviewer}
        label = Label.objects.create(drawing=drawing, text=text, state=LabelState.ACCEPTED, **own, **decision)
        fix_side(drawing.owner_id)
        return label
    if same.state == LabelState.PROPOSED:
        drawing.labels.filter(pk=same.pk).update(state=LabelState.ACCEPTED, **decision)
        fix_side(drawing.owner_id)
    same.refresh_from_db()
    return same


def _decide(label: Label, state: LabelState, reviewer: User, what: ActionKind) -> None:
    with transaction.atomic():
        drawing = lock(label.drawing_id)
        label.refresh_from_db()
        if label.state == state:
            return
        if label.state == LabelState.WITHDRAWN:
            raise errors.Conflict(_("The visitor has withdrawn this label."))
        text = label.text if state == LabelState.ACCEPTED else None
        with recorded(drawing=drawing, reviewer=reviewer, what=what, text=text):
            decided = Label.objects.filter(pk=label.pk, state=label.state)
            decided.update(state=state, decided_at=timezone.now(), decided_by=reviewer)
            if state == LabelState.ACCEPTED:
                fix_side(drawing.owner_id)
    label.refresh_from_db()
