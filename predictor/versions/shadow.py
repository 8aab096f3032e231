"""Puts a version in the shadow, takes it out, and compares it with the champion.

A version in the shadow reads a share of the live drawings after the champion has answered. Nobody sees its readings.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

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

COMPARED = 1_000
"""Readings in the shadow that a comparison looks at. Its cost must not grow with the site."""


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
class ShadowDifference:
    """A drawing that a version in the shadow and the site read differently; `truth`: its accepted label, if any."""

    drawing_id: UUID
    text: str
    answered: str
    truth: str | None


@dataclass(frozen=True)
class ShadowComparison:
    """How a version in the shadow read lately, compared with the site's answers for the same drawings.

    `read`: drawings. `differences`: those that the two read differently, newest first. `judged`: those of them with an
    accepted label. `champion_right`, `version_right`: those of `judged` that each read correctly.
    """

    read: int
    differences: list[ShadowDifference]

    @property
    def agreed(self) -> int:
        return self.read - len(self.differences)

    @property
    def judged(self) -> int:
        return sum(each.truth is not None for each in self.differences)

    @property
    def champion_right(self) -> int:
        return sum(each.truth == each.answered for each in self.differences)

    @property
    def version_right(self) -> int:
        return sum(each.truth == each.text for each in self.differences)


def compare(version: ModelVersion) -> ShadowComparison:
    """Compares the version's `COMPARED` newest readings in the shadow."""
    live = Prediction.objects.filter(
        drawing=OuterRef("drawing"),
        revision=OuterRef("revision"),
        kind=PredictionKind.LIVE,
        status=PredictionStatus.DONE,
    )
    shadows = Prediction.objects.filter(kind=PredictionKind.SHADOW, model=version).order_by("-pk")
    beside = shadows.annotate(answered=Subquery(live.values("text")[:1]))
    found = list(beside.values_list("drawing", "text", "answered")[:COMPARED])
    answered = [each for each in found if each[2] is not None]
    different = [each for each in answered if each[1] != each[2]]
    accepted = Label.objects.filter(drawing__in=[drawing for drawing, _, _ in different], state=LabelState.ACCEPTED)
    truths = dict(accepted.order_by("pk").values_list("drawing", "text"))
    return ShadowComparison(len(answered), [ShadowDifference(*each, truths.get(each[0])) for each in different])
