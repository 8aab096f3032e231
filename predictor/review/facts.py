"""Why a drawing needs review: its reasons, lane and score, computed from its rows alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils.crypto import salted_hmac

from predictor.models import (
    ActionKind,
    Drawing,
    Label,
    LabelAuthor,
    LabelState,
    Lane,
    Mode,
    Prediction,
    PredictionKind,
    PredictionStatus,
    ReadAs,
    ReviewAction,
    ReviewPurpose,
    ReviewReason,
    Source,
)
from predictor.percentages import confidence


@dataclass
class Facts:
    """A drawing with its current readings, labels and answers. After `gather(lock=True)`, nobody else can change it
    until the transaction ends."""

    drawing: Drawing
    labels: list[Label] = field(default_factory=list)
    """Labels that are not withdrawn, oldest first."""
    readings: list[Prediction] = field(default_factory=list)
    """Finished readings of the newest revision, oldest first."""
    actions: list[ReviewAction] = field(default_factory=list)
    """Reviewers' standing answers to the newest revision, oldest first, without skips and checks."""

    @property
    def reading(self) -> Prediction | None:
        """The newest reading that a visitor sees; shadow readings don't count."""
        served = [reading for reading in self.readings if reading.kind != PredictionKind.SHADOW]
        return served[-1] if served else None

    @property
    def others(self) -> list[Prediction]:
        """Differing readings by other versions."""
        reading = self.reading
        if reading is None:
            return []
        return [each for each in self.readings if each.model_id != reading.model_id and each.text != reading.text]

    @property
    def said(self) -> str | None:
        """The visitor's newest label that they have not withdrawn."""
        return next((label.text for label in reversed(self.labels) if label.by == LabelAuthor.VISITOR), None)

    @property
    def may_be_learned(self) -> bool:
        """An imported drawing needs no consent: the operator who imports it is responsible."""
        return self.drawing.consent or self.drawing.source == Source.IMPORT

    @property
    def disputed(self) -> list[str]:
        """The differing answers of two reviewers; empty once another decision follows."""
        decisions, seconds = self.answers()
        if len(decisions) != 1 or not seconds or seconds[-1].text == decisions[0].text:
            return []
        return [decisions[0].text or "", seconds[-1].text or ""]

    def answers(self) -> tuple[list[ReviewAction], list[ReviewAction]]:
        """All decisions, and the second opinions on the last one."""
        decisions = [action for action in self.actions if action.purpose == ReviewPurpose.REVIEW]
        after = decisions[-1].pk if decisions else 0
        seconds = [action for action in self.actions if action.purpose == ReviewPurpose.SECOND and action.pk > after]
        return decisions, seconds


@dataclass(frozen=True)
class Standing:
    """Where a drawing stands in the queue: the fields of its ReviewItem."""

    lane: Lane
    reasons: list[ReviewReason]
    score: float
    second_of: int | None = None
    closed_at: datetime | None = None
    answer: str | None = None
    known: bool = False


def gather(ids: Iterable[UUID], *, lock: bool) -> list[Facts]:
    """The facts of these drawings, in four queries. `lock` locks their rows in the order of their keys."""
    drawings = Drawing.objects.filter(pk__in=list(ids)).select_related("owner").order_by("pk")
    drawings = drawings.only(
        *("mode", "revision", "consent", "source", "width", "height"), "owner__flagged_at", "owner__excluded_at"
    )
    rows = drawings.select_for_update(of=("self",)) if lock else drawings
    found = {drawing.pk: Facts(drawing) for drawing in rows}
    labels = Label.objects.filter(drawing__in=found).exclude(state=LabelState.WITHDRAWN)
    for label in labels.order_by("pk"):
        found[label.drawing_id].labels.append(label)
    done = Prediction.objects.filter(drawing__in=found, status=PredictionStatus.DONE)
    done = done.filter(revision=F("drawing__revision")).defer("explanation")
    for reading in done.order_by("done_at", "pk"):
        found[reading.drawing_id].readings.append(reading)
    answers = ReviewAction.objects.filter(drawing__in=found, undone_at=None, revision=F("drawing__revision"))
    for action in answers.exclude(what=ActionKind.SKIPPED).exclude(purpose=ReviewPurpose.CHECK).order_by("pk"):
        found[action.drawing_id].actions.append(action)
    return list(found.values())


def standing(facts: Facts) -> Standing | None:
    """The drawing's place in the queue. None if its owner is excluded, or without a reason to review or a decision."""
    if facts.drawing.owner.excluded_at:
        return None
    reasons = _reasons(facts)
    proposed = any(label.state == LabelState.PROPOSED and label.by == LabelAuthor.VISITOR for label in facts.labels)
    decided = [label for label in facts.labels if label.decided_at]
    if not proposed and decided:
        return _after_decision(facts, reasons, decided)
    if not reasons or not (proposed or facts.may_be_learned):
        return None
    return Standing(_lane(facts, reasons[0]), reasons, _score(facts, reasons))


