"""What makes a drawing worth a reviewer's look: its reasons, its kind, its score, from its rows alone."""

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
    LabelState,
    Mode,
    Prediction,
    PredictionKind,
    PredictionStatus,
    Purpose,
    ReviewAction,
    Source,
    Speaker,
)

DISPUTED = "disputed"


@dataclass
class Facts:
    """A drawing as it is now, with what was read in it and said of it. Whoever changes it waits for the lock."""

    drawing: Drawing
    labels: list[Label] = field(default_factory=list)
    """Those not withdrawn, the oldest first."""
    readings: list[Prediction] = field(default_factory=list)
    """Those of the newest revision that are done, the oldest first."""
    actions: list[ReviewAction] = field(default_factory=list)
    """Reviewers' answers that were not undone, the oldest first; no skips and no checks."""

    @property
    def reading(self) -> Prediction | None:
        """The newest one; a candidate that only reads along doesn't count."""
        served = [reading for reading in self.readings if reading.kind != PredictionKind.SHADOW]
        return served[-1] if served else None

    @property
    def others(self) -> list[Prediction]:
        """What other versions read otherwise."""
        reading = self.reading
        if reading is None:
            return []
        return [each for each in self.readings if each.model_id != reading.model_id and each.text != reading.text]

    @property
    def said(self) -> str | None:
        """What the visitor says, whatever became of it."""
        return next((label.text for label in reversed(self.labels) if label.by == Speaker.VISITOR), None)

    @property
    def may_be_learned(self) -> bool:
        """An operator answers for what they import."""
        return self.drawing.consent or self.drawing.source == Source.IMPORT

    @property
    def disputed(self) -> list[str]:
        """The answers of two reviewers that differ, until another decision follows."""
        decisions, seconds = self.answers()
        if len(decisions) != 1 or not seconds or seconds[-1].text == decisions[0].text:
            return []
        return [decisions[0].text or "", seconds[-1].text or ""]

    def answers(self) -> tuple[list[ReviewAction], list[ReviewAction]]:
        """Decisions, and the second opinions on the last of them."""
        decisions = [action for action in self.actions if action.purpose == Purpose.REVIEW]
        after = decisions[-1].pk if decisions else 0
        seconds = [action for action in self.actions if action.purpose == Purpose.SECOND and action.pk > after]
        return decisions, seconds


@dataclass(frozen=True)
class Standing:
    """Where a drawing stands in the queue; the fields of its ReviewItem."""

    kind: str
    reasons: list[str]
    score: float
    second_of: int | None = None
    closed_at: datetime | None = None
    answer: str | None = None
    known: bool = False


def gather(ids: Iterable[UUID], *, lock: bool) -> list[Facts]:
    """The facts of these drawings, in four queries; with `lock`, their rows are held, taken in one order."""
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
    for action in answers.exclude(what=ActionKind.SKIPPED).exclude(purpose=Purpose.CHECK).order_by("pk"):
        found[action.drawing_id].actions.append(action)
    return list(found.values())


def standing(facts: Facts) -> Standing | None:
    """Where it belongs; None where there is nothing to review, and nothing was decided."""
    if facts.drawing.owner.excluded_at:
        return None
    reasons = _reasons(facts)
    proposed = any(label.state == LabelState.PROPOSED and label.by == Speaker.VISITOR for label in facts.labels)
    decided = [label for label in facts.labels if label.decided_at]
    if not proposed and decided:
        return _after_a_decision(facts, reasons, decided)
    if not reasons or not (proposed or facts.may_be_learned):
        return None
    return Standing(_kind(facts, reasons[0]), reasons, _score(facts, reasons))


