"""Learning anew: when there is a point in it, one at a time, and through the gate."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from ml.base_data import Mnist
from predictor import registry, retraining, review, runs, tasks
from predictor.models import ModelVersion, Owner, TrainingRun
from predictor.retraining import Config
from tests.predictor.stored import learn, writers


@pytest.fixture
def lesson(champion: ModelVersion, writer: Owner, reviewer: User) -> None:
    """Something to learn from."""
    learn(writer, reviewer)


def _run(**values: Any) -> TrainingRun:
    return TrainingRun.objects.create(config={}, **values)


# ── whether there is a point in it ──


def test_without_accepted_labels_there_is_nothing_to_learn(champion: ModelVersion) -> None:
    with pytest.raises(retraining.NothingToLearn, match="Accept some labels"):
        retraining.request_run(Config())
    assert not TrainingRun.objects.exists()


def test_labels_of_the_other_sides_alone_are_nothing_to_learn_from(
    champion: ModelVersion, writer: Owner, reviewer: User
) -> None:
    Owner.objects.filter(pk=writer.pk).update(side="test")
    learn(writer, reviewer)
    with pytest.raises(retraining.NothingToLearn):
        retraining.request_run(Config())


def test_from_scratch_there_is_always_something_to_learn(champion: ModelVersion) -> None:
    assert retraining.request_run(Config(from_scratch=True)).status == "queued"


def test_without_a_champion_there_is_nothing_to_compare_with(db: None) -> None:
    with pytest.raises(registry.NoChampion, match=r"manage\.py prepare"):
        retraining.request_run(Config())


def test_a_run_knows_what_it_was_asked(lesson: None, champion: ModelVersion) -> None:
    run = retraining.request_run(Config(epochs=2, seed=5))
    assert (run.status, run.champion, run.dataset.counts["train"]) == ("queued", champion, {"7": 1})
    assert Config(**run.config) == Config(epochs=2, seed=5)


def _done(**values: Any) -> TrainingRun:
    run = retraining.request_run(Config(**values))
    TrainingRun.objects.filter(pk=run.pk).update(status="done", verdict="Kept the champion.")
    return run


def test_the_same_again_is_not_trained_again(lesson: None) -> None:
    run = _done()
    with pytest.raises(retraining.NothingChanged, match=f"since training {run.pk}"):
        retraining.request_run(Config())
    with pytest.raises(retraining.NothingChanged):
        retraining.request_run(Config(epochs=retraining.FINE_TUNING_EPOCHS, promote=False))


def test_nothing_changed_when_the_run_made_the_champion(lesson: None, champion: ModelVersion) -> None:
    run = _done()
    other = ModelVersion.objects.create(sha256="x", format_version=1, preprocessing_version=1)
    TrainingRun.objects.filter(pk=run.pk).update(candidate=other)
    ModelVersion.objects.filter(pk=champion.pk).update(status="retired")
    ModelVersion.objects.filter(pk=other.pk).update(status="champion")
    with pytest.raises(retraining.NothingChanged):
        retraining.request_run(Config())


@pytest.mark.parametrize("other", [{"epochs": 1}, {"seed": 1}, {"from_scratch": True}])
def test_another_configuration_is_another_run(lesson: None, other: dict[str, Any]) -> None:
    _done()
    assert retraining.request_run(Config(**other))


def test_another_label_is_another_run(lesson: None, writer: Owner, reviewer: User) -> None:
    _done()
    review.relabel(drawing=writer.drawings.get(), text="1", reviewer=reviewer)
    assert retraining.request_run(Config())


def test_another_champion_is_another_run(lesson: None, champion: ModelVersion) -> None:
    _done()
    ModelVersion.objects.filter(pk=champion.pk).update(status="retired")
    ModelVersion.objects.create(sha256="x", format_version=1, preprocessing_version=1, status="champion")
    assert retraining.request_run(Config())


def test_a_run_that_failed_may_be_tried_again(lesson: None) -> None:
    run = _done()
    TrainingRun.objects.filter(pk=run.pk).update(status="failed")
    assert retraining.request_run(Config())


# ── one at a time ──


def test_a_run_is_claimed_once(db: None) -> None:
    run = _run()
    claimed = runs.claim(run.pk)
    assert (claimed.status, claimed.lease != run.lease) == ("running", True)
    assert claimed.lease_until > timezone.now()
    assert runs.claim(run.pk) is None


def test_a_run_that_is_gone_is_ignored(db: None) -> None:
    assert runs.claim(10**9) is None
    assert retraining.work_on(10**9) is None


def test_while_one_runs_another_waits(db: None) -> None:
    runs.claim(_run().pk)
    waiting = _run()
    with pytest.raises(runs.AlreadyRunning):
        runs.claim(waiting.pk)
    with pytest.raises(runs.AlreadyRunning):
        retraining.work_on(waiting.pk)
    tasks.retrain(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == "queued"


def test_the_database_lets_one_run_at_a_time(db: None) -> None:
    _run(status="running")
    with pytest.raises(IntegrityError), transaction.atomic():
        _run(status="running")


def test_of_two_processes_that_claim_at_once_one_gets_it(transactional_db: None) -> None:
    run = _run()
    together = threading.Barrier(4)
    claimed: list[TrainingRun] = []

    def claim() -> None:
        together.wait()
        try:
            found = runs.claim(run.pk)
            if found:
                claimed.append(found)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 1


def test_a_run_whose_process_died_is_failed_and_lets_the_next_one_go(db: None) -> None:
    lost = runs.claim(_run().pk)
    TrainingRun.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    following = _run()
    assert runs.claim(following.pk)
    lost.refresh_from_db()
    assert (lost.status, bool(lost.error)) == ("failed", True)
    assert lost.finished_at is not None


def test_a_run_whose_process_was_taken_for_dead_ends_nothing(db: None) -> None:
    lost = runs.claim(_run().pk)
    TrainingRun.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    runs.mark_lost()
    with pytest.raises(runs.LeaseLost):
        runs.check_lease(lost)
    assert not runs.end(lost, "done", promoted=True)
    lost.refresh_from_db()
    assert (lost.status, lost.promoted) == ("failed", False)


def test_a_heartbeat_renews_the_lease_and_says_how_far_it_is(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.02)
    run = runs.claim(_run().pk)
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now())
    said: list[tuple[str, float]] = []
    with runs.Heart(run, lambda stage, progress: said.append((stage, progress))) as heart:
        heart.say("epoch 1 of 3", 0.25)
        _until(lambda: TrainingRun.objects.get(pk=run.pk).progress == 0.25)
    run.refresh_from_db()
    assert run.stage == "epoch 1 of 3"
    assert run.lease_until > timezone.now() + timedelta(seconds=50)
    assert said == [("epoch 1 of 3", 0.25)]


def test_the_work_ends_once_the_lease_is_lost(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.02)
    run = runs.claim(_run().pk)
    with runs.Heart(run, None) as heart:
        TrainingRun.objects.filter(pk=run.pk).update(status="failed")
        with pytest.raises(runs.LeaseLost):
            _until(lambda: heart.say("working"))


def _until(happens: Any) -> None:
    for _ in range(500):
        if happens():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


def test_what_goes_wrong_is_written_into_the_run_and_raised(
    transactional_db: None, lesson: None, settings: Any, tmp_path: Path
) -> None:
    run = retraining.request_run(Config(mnist=str(tmp_path / "nowhere")))
    with pytest.raises(retraining.errors.Unavailable):
        retraining.work_on(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error.startswith("Unavailable: ")
    assert not (settings.DATA_DIR / "training" / str(run.pk)).exists()
    assert ModelVersion.objects.count() == 1


def test_a_run_that_is_stopped_says_so(transactional_db: None, lesson: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    run = retraining.request_run(Config())
    monkeypatch.setattr(retraining, "load", stop)
    with pytest.raises(KeyboardInterrupt):
        retraining.work_on(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "It was stopped.")


def test_a_run_whose_snapshot_is_gone_fails(transactional_db: None, lesson: None) -> None:
    run = retraining.request_run(Config())
    run.dataset.delete()
    with pytest.raises(retraining.errors.Conflict):
        retraining.work_on(run.pk)


# ── the train worker ──


def test_a_run_for_the_worker_is_sent_to_its_own_queue(transactional_db: None, lesson: None, redis: Any) -> None:
    redis.flushall()
    retraining.enqueue(Config())
    assert (redis.llen("digitsite:train"), redis.llen("digitsite:predict")) == (1, 0)


def test_a_run_that_lost_its_message_is_sent_again_by_the_pulse(
    transactional_db: None, lesson: None, redis: Any
) -> None:
    retraining.enqueue(Config())
    redis.flushall()
    retraining.beat()
    assert redis.llen("digitsite:train") == 0, "its message may still be on its way"
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    retraining.beat()
    retraining.beat()
    assert redis.llen("digitsite:train") == 1


def test_the_pulse_sends_nothing_while_one_runs(transactional_db: None, redis: Any) -> None:
    runs.claim(_run().pk)
    _run()
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    retraining.beat()
    assert redis.llen("digitsite:train") == 0


def test_the_pulse_goes_on_without_redis(
    transactional_db: None, redis_is_gone: None, caplog: pytest.LogCaptureFixture
) -> None:
    _run()
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    retraining.beat()
    assert "A pulse was missed" in caplog.text


# ── a real training, small ──


@pytest.fixture
def small(mnist: Mnist, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """A fraction of the data: the steps are the real ones, the accuracy isn't."""
    from ml import base_data, finetune

    monkeypatch.setattr(base_data, "HOLDOUT", 60)
    monkeypatch.setattr(base_data, "VALIDATION", 40)
    monkeypatch.setattr(finetune, "REHEARSED", 200)
    monkeypatch.setattr(finetune, "GENERATED", 60)
    few = Mnist(mnist.train_images[:1000], mnist.train_labels[:1000], mnist.test_images[:40], mnist.test_labels[:40])
    monkeypatch.setattr(retraining, "load", lambda path="": few)
    settings.CACHE_DIR = tmp_path / "cache"


