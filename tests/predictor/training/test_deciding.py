"""What becomes of a candidate once it is judged: registered and promoted in one step, or put before a person."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from predictor.datasets import snapshots
from predictor.errors import Conflict
from predictor.models import Decision, ModelVersion, Owner, TrainingRun
from predictor.training import conclusion, runs, scheduling
from predictor.training.config import Config
from predictor.training.gate import Verdict
from predictor.training.stages import TrainedCandidate
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.stored import learn

Judge = Callable[..., TrainingRun]


@pytest.fixture
def judged(transactional_db: None, champion: ModelVersion, writer: Owner, reviewer: User, tmp_path: Path) -> Judge:
    """A running training whose candidate the gate has judged; `before` happens in the last moment."""
    learn(writer, reviewer)

    def judge(decision: str, *, promote: bool = True, before: Any = lambda _run: None) -> TrainingRun:
        run = runs.claim(scheduling.request_run(Config(promote=promote)).pk)
        assert run
        verdict = Verdict(Decision(decision), f"So the gate says: {decision}.", [])
        before(run)
        candidate = TrainedCandidate(another_artifact(tmp_path), verdict, {"holdout": {"count": 0}}, [], "0" * 64)
        conclusion.conclude(run, candidate, curves=[], record={})
        run.refresh_from_db()
        return run

    return judge


def _another_champion(_run: Any = None) -> None:
    ModelVersion.objects.filter(status="champion").update(status="retired")
    ModelVersion.objects.create(sha256="x", format_version=1, preprocessing_version=1, status="champion")


def test_what_the_gate_lets_through_is_promoted(judged: Judge, champion: ModelVersion) -> None:
    run = judged("promote")
    assert (run.status, run.decision, run.promoted) == ("done", "promote", True)
    assert registry.champion() == run.candidate
    assert run.candidate.parent == champion
    assert run.record == {"weights_sha256": "0" * 64}


def test_what_it_does_not_stays_a_candidate(judged: Judge, champion: ModelVersion) -> None:
    run = judged("keep")
    assert (run.status, run.promoted, run.candidate.status) == ("done", False, "candidate")
    assert registry.champion() == champion
    assert not conclusion.awaits_decision(run)


def test_a_candidate_may_be_asked_for_without_promoting_it(judged: Judge, champion: ModelVersion) -> None:
    run = judged("promote", promote=False)
    assert (run.status, run.decision, run.promoted) == ("done", "promote", False)
    assert run.verdict == "So the gate says: promote. Not promoted: --no-promote."
    assert registry.champion() == champion


def test_where_a_person_is_asked_the_answer_is_kept(judged: Judge, champion: ModelVersion, reviewer: User) -> None:
    run = judged("ask")
    assert (run.promoted, registry.champion()) == (False, champion)
    assert conclusion.awaits_decision(run)
    conclusion.decide(run=run, promote=True, person=reviewer)
    run.refresh_from_db()
    assert (run.promoted, run.decided_by, run.decided_at is not None) == (True, reviewer, True)
    assert registry.champion() == run.candidate
    with pytest.raises(Conflict, match="answered already"):
        conclusion.decide(run=run, promote=False, person=reviewer)


def test_a_person_may_keep_the_champion(judged: Judge, champion: ModelVersion, reviewer: User) -> None:
    run = judged("ask")
    conclusion.decide(run=run, promote=False, person=reviewer)
    run.refresh_from_db()
    assert (run.promoted, run.candidate.status, registry.champion()) == (False, "candidate", champion)
    assert not conclusion.awaits_decision(run)


def test_of_two_people_who_answer_at_once_one_is_heard(judged: Judge, reviewer: User) -> None:
    run = judged("ask")
    stale = TrainingRun.objects.get(pk=run.pk)
    conclusion.decide(run=run, promote=False, person=reviewer)
    with pytest.raises(Conflict, match="answered already"):
        conclusion.decide(run=stale, promote=True, person=reviewer)
    run.refresh_from_db()
    assert not run.promoted


def test_nobody_is_asked_about_what_has_been_promoted_by_hand(judged: Judge, reviewer: User) -> None:
    run = judged("ask")
    registry.promote(version=run.candidate)
    assert not conclusion.awaits_decision(TrainingRun.objects.get(pk=run.pk))


def test_evidence_against_a_former_champion_promotes_nothing(judged: Judge, reviewer: User) -> None:
    run = judged("ask")
    _another_champion()
    now = registry.champion()
    with pytest.raises(Conflict, match="champion has changed"):
        conclusion.decide(run=run, promote=True, person=reviewer)
    run.refresh_from_db()
    assert (run.decided_at, registry.champion()) == (None, now)


def test_where_the_champion_changed_while_it_trained_a_person_is_asked(judged: Judge, champion: ModelVersion) -> None:
    run = judged("promote", before=_another_champion)
    assert (run.decision, run.promoted) == ("ask", False)
    assert run.verdict == (
        f"A person is asked: the champion changed during the training. Against {champion}: So the gate says: promote."
    )


@pytest.mark.parametrize("status", ["cancelled", "queued"])
def test_a_run_that_is_no_longer_its_own_registers_and_promotes_nothing(
    judged: Judge, champion: ModelVersion, status: str
) -> None:
    """It was cancelled, or taken for dead, between the last heartbeat and the promotion."""

    def lose(run: TrainingRun) -> None:
        if status == "cancelled":
            runs.cancel(run, by="an operator")
        else:
            TrainingRun.objects.update(lease_until=None)
            runs.requeue_lost()

    with pytest.raises(runs.Stopped):
        judged("promote", before=lose)
    run = TrainingRun.objects.get()
    assert (run.status, run.promoted, run.candidate) == (status, False, None)
    assert ModelVersion.objects.get() == registry.champion() == champion


def test_a_candidate_that_cannot_be_promoted_is_not_registered_either(
    judged: Judge, champion: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*, version: ModelVersion) -> None:
        raise registry.UnreadableVersion(f"Version {version.pk} can't be used.")

    monkeypatch.setattr(registry, "promote", refuse)
    with pytest.raises(registry.UnreadableVersion):
        judged("promote")
    assert ModelVersion.objects.get() == champion
    assert snapshots.snapshot() == TrainingRun.objects.get().dataset
