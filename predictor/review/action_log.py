"""The log of reviewers' actions: written when labels change, shown in the admin, and used by every undo."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from predictor import errors
from predictor.models import (
    ActionKind,
    Drawing,
    Label,
    LabelAuthor,
    LabelState,
    Lane,
    Prediction,
    PredictionKind,
    PredictionStatus,
    ReviewAction,
    ReviewItem,
)
from predictor.review import queue_items, trust


@contextmanager
def recorded(
    *, drawing: Drawing, reviewer: User, what: ActionKind, text: str | None, batch: UUID | None = None
) -> Iterator[None]:
    """Logs the decision made in the block, with each label that it changes, and updates the queue.

    Call it in a transaction that has locked the drawing's row.
    """
    before = _labels(drawing)
    yield
    after = _labels(drawing)
    changes = [
        {"label": pk, "before": _state(before.get(pk)), "after": label.state}
        for pk, label in after.items()
        if pk not in before or before[pk].state != label.state
    ]
    item = ReviewItem.objects.filter(pk=drawing.pk).only(*Lane._fields, "reasons").first()
    ReviewAction.objects.create(
        reviewer=reviewer,
        drawing=drawing,
        revision=drawing.revision,
        what=what,
        text=text,
        read=read_as(drawing),
        said=_said(before.values()),
        changes=changes,
        batch=batch,
        **(item.lane._asdict() if item else {}),
        reasons=item.reasons if item else [],
    )
    _update_dependents(drawing, changes)


def undo(*, action: ReviewAction, by: User) -> None:
    """Restores what an action changed. Raises Conflict if it was already undone or a later decision depends on it."""
    with transaction.atomic():
        drawing = lock(action.drawing_id)
        standing = ReviewAction.objects.filter(pk=action.pk, undone_at=None)
        if not standing.update(undone_at=timezone.now(), undone_by=by):
            raise errors.Conflict("This was undone already.")
        if action.changes:
            later = drawing.review_actions.filter(pk__gt=action.pk, undone_at=None).exclude(changes=[])
            if later.exists():
                raise errors.Conflict("A later decision on this drawing stands: undo the newest decision first.")
            for change in action.changes:
                _restore(drawing, change, by)
        _update_dependents(drawing, action.changes)
    action.refresh_from_db()


def undo_batch(*, batch: UUID, by: User) -> list[ReviewAction]:
    """Undoes all standing actions of a batch, or none if one of them can't be undone."""
    actions = list(ReviewAction.objects.filter(batch=batch, undone_at=None).order_by("-pk"))
    with transaction.atomic():
        for action in actions:
            undo(action=action, by=by)
    return actions


def lock(drawing_id: UUID) -> Drawing:
    """Locks the row until the end of the transaction, so that no new revision comes in between. Raises NotFound."""
    locked = Drawing.objects.select_for_update().defer("image", "strokes").filter(pk=drawing_id).first()
    if locked is None:
        raise errors.NotFound(_("This drawing is gone."))
    return locked


def read_as(drawing: Drawing) -> str | None:
    """The text read in the newest revision of a drawing; None before it is read."""
    done = Prediction.objects.filter(drawing=drawing, revision=drawing.revision, status=PredictionStatus.DONE)
    served = done.exclude(kind=PredictionKind.SHADOW).order_by("-done_at", "-pk")
    return served.values_list("text", flat=True).first()


def _labels(drawing: Drawing) -> dict[int, Label]:
    return {label.pk: label for label in Label.objects.filter(drawing=drawing).order_by("pk")}


def _said(labels: Any) -> str | None:
    said = [label for label in labels if label.by == LabelAuthor.VISITOR and label.state != LabelState.WITHDRAWN]
    return said[-1].text if said else None


def _state(label: Label | None) -> dict[str, Any] | None:
    if label is None:
        return None
    decided_at = label.decided_at.isoformat() if label.decided_at else None
    return {"state": label.state, "decided_by": label.decided_by_id, "decided_at": decided_at}


def _restore(drawing: Drawing, change: dict[str, Any], by: User) -> None:
    label = Label.objects.filter(pk=change["label"], drawing=drawing, state=change["after"])
    before = change["before"]
    if before and before["state"] == LabelState.PROPOSED:
        said_since = drawing.labels.filter(by=LabelAuthor.VISITOR, state=LabelState.PROPOSED).exists()
        before = None if said_since else {**before, "decided_by": None, "decided_at": None}
    if before is None:
        values = {"state": LabelState.WITHDRAWN, "decided_by_id": by.pk, "decided_at": timezone.now()}
    else:
        decided_at = datetime.fromisoformat(before["decided_at"]) if before["decided_at"] else None
        # That user may have been deleted since.
        decided_by = User.objects.filter(pk=before["decided_by"]).first() if before["decided_by"] else None
        values = {"state": before["state"], "decided_by_id": decided_by and decided_by.pk, "decided_at": decided_at}
    if not label.update(**values):
        raise errors.Conflict("A label of this drawing was changed since; it can’t be restored.")


def _update_dependents(drawing: Drawing, changes: list[dict[str, Any]]) -> None:
    """Updates the owner's trust, if labels changed, and the drawing's place in the queue."""
    if changes:
        trust.judge(drawing.owner_id)
    queue_items.note(drawing)