def _after_a_decision(facts: Facts, reasons: list[str], decided: Sequence[Label]) -> Standing:
    shown = reasons or ["audit"]
    accepted = [label for label in decided if label.state == LabelState.ACCEPTED]
    answer = accepted[-1].text if accepted else None
    decisions, seconds = facts.answers()
    if facts.disputed:
        return Standing(DISPUTED, [DISPUTED], _score(facts, [DISPUTED]), answer=answer)
    first = decisions[0] if len(decisions) == 1 and decisions[0].text is not None else None
    if first and first.reviewer_id and not seconds and _is_drawn(facts.drawing, "second"):
        kind, score = second_kind(first.reviewer_id), _score(facts, ["second"])
        return Standing(kind, shown, score, second_of=first.reviewer_id, answer=answer)
    agreed = bool(first and seconds)
    vouched = not decisions and facts.drawing.source == Source.IMPORT and accepted[-1:] == decided[-1:]
    known = (agreed or vouched) and answer is not None and facts.may_be_learned
    closed_at = max(label.decided_at for label in decided if label.decided_at)
    return Standing(
        _kind(facts, shown[0]), shown, _score(facts, shown), closed_at=closed_at, answer=answer, known=known
    )


def second_kind(reviewer_id: int) -> str:
    """The lane of what this reviewer decided and another one shall answer."""
    return f"second {reviewer_id}"


def words(reason: str, facts: Facts) -> str:
    """Why a drawing is shown, in plain words."""
    reading = facts.reading
    if reason == "versions" and reading:
        others = ", ".join(f"version {each.model_id} {_named(each.text)}" for each in facts.others)
        return f"The versions read it differently: version {reading.model_id} {_named(reading.text)}, {others}."
    if reason == DISPUTED:
        return f"Two reviewers disagree: {' and '.join(_named(text) for text in facts.disputed)}."
    if reason == "disagrees" and reading:
        return f"The visitor says {_named(facts.said or '')}, the network {_named(reading.text)}."
    if reason == "unsure" and reading:
        return f"The network isn’t sure: {100 * (reading.confidence or 0):.0f}%."
    if reason == "label":
        return "A visitor’s label waits." if reading is None else "A visitor’s label waits; the network agrees."
    return "A random check of a sure reading."


def _reasons(facts: Facts) -> list[str]:
    """Keys, the most telling first; the same whether or not something was decided, so that nothing gives it away."""
    reading, said = facts.reading, facts.said
    found = ["versions"] if facts.others else []
    if said is not None:
        found.append("disagrees" if reading and reading.text != said else "label")
    if reading and not reading.sure:
        found.append("unsure")
    if not found and reading and reading.glyphs and _is_drawn(facts.drawing, "audit"):
        found.append("audit")
    return found


def _score(facts: Facts, reasons: Sequence[str]) -> float:
    weights = settings.REVIEW
    doubt = 1 - (facts.reading.confidence or 0) if facts.reading else 0
    score = sum(weights[f"weight_{reason}"] * (doubt if reason == "unsure" else 1) for reason in reasons)
    if not facts.may_be_learned:
        score -= weights["weight_no_consent"]
    return round(score, 4)


def _kind(facts: Facts, reason: str) -> str:
    """What it is like: the reading, the main reason, and what stands against the reading."""
    reading = facts.reading
    if facts.drawing.mode == Mode.NUMBER:
        return f"number {len(reading.text) if reading else '?'} {reason}"
    against = ""
    if reason == "disagrees":
        against = facts.said or "–"
    elif reason == "versions":
        against = facts.others[0].text[:1] or "–"
    elif reason == "unsure" and reading and reading.glyphs:
        chances = reading.glyphs[0]["probabilities"]
        against = str(sorted(range(10), key=lambda digit: chances[digit])[-2])
    read = "?" if reading is None else reading.text[:1] or "–"
    return f"{read} {reason} {against}".strip()


def _is_drawn(drawing: Drawing, lot: str) -> bool:
    """Whether a drawing is in the share `lot`: always the same answer, which nobody can choose by choosing its id."""
    drawn = int(salted_hmac(f"predictor.review.labels.{lot}", str(drawing.pk)).hexdigest()[:8], 16) / 2**32
    return drawn < settings.REVIEW[f"{lot}_share"]


def _named(text: str) -> str:
    return text or "“not a digit”"
