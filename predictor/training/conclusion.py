"""Ends a training: registers the candidate, then promotes it or asks a person."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from predictor import errors
from predictor.models import Decision, ModelVersion, RunStatus, TrainingRun, VersionStatus
from predictor.training import runs
from predictor.training.config import Config
from predictor.versions import registry

if TYPE_CHECKING:
    from predictor.training.stages import TrainedCandidate


def conclude(run: TrainingRun, candidate: "TrainedCandidate", *, curves: list[Any], record: dict[str, Any]) -> None:
    """Registers the candidate, promotes it if the gate says so, and ends the run, in one transaction.

    Raises Stopped if the run is no longer ours.
    """
    config, verdict = Config(**run.config), candidate.verdict
    decision, reason = verdict.decision, verdict.reason
    with transaction.atomic():
        runs.lock_ours(run)
        version = registry.add_version(folder=candidate.artifact, parent=run.champion)
        promoted = decision == Decision.PROMOTE and config.promote and _takes_over(version, run)
        if decision == Decision.PROMOTE and not promoted and registry.champion_id() != run.champion_id:
            decision = Decision.ASK
            reason = f"A person is asked: the champion changed during the training. Against {run.champion}: {reason}"
        runs.end(
            run,
            RunStatus.DONE,
            candidate=version,
            decision=decision,
            verdict=(reason if config.promote else f"{reason} Not promoted: --no-promote.")[:500],
            promoted=promoted,
            evidence=candidate.evidence,
            rules=[rule.as_row() for rule in verdict.rules],
            flips=candidate.flips,
            curves=curves,
            record=record | {"weights_sha256": candidate.weights_sha256},
            stage="done",
            detail="",
            progress=1.0,
        )


def awaits_decision(run: TrainingRun) -> bool:
    """Whether the gate asked a person and nobody has answered yet."""
    return (
        run.decision == Decision.ASK
        and run.decided_at is None
        and run.candidate is not None
        and run.candidate.status == VersionStatus.CANDIDATE
    )


def decide(*, run: TrainingRun, promote: bool, person: User) -> None:
    """Records a person's answer to the gate's question, and promotes the candidate if `promote`.

    Raises Conflict if someone has already answered, or if the champion has changed since the comparison.
    """
    if not awaits_decision(run) or run.candidate is None:
        raise errors.Conflict("Nobody is asked about this training, or someone has answered already.")
    if promote:
        registry.verify(run.candidate)
    with transaction.atomic():
        asked = TrainingRun.objects.filter(pk=run.pk, decision=Decision.ASK, decided_at=None)
        if not asked.update(decided_at=timezone.now(), decided_by=person, promoted=promote):
            raise errors.Conflict("Someone has answered already.")
        if not promote:
            return
        if registry.champion_id() != run.champion_id:
            raise errors.Conflict(
                f"The champion has changed since the comparison with {run.champion}: retrain, or promote"
                f" {run.candidate} from its own page."
            )
        registry.promote(version=run.candidate)


def _takes_over(version: ModelVersion, run: TrainingRun) -> bool:
    """Promotes the candidate unless another version became the champion since the training began."""
    if registry.champion_id() != run.champion_id:
        return False
    try:
        registry.promote(version=version)
    except registry.OtherPromotion:
        return False
    return True
