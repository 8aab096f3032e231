"""How often people agree: reviewers with each other and with known answers, visitors and the network with reviewers."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from ml.evaluation.intervals import wilson
from predictor import percentages
from predictor.models import ActionKind, ReviewAction, ReviewPurpose, ReviewReason

SAME = Q(text=F("expected"))


@dataclass(frozen=True)
class AgreementRate:
    """How often two answers were the same. `percent` and `interval` need a `count` above 0."""

    agreed: int
    count: int

    @property
    def percent(self) -> str:
        return percentages.percent(self.agreed / self.count, 1)

    @property
    def interval(self) -> str:
        """The bounds of the 95% interval, in percent."""
        return "–".join(percentages.percent_number(bound, 1) for bound in wilson(self.agreed, self.count))


@dataclass(frozen=True)
class Reviewer:
    name: str
    decisions: int
    others: AgreementRate
    known: AgreementRate


def overall() -> dict[str, AgreementRate]:
    """Agreement rates by a title that says who is compared with whom."""
    decided = _answers().filter(purpose=ReviewPurpose.REVIEW)
    return {
        "Reviewers with each other": _rate(_answers().filter(purpose=ReviewPurpose.SECOND), SAME),
        "Reviewers with known answers": _rate(_answers().filter(purpose=ReviewPurpose.CHECK), SAME),
        "Visitors with reviewers": _rate(decided.filter(said__isnull=False), Q(text=F("said"))),
        "The network with reviewers, on random checks of sure readings": _rate(
            decided.filter(reason=ReviewReason.AUDIT), Q(text=F("read"))
        ),
    }


def by_reviewer() -> list[Reviewer]:
    """Each reviewer's agreement with first answers and with known answers; the most active first."""
    second, check = Q(purpose=ReviewPurpose.SECOND), Q(purpose=ReviewPurpose.CHECK)
    counted = (
        _answers()
        .filter(reviewer__isnull=False)
        .values("reviewer__username")
        .annotate(
            decisions=Count("pk", filter=Q(purpose=ReviewPurpose.REVIEW)),
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
            AgreementRate(row["second_same"], row["seconds"]),
            AgreementRate(row["check_same"], row["checks"]),
        )
        for row in counted.order_by("-decisions")
    ]


def _answers() -> QuerySet[ReviewAction]:
    return ReviewAction.objects.filter(undone_at=None).exclude(what=ActionKind.SKIPPED).order_by()


def _rate(answers: QuerySet[ReviewAction], same: Q) -> AgreementRate:
    found = answers.aggregate(agreed=Count("pk", filter=same), count=Count("pk"))
    return AgreementRate(found["agreed"], found["count"])