def test_a_training_gives_a_candidate_a_verdict_and_evidence(
    transactional_db: None, champion: ModelVersion, reviewer: User, small: None, settings: Any
) -> None:
    """The slow test of this folder. So little data teaches nothing, so the gate is open."""
    for owner in writers(10):
        for digit in "1347":
            learn(owner, reviewer, digit)
    said: list[str] = []
    settings.GATE = dict.fromkeys(("holdout_margin", "class_margin", "validation_margin"), 1.0) | {"significance": 0.0}
    run = retraining.request_run(Config(epochs=1))
    run = retraining.work_on(run.pk, report=lambda stage, _: said.append(stage))
    assert (run.status, run.promoted, run.stage, run.progress) == ("done", True, "done", 1.0)
    assert run.verdict.startswith("No worse: held-out MNIST ")
    assert registry.champion() == run.candidate
    assert run.candidate.parent == champion
    counts = {name: found["count"] for name, found in run.evidence.items()}
    assert counts == {"holdout": 60, "validation": 4, "MNIST test": 40, "site test": 4}
    assert [curve["epoch"] for curve in run.curves] == [1]
    assert any(stage.startswith("epoch 1 of 1, loss ") for stage in said)
    assert all(len(stage) <= 40 for stage in said), "as much as its column takes"
    assert not (settings.DATA_DIR / "training" / str(run.pk)).exists()
    made = registry.manifest_of(run.candidate)
    assert (made.parent, made.command, made.network) == (champion.sha256, "manage.py retrain", "reader")
    assert made.metrics["holdout"]["count"] == 60
    reading = registry.load_reader(run.candidate.pk).read(np.zeros((1, 28, 28), np.uint8))
    assert reading.probabilities.shape == (1, 10)
    with pytest.raises(retraining.NothingChanged):
        retraining.request_run(Config(epochs=1))


