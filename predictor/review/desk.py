"""The reviewer's desk: what is shown of a drawing, what an answer to it does, and how far the day is."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from predictor import errors
from predictor.models import ActionKind, Drawing, Prediction, Purpose, ReviewAction, ReviewItem
from predictor.review import claims
from predictor.review import items as review_items
from predictor.review import labels as review_labels
from predictor.review.actions import lock, read_as, undo, undo_batch
from predictor.review.facts import DISPUTED, Facts, gather, words
from predictor.review.similar import Similar, find_similar
from predictor.review.trust import today


def show(items: Sequence[ReviewItem]) -> list[dict[str, Any]]:
    """What a reviewer sees of each. What nobody else decided, what was decided and what is known look alike."""
    facts = {each.drawing.pk: each for each in gather([item.pk for item in items], lock=False)}
    similar = find_similar([facts[item.pk] for item in items if item.pk in facts])
    return [_shown(facts[item.pk], item.reasons, similar.get(item.pk, [])) for item in items if item.pk in facts]


def answer(
    *, reviewer: User, drawing_id: UUID, revision: int, text: str | None, batch: UUID | None = None
) -> ReviewAction:
    """What a reviewer says of a drawing that they have; None skips it.

    Raises Conflict where it isn't theirs any more or was drawn on since, BadValue for a text that can't be one.
    """
    with transaction.atomic():
        drawing = lock(drawing_id)
        item = ReviewItem.objects.select_for_update().filter(pk=drawing_id, claimed_by=reviewer).first()
        if item is None:
            repeated = _newest_of(drawing, reviewer)
            if repeated and (repeated.revision, repeated.text) == (revision, text):
                return repeated  # sent twice, by a browser that never heard of the first time
            raise errors.Conflict("This drawing isn’t yours any more: someone else has it, or has decided on it.")
        if drawing.revision != revision:
            raise errors.Conflict("This drawing was drawn on since you saw it.")
        purpose = Purpose.CHECK if item.closed_at else Purpose.SECOND if item.second_of_id else Purpose.REVIEW
        claims.let_go(item, seconds=_rest(purpose, skipped=text is None))
        if text is not None and purpose == Purpose.REVIEW:
            review_labels.relabel(drawing=drawing, text=text, reviewer=reviewer, batch=batch)
            return ReviewAction.objects.filter(drawing=drawing, reviewer=reviewer)[0]
        return _log(item, drawing, reviewer, purpose, text, batch)


def answer_all(*, reviewer: User, answers: Iterable[dict[str, Any]], batch: UUID | None = None) -> list[dict[str, Any]]:
    """Many answers, each with the action it became or the reason why it didn't."""
    done: list[dict[str, Any]] = []
    for each in answers:
        try:
            action = answer(reviewer=reviewer, batch=batch, **each)
        except errors.DomainError as error:
            done.append({"id": str(each["drawing_id"]), "error": error.message})
        else:
            done.append({"id": str(each["drawing_id"]), "action": action.pk})
    return done


def take_back(*, reviewer: User, action_id: int | None) -> list[dict[str, Any]]:
    """Undoes an action of theirs, or their newest one that stands, with its whole batch; shows the drawings again.

    Asked once more, by a browser that never heard of the first time, it undoes nothing else and shows the same, as far
    as it is still theirs. Raises NotFound where there is none, and what `review_actions.undo` raises.
    """
    own = ReviewAction.objects.filter(reviewer=reviewer)
    found = (own.filter(undone_at=None) if action_id is None else own.filter(pk=action_id)).first()
    if found is None:
        raise errors.NotFound("There is nothing to undo.")
    with transaction.atomic():
        lock(found.drawing_id)  # the same asked a second time waits here for the first
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


def progress(reviewer: User) -> dict[str, int | None]:
    """Answers of the day, by them and by all, how many drawings wait, and the action that an undo takes back."""
    done = ReviewAction.objects.filter(created_at__gte=today(), undone_at=None).exclude(what=ActionKind.SKIPPED)
    return {
        "mine": done.filter(reviewer=reviewer).count(),
        "all": done.count(),
        "open": claims.waiting(),
        "newest": newest(reviewer),
    }


def newest(reviewer: User) -> int | None:
    """Their newest action that stands."""
    standing = ReviewAction.objects.filter(reviewer=reviewer, undone_at=None)
    return standing.values_list("pk", flat=True).first()


def _newest_of(drawing: Drawing, reviewer: User) -> ReviewAction | None:
    """The newest action on a drawing where it is this reviewer's, and stands."""
    action = drawing.review_actions.filter(undone_at=None).first()
    return action if action and action.reviewer_id == reviewer.pk else None


def _rest(purpose: Purpose, *, skipped: bool) -> float:
    """Seconds until it may be handed out again, if it may."""
    if purpose == Purpose.CHECK:
        return timedelta(days=settings.REVIEW["check_rest_days"]).total_seconds()
    return settings.REVIEW["skip_seconds"] if skipped else 0


def _log(
    item: ReviewItem, drawing: Drawing, reviewer: User, purpose: Purpose, text: str | None, batch: UUID | None
) -> ReviewAction:
    """What changes no label: a skip, or an answer that is compared with one that stands."""
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
        kind=item.kind,
        reasons=item.reasons,
        batch=batch,
    )
    if not skipped:
        review_items.note(drawing)
    return action


def _shown(facts: Facts, reasons: Sequence[str], similar: list[Similar]) -> dict[str, Any]:
    drawing, reading, said = facts.drawing, facts.reading, facts.said
    suggestion = said if said is not None else reading.text if reading else None
    return {
        "id": str(drawing.pk),
        "revision": drawing.revision,
        "mode": drawing.mode,
        "image": reverse("api:image", args=[drawing.pk]),
        "width": drawing.width,
        "height": drawing.height,
        "reading": _reading(reading) if reading else None,
        "others": [_reading(each) for each in facts.others],
        "said": said,
        "suggestion": None if DISPUTED in reasons else suggestion,
        "why": [words(reason, facts) for reason in reasons],
        "flagged": drawing.owner.flagged_at is not None,
        "similar": [{"text": each.text, "pixels": each.pixels} for each in similar],
    }


def _reading(reading: Prediction) -> dict[str, Any]:
    shown = ("box", "digit", "confidence", "probabilities", "pixels")
    return {
        "text": reading.text,
        "confidence": reading.confidence,
        "sure": reading.sure,
        "model": reading.model_id,
        "glyphs": [{name: glyph[name] for name in shown} for glyph in reading.glyphs],
    }