def _after_decision(facts: Facts, reasons: list[ReviewReason], decided: Sequence[Label]) -> Standing:
    shown = reasons or [ReviewReason.AUDIT]
    accepted = [label for label in decided if label.state == LabelState.ACCEPTED]
    answer = accepted[-1].text if accepted else None
    decisions, seconds = facts.answers()
    if facts.disputed:
        disputed = [ReviewReason.DISPUTED]
        return Standing(Lane(ReadAs.ANY, ReviewReason.DISPUTED), disputed, _score(facts, disputed), answer=answer)
    first = decisions[0] if len(decisions) == 1 and decisions[0].text is not None else None
    if first and first.reviewer_id and not seconds and _is_drawn(facts.drawing, "second", settings.REVIEW.second_share):
        score = _score(facts, [ReviewReason.SECOND])
        return Standing(second_opinions(first.reviewer_id), shown, score, second_of=first.reviewer_id, answer=answer)
    agreed = bool(first and seconds)
    vouched = not decisions and facts.drawing.source == Source.IMPORT and accepted[-1:] == decided[-1:]
    known = (agreed or vouched) and answer is not None and facts.may_be_learned
    closed_at = max(label.decided_at for label in decided if label.decided_at)
    return Standing(
        _lane(facts, shown[0]), shown, _score(facts, shown), closed_at=closed_at, answer=answer, known=known
    )


def second_opinions(reviewer_id: int) -> Lane:
    """The lane of drawings that this reviewer decided and another reviewer is to answer."""
    return Lane(ReadAs.ANY, ReviewReason.SECOND, str(reviewer_id))


def explain(reason: ReviewReason, facts: Facts) -> str:
    """Why a drawing is shown, as a sentence."""
    reading = facts.reading
    if reason == ReviewReason.VERSIONS and reading:
        read = ", ".join(f"version {each.model_id} reads {_named(each.text)}" for each in (reading, *facts.others))
        return f"The versions disagree: {read}."
    if reason == ReviewReason.DISPUTED:
        return f"Two reviewers disagree: {' and '.join(_named(text) for text in facts.disputed)}."
    if reason == ReviewReason.DISAGREES and reading:
        return f"The visitor says {_named(facts.said or '')}, the network {_named(reading.text)}."
    if reason == ReviewReason.UNSURE and reading:
        return f"The network isn’t sure: {confidence(reading.confidence or 0)}."
    if reason == ReviewReason.LABEL:
        return "A visitor’s label waits." if reading is None else "A visitor’s label waits; the network agrees."
    return "A random check of a sure reading."


def _reasons(facts: Facts) -> list[ReviewReason]:
    """The reasons for a review, the main one first. A decision doesn't change them, so they don't give it away."""
    reading, said = facts.reading, facts.said
    found = [ReviewReason.VERSIONS] if facts.others else []
    if said is not None:
        found.append(ReviewReason.DISAGREES if reading and reading.text != said else ReviewReason.LABEL)
    if reading and not reading.sure:
        found.append(ReviewReason.UNSURE)
    if not found and reading and reading.glyphs and _is_drawn(facts.drawing, "audit", settings.REVIEW.audit_share):
        found.append(ReviewReason.AUDIT)
    return found


def _score(facts: Facts, reasons: Sequence[ReviewReason]) -> float:
    policy = settings.REVIEW
    doubt = 1 - (facts.reading.confidence or 0) if facts.reading else 0
    score = sum(policy.weight(reason) * (doubt if reason == ReviewReason.UNSURE else 1) for reason in reasons)
    if not facts.may_be_learned:
        score -= policy.weight_no_consent
    return round(score, 4)


def _lane(facts: Facts, reason: ReviewReason) -> Lane:
    reading = facts.reading
    if facts.drawing.mode == Mode.NUMBER:
        return Lane(ReadAs.NUMBER, reason, str(len(reading.text)) if reading else "")
    if reading is None:
        return Lane(ReadAs.UNREAD, reason)
    return Lane(ReadAs(reading.text[:1] or ReadAs.NOTHING), reason, _confused_with(facts, reading, reason))


def _confused_with(facts: Facts, reading: Prediction, reason: ReviewReason) -> str:
    """What else the drawing could be. "" means "not a digit", or a reason that involves no doubt."""
    if reason == ReviewReason.DISAGREES:
        return facts.said or ""
    if reason == ReviewReason.VERSIONS:
        return facts.others[0].text[:1]
    if reason == ReviewReason.UNSURE and reading.glyphs:
        probabilities = reading.glyphs[0]["probabilities"]
        return str(sorted(range(10), key=lambda digit: probabilities[digit])[-2])
    return ""


def _is_drawn(drawing: Drawing, lot: str, share: float) -> bool:
    """Whether a drawing is in the random sample `lot`. The answer never changes. It depends on the site's secret, so
    nobody can choose an id that is in the sample or isn't."""
    drawn = int(salted_hmac(f"predictor.review.{lot}", str(drawing.pk)).hexdigest()[:8], 16) / 2**32
    return drawn < share


def _named(text: str) -> str:
    return text or "“not a digit”"