@pytest.fixture
def ruins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that makes everything worse: it shuffles the last layer."""

    def ruin(_config: Config, model: Any, *_: Any) -> tuple[Any, list[Any]]:
        from ml.backend import keras

        candidate = keras.models.clone_model(model)
        weights = model.get_weights()
        candidate.set_weights([*weights[:-2], np.roll(weights[-2], 1, axis=-1), weights[-1]])
        return candidate, []

    monkeypatch.setattr(retraining, "_train", ruin)


def test_a_candidate_that_is_worse_is_kept_and_not_promoted(
    transactional_db: None, lesson: None, champion: ModelVersion, small: None, ruins: None
) -> None:
    run = retraining.work_on(retraining.request_run(Config()).pk)
    assert (run.status, run.promoted) == ("done", False)
    assert run.verdict.startswith("Kept the champion: on held-out MNIST it falls by ")
    assert (run.candidate.status, run.candidate.parent) == ("candidate", champion)
    assert registry.champion() == champion
    with pytest.raises(retraining.NothingChanged):
        retraining.request_run(Config())


def test_a_run_that_was_taken_for_dead_promotes_nothing(
    transactional_db: None, lesson: None, champion: ModelVersion, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It went on for so long without a heartbeat that another process has failed it."""

    def train_for_ever(_config: Config, model: Any, *_: Any) -> tuple[Any, list[Any]]:
        TrainingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        runs.mark_lost()
        return model, []

    monkeypatch.setattr(retraining, "_train", train_for_ever)
    run = retraining.request_run(Config())
    with pytest.raises(runs.LeaseLost):
        retraining.work_on(run.pk)
    run.refresh_from_db()
    assert (run.status, run.promoted) == ("failed", False)
    assert registry.champion() == champion


def test_a_candidate_may_be_asked_for_without_promoting_it(
    transactional_db: None, lesson: None, champion: ModelVersion, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining, "_train", lambda _config, model, *_: (model, []))
    run = retraining.work_on(retraining.request_run(Config(promote=False)).pk)
    assert (run.status, run.promoted) == ("done", False)
    assert run.verdict.endswith("Not promoted: --no-promote.")
    assert registry.champion() == champion
    registry.promote(version=run.candidate)
    assert registry.champion() == run.candidate
