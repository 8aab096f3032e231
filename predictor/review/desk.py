"""What a reviewer sees of a drawing, what an answer does, and how much was done today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from predictor import errors
from predictor.models import ActionKind, Drawing, Prediction, ReviewAction, ReviewItem, ReviewPurpose, ReviewReason
from predictor.review import claims, queue_items
from predictor.review import labels as review_labels
from predictor.review.action_log import lock, read_as, undo, undo_batch
from predictor.review.facts import explain, gather
from predictor.review.similar import Similar, find_similar
from predictor.review.trust import today


@dataclass(frozen=True)
class Shown:
    """A drawing as a reviewer sees it."""

    drawing: Drawing
    reading: Prediction | None
    others: list[Prediction]
    """Differing readings by other versions."""
    said: str | None
    """The visitor's label."""
    suggestion: str | None
    """The answer that a single key accepts, if there is one."""
    why: list[str]
    """The reasons for the review, as sentences."""
    similar: list[Similar]


class Answer(NamedTuple):
    """A reviewer's answer to one revision of a drawing. The text None skips it."""

    drawing_id: UUID
    revision: int
    text: str | None


class Result(NamedTuple):
    """The id of the action that records an answer, or the reason why the answer was refused."""

    drawing_id: UUID
    action: int | None = None
    error: str | None = None


class ReviewProgress(NamedTuple):
    """Today's answers by a reviewer and by everyone, the number of open drawings (at most `claims.COUNTED`), and the
    next action to undo."""

    by_reviewer: int
    by_all: int
    open: int
    newest: int | None


def show(items: Sequence[ReviewItem]) -> list[Shown]:
    """What a reviewer sees of these items: the same for a first decision, a second opinion and a known answer."""
    facts = {each.drawing.pk: each for each in gather([item.pk for item in items], lock=False)}
    similar = find_similar([facts[item.pk] for item in items if item.pk in facts])
    shown = []
    for item in items:
        found = facts.get(item.pk)
        if found is None:
            continue
        suggestion = found.said if found.said is not None else found.reading.text if found.reading else None
        shown.append(
            Shown(
                drawing=found.drawing,
                reading=found.reading,
                others=found.others,
                said=found.said,
                suggestion=None if ReviewReason.DISPUTED in item.reasons else suggestion,
                why=[explain(reason, found) for reason in item.reasons],
                similar=similar.get(item.pk, []),
            )
        )
    return shown


def answer(*, reviewer: User, given: Answer, batch: UUID | None = None) -> ReviewAction:
    """Records an answer to a drawing that the reviewer has claimed.

    Raises Conflict if somebody else has the drawing now or it has a newer revision, BadValue for an invalid text.
    """
    drawing_id, revision, text = given
    with transaction.atomic():
        drawing = lock(drawing_id)
        item = ReviewItem.objects.select_for_update().filter(pk=drawing_id, claimed_by=reviewer).first()
        if item is None:
            repeated = _newest_of(drawing, reviewer)
            if repeated and (repeated.revision, repeated.text) == (revision, text):
                return repeated  # sent again by a browser that missed the first response
            raise errors.Conflict("This drawing isn’t yours any more: someone else has it or has decided on it.")
        if drawing.revision != revision:
            raise errors.Conflict("This drawing has changed since you saw it.")
        purpose = (
            ReviewPurpose.CHECK
            if item.closed_at
            else ReviewPurpose.SECOND
            if item.second_of_id
            else ReviewPurpose.REVIEW
        )
        claims.rest(item, seconds=_rest(purpose, skipped=text is None))
        if text is not None and purpose == ReviewPurpose.REVIEW:
            review_labels.relabel(drawing=drawing, text=text, reviewer=reviewer, batch=batch)
            return ReviewAction.objects.filter(drawing=drawing, reviewer=reviewer)[0]
        return _log(item, drawing, reviewer, purpose, text, batch)


def answer_all(*, reviewer: User, answers: Iterable[Answer], batch: UUID | None = None) -> list[Result]:
    """Records answers in the order they were given; a refused one doesn't stop the others."""
    results = []
    for each in answers:
        try:
            action = answer(reviewer=reviewer, given=each, batch=batch)
        except errors.DomainError as error:
            results.append(Result(each.drawing_id, error=error.message))
        else:
            results.append(Result(each.drawing_id, action=action.pk))
    return results


def undo_own(*, reviewer: User, action_id: int | None) -> list[Shown]:
    """Undoes an action of the reviewer with its whole batch, and shows the drawings again. Without an id, undoes the
    reviewer's newest standing action.

    Idempotent: a second request for the same action undoes nothing else, and shows the drawings that the reviewer
    still holds. Raises NotFound if there is no such action, and Conflict as `action_log.undo` does.
    """
    own = ReviewAction.objects.filter(reviewer=reviewer)
    found = (own.filter(undone_at=None) if action_id is None else own.filter(pk=action_id)).first()
    if found is None:
        raise errors.NotFound("There is nothing to undo.")
    with transaction.atomic():
        lock(found.drawing_id)  # a second request for the same action waits here for the first
        action = own.get(pk=found.pk)
        again = action.undone_at is not None
        if again and action.undone_by_id != reviewer.pk:
            raise errors.NotFound("Somebody else has undone this already.")
        if again:
            undone = list(own.filter(batch=action.batch, undone_by=reviewer)) if action.batch else [action]
        elif action.batch:
            undone = undo_batch(batch=action.batch, by=reviewer)
        else:
            undo(action=action, by=reviewer)
            undone = [action]
        ids = [each.drawing_id for each in reversed(undone)]
        items = claims.retake(reviewer=reviewer, ids=ids, again=again)
    return show(items)


def progress(reviewer: User) -> ReviewProgress:
    done = ReviewAction.objects.filter(created_at__gte=today(), undone_at=None).exclude(what=ActionKind.SKIPPED)
    counts = done.filter(reviewer=reviewer).count(), done.count(), claims.waiting(claims.COUNTED)
    standing = ReviewAction.objects.filter(reviewer=reviewer, undone_at=None)
    return ReviewProgress(*counts, standing.values_list("pk", flat=True).first())


def _newest_of(drawing: Drawing, reviewer: User) -> ReviewAction | None:
    """The newest standing action on a drawing, if it is this reviewer's."""
    action = drawing.review_actions.filter(undone_at=None).first()
    return action if action and action.reviewer_id == reviewer.pk else None


def _rest(purpose: ReviewPurpose, *, skipped: bool) -> float:
    """Seconds until the drawing can be handed out again."""
    if purpose == ReviewPurpose.CHECK:
        return timedelta(days=settings.REVIEW.check_rest_days).total_seconds()
    return settings.REVIEW.skip_seconds if skipped else 0


def _log(
    item: ReviewItem, drawing: Drawing, reviewer: User, purpose: ReviewPurpose, text: str | None, batch: UUID | None
) -> ReviewAction:
    """Logs a skip, or an answer that is only compared with the accepted one."""
    skipped = text is None
    action = ReviewAction.objects.create(
        reviewer=reviewer,
        drawing=drawing,
        revision=drawing.revision,
        what=ActionKind.SKIPPED if skipped else ActionKind.ANSWERED,
        purpose=purpose,
        text=None if text is None else review_labels.checked_text(text, mode=drawing.mode),
        expected=None if skipped else item.answer,
        read=read_as(drawing),
        **item.lane._asdict(),
        reasons=item.reasons,
        batch=batch,
    )
    if not skipped:
        queue_items.note(drawing)
    return action
