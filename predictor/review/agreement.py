"""How far people agree: reviewers with each other and with known answers, visitors and the network with reviewers."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from ml.evaluation.intervals import wilson
from predictor.models import ActionKind, Purpose, ReviewAction

SAME = Q(text=F("expected"))


@dataclass(frozen=True)
class Agreement:
    """How often two gave the same answer, with the 95% interval of the share."""

    agreed: int
    count: int

    @property
    def percent(self) -> float:
        return 100 * self.agreed / self.count

    @property
    def low(self) -> float:
        return 100 * wilson(self.agreed, self.count)[0]

    @property
    def high(self) -> float:
        return 100 * wilson(self.agreed, self.count)[1]


@dataclass(frozen=True)
class Reviewer:
    name: str
    decisions: int
    others: Agreement
    known: Agreement


def overall() -> dict[str, Agreement]:
    """Who agrees with whom on this site."""
    decided = _answers().filter(purpose=Purpose.REVIEW)
    return {
        "Reviewers with each other, blindly": _agreement(_answers().filter(purpose=Purpose.SECOND), SAME),
        "Reviewers with known answers": _agreement(_answers().filter(purpose=Purpose.CHECK), SAME),
        "Visitors with reviewers": _agreement(decided.filter(said__isnull=False), Q(text=F("said"))),
        "The network with reviewers, on random checks of sure readings": _agreement(
            decided.filter(kind__endswith=" audit"), Q(text=F("read"))
        ),
    }


def by_reviewer() -> list[Reviewer]:
    """Each one's second opinions with the first ones, and answers with known ones; the most active first."""
    second, check = Q(purpose=Purpose.SECOND), Q(purpose=Purpose.CHECK)
    counted = (
        _answers()
        .filter(reviewer__isnull=False)
        .values("reviewer__username")
        .annotate(
            decisions=Count("pk", filter=Q(purpose=Purpose.REVIEW)),
            seconds=Count("pk", filter=second),
            second_same=Count("pk", filter=second & SAME),
            checks=Count("pk", filter=check),
            check_same=Count("pk", filter=check & SAME),
        )
    )
    return [
        Reviewer(
            row["reviewer__username"],
            row["decisions"],
            Agreement(row["second_same"], row["seconds"]),
            Agreement(row["check_same"], row["checks"]),
        )
        for row in counted.order_by("-decisions")
    ]


def _answers() -> QuerySet[ReviewAction]:
    return ReviewAction.objects.filter(undone_at=None).exclude(what=ActionKind.SKIPPED).order_by()


def _agreement(answers: QuerySet[ReviewAction], same: Q) -> Agreement:
    found = answers.aggregate(agreed=Count("pk", filter=same), count=Count("pk"))
    return Agreement(found["agreed"], found["count"])
