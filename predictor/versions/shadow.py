"""Puts a version in the shadow, takes it out, and compares it with the champion.

A version in the shadow reads a share of the live drawings after the champion has answered. Nobody sees its readings.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from predictor import errors
from predictor.models import (
    Label,
    LabelState,
    ModelVersion,
    Prediction,
    PredictionKind,
    PredictionStatus,
    VersionStatus,
)
from predictor.models.versions import SHADOW_SHARE
from predictor.versions import registry


def begin(*, version: ModelVersion, share: float = SHADOW_SHARE) -> None:
    """Puts the version in the shadow, in place of any other. Workers load it with their next heartbeat.

    Raises BadValue for a share out of range, Conflict for the champion, UnreadableVersion for a damaged version.
    """
    if not 0 < share <= 1:
        raise errors.BadValue("The share is a number above 0, up to 1: 0.1 is every tenth drawing.")
    registry.verify(version, to="be put in the shadow")
    with transaction.atomic():
        ModelVersion.objects.filter(shadowing=True).exclude(pk=version.pk).update(shadowing=False)
        able = ModelVersion.objects.filter(pk=version.pk, status__in=(VersionStatus.CANDIDATE, VersionStatus.RETIRED))
        if not able.update(shadowing=True, shadow_share=share):
            raise errors.Conflict(
                f"Version {version.pk} can't be put in the shadow: it is the champion, or it has failed."
            )


def end() -> ModelVersion | None:
    """Takes the version out of the shadow. Returns it, or None if there was none."""
    version = current()
    ModelVersion.objects.filter(shadowing=True).update(shadowing=False)
    return version


def current() -> ModelVersion | None:
    return ModelVersion.objects.filter(shadowing=True).first()


@dataclass(frozen=True)
class ShadowComparison:
    """How a version in the shadow read, compared with the site's answers for the same drawings.

    `read`: drawings. `agreed`: drawings that both read alike. `judged`: drawings that they read differently and that
    have an accepted label. `champion_right`, `version_right`: those of `judged` that each read correctly.
    """

    read: int
    agreed: int
    judged: int
    champion_right: int
    version_right: int


def compare(version: ModelVersion) -> ShadowComparison:
    found = _beside_the_answers(version).aggregate(
        read=Count("pk"),
        agreed=Count("pk", filter=Q(text=F("answered"))),
        judged=Count("pk", filter=~Q(text=F("answered")) & Q(truth__isnull=False)),
        champion_right=Count("pk", filter=~Q(text=F("answered")) & Q(truth=F("answered"))),
        version_right=Count("pk", filter=~Q(text=F("answered")) & Q(truth=F("text"))),
    )
    return ShadowComparison(**found)


def disagreements(version: ModelVersion) -> QuerySet[Prediction]:
    """The version's readings that differ, newest first, with `answered`, and `truth` (an accepted label or None)."""
    return _beside_the_answers(version).exclude(text=F("answered")).order_by("-pk")


def _beside_the_answers(version: ModelVersion) -> QuerySet[Prediction]:
    live = Prediction.objects.filter(
        drawing=OuterRef("drawing"),
        revision=OuterRef("revision"),
        kind=PredictionKind.LIVE,
        status=PredictionStatus.DONE,
    )
    accepted = Label.objects.filter(drawing=OuterRef("drawing"), state=LabelState.ACCEPTED).order_by("-pk")
    shadows = Prediction.objects.filter(kind=PredictionKind.SHADOW, model=version)
    return shadows.annotate(
        answered=Subquery(live.values("text")[:1]), truth=Subquery(accepted.values("text")[:1])
    ).filter(answered__isnull=False)
