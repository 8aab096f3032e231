"""Learning anew: when there is a point in it, and by which way it comes to the worker."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from predictor import errors, tasks
from predictor.models import ModelVersion, Owner, TrainingRun
from predictor.review import labels as review_labels
from predictor.training import retraining, run_folder, runs, scheduling, stages
from predictor.training.config import FINE_TUNING_EPOCHS, Config
from predictor.versions import registry
from predictor.versions.artifact_files import StorageUnavailable
from tests.predictor.stored import learn
from tests.predictor.trainings import claimed, lose, made


@pytest.fixture
def something_to_learn(champion: ModelVersion, writer: Owner, reviewer: User) -> None:
    """An accepted label."""
    learn(writer, reviewer)


# ── whether there is a point in it ──


def test_without_accepted_labels_there_is_nothing_to_learn(champion: ModelVersion) -> None:
    with pytest.raises(scheduling.NothingToLearn, match="Accept some labels"):
        scheduling.request_run(Config())
    assert not TrainingRun.objects.exists()


def test_labels_of_the_other_sides_alone_are_nothing_to_learn_from(
    champion: ModelVersion, writer: Owner, reviewer: User
) -> None:
    Owner.objects.filter(pk=writer.pk).update(side="test")
    learn(writer, reviewer)
    with pytest.raises(scheduling.NothingToLearn):
        scheduling.request_run(Config())


def test_from_scratch_there_is_always_something_to_learn(champion: ModelVersion) -> None:
    assert scheduling.request_run(Config(from_scratch=True)).status == "queued"


def test_without_a_champion_there_is_nothing_to_compare_with(db: None) -> None:
    with pytest.raises(registry.NoChampion, match=r"manage\.py prepare"):
        scheduling.request_run(Config())


def test_a_run_knows_what_it_was_asked(something_to_learn: None, champion: ModelVersion) -> None:
    run = scheduling.request_run(Config(epochs=2, seed=5))
    assert (run.status, run.champion, run.dataset.counts["train"]) == ("queued", champion, {"7": 1})
    assert Config(**run.config) == Config(epochs=2, seed=5)


def _done(**values: Any) -> TrainingRun:
    run = scheduling.request_run(Config(**values))
    TrainingRun.objects.filter(pk=run.pk).update(status="done", verdict="Kept the champion.")
    return run


def test_the_same_again_is_not_trained_again(something_to_learn: None) -> None:
    run = _done()
    with pytest.raises(scheduling.NothingChanged, match=f"since training {run.pk}"):
        scheduling.request_run(Config())
    with pytest.raises(scheduling.NothingChanged):
        scheduling.request_run(Config(epochs=FINE_TUNING_EPOCHS, promote=False))


def test_nothing_changed_when_the_run_made_the_champion(something_to_learn: None, champion: ModelVersion) -> None:
    run = _done()
    other = ModelVersion.objects.create(sha256="x", format_version=1, preprocessing_version=1)
    TrainingRun.objects.filter(pk=run.pk).update(candidate=other)
    ModelVersion.objects.filter(pk=champion.pk).update(status="retired")
    ModelVersion.objects.filter(pk=other.pk).update(status="champion")
    with pytest.raises(scheduling.NothingChanged):
        scheduling.request_run(Config())


@pytest.mark.parametrize("other", [{"epochs": 1}, {"seed": 1}, {"from_scratch": True}])
def test_another_configuration_is_another_run(something_to_learn: None, other: dict[str, Any]) -> None:
    _done()
    assert scheduling.request_run(Config(**other))


def test_another_label_is_another_run(something_to_learn: None, writer: Owner, reviewer: User) -> None:
    _done()
    review_labels.relabel(drawing=writer.drawings.get(), text="1", reviewer=reviewer)
    assert scheduling.request_run(Config())


def test_another_champion_is_another_run(something_to_learn: None, champion: ModelVersion) -> None:
    _done()
    ModelVersion.objects.filter(pk=champion.pk).update(status="retired")
    ModelVersion.objects.create(sha256="x", format_version=1, preprocessing_version=1, status="champion")
    assert scheduling.request_run(Config())


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_run_that_came_to_nothing_may_be_tried_again(something_to_learn: None, status: str) -> None:
    run = _done()
    TrainingRun.objects.filter(pk=run.pk).update(status=status)
    assert scheduling.request_run(Config()) != run


def test_asking_twice_gives_one_run(something_to_learn: None) -> None:
    run = scheduling.request_run(Config())
    assert scheduling.request_run(Config()) == run
    assert scheduling.request_run(Config(seed=1)) != run
    runs.claim(run.pk)
    with pytest.raises(runs.AlreadyRunning, match=f"Training {run.pk} is the same and is running"):
        scheduling.request_run(Config())


def test_a_run_that_lost_its_process_is_the_one_to_go_on_with(something_to_learn: None) -> None:
    run = scheduling.request_run(Config())
    runs.claim(run.pk)
    TrainingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = scheduling.request_run(Config())
    assert (again.pk, again.status, again.attempts) == (run.pk, "queued", 1)


# ── by whom it is worked on ──


def test_a_run_that_is_gone_is_left_alone(db: None) -> None:
    assert retraining.work_on(10**9) is None
    assert not run_folder.of(10**9).exists()


def test_while_one_runs_another_waits(db: None) -> None:
    claimed()
    waiting = made()
    with pytest.raises(runs.AlreadyRunning):
        retraining.work_on(waiting.pk)
    tasks.retrain(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == "queued"


def test_what_goes_wrong_is_written_into_the_run_and_raised(
    transactional_db: None, something_to_learn: None, tmp_path: Path
) -> None:
    run = scheduling.request_run(Config(mnist=str(tmp_path / "nowhere")))
    with pytest.raises(errors.Unavailable):
        retraining.work_on(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error.startswith("Unavailable: ")
    assert not run_folder.of(run.pk).exists()
    assert ModelVersion.objects.count() == 1


def _raise(error: BaseException) -> Any:
    def stop(*_: Any) -> None:
        raise error

    return stop


def test_a_run_that_is_stopped_by_its_operator_says_so(
    transactional_db: None, something_to_learn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scheduling.request_run(Config())
    monkeypatch.setattr(stages, "load", _raise(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        retraining.work_on(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("cancelled", "Cancelled by Ctrl-C.")
    assert not run_folder.of(run.pk).exists()


@pytest.mark.parametrize(
    "error", [OperationalError("the connection is gone"), StorageUnavailable("the bucket is gone"), SystemExit(0)]
)
def test_a_run_that_loses_its_database_storage_or_worker_is_queued_again_with_what_it_has(
    transactional_db: None, something_to_learn: None, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    run = scheduling.request_run(Config())
    monkeypatch.setattr(stages, "load", _raise(error))
    with pytest.raises(type(error)):
        retraining.work_on(run.pk)
    run.refresh_from_db()
    assert (run.status, run.attempts, run.error) == ("queued", 1, "")
    assert run_folder.of(run.pk).is_dir()
    run_folder.clear(run.pk)


def test_a_run_whose_snapshot_is_gone_fails(transactional_db: None, something_to_learn: None) -> None:
    run = scheduling.request_run(Config())
    run.dataset.delete()
    with pytest.raises(errors.Conflict):
        retraining.work_on(run.pk)


def test_a_run_that_is_cancelled_ends_its_task_without_an_error(
    transactional_db: None, something_to_learn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scheduling.request_run(Config())

    def load(_path: Any) -> None:
        runs.cancel(run, by="an operator")
        # It is stopped here, and not where a file has just been opened.
        time.sleep(60)
        pytest.fail("It wasn't stopped.")

    monkeypatch.setattr(stages, "load", load)
    monkeypatch.setattr("predictor.training.run_heartbeat.INTERVAL_SECONDS", 0.02)
    tasks.retrain(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("cancelled", "Cancelled by an operator.")
    assert not run_folder.of(run.pk).exists()


def test_a_run_that_is_deleted_under_its_process_ends_with_words_and_leaves_nothing(
    transactional_db: None, something_to_learn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a shell, say: the admin deletes none that runs."""
    run = scheduling.request_run(Config())

    def load(_path: Any) -> None:
        TrainingRun.objects.all().delete()
        # It is stopped here, and not where a file has just been opened.
        time.sleep(60)
        pytest.fail("It wasn't stopped.")

    monkeypatch.setattr(stages, "load", load)
    monkeypatch.setattr("predictor.training.run_heartbeat.INTERVAL_SECONDS", 0.02)
    with pytest.raises(runs.Stopped, match=r"It was deleted\."):
        retraining.work_on(run.pk)
    assert not run_folder.of(run.pk).exists()


def test_what_a_dead_run_left_behind_is_cleared_by_the_next(transactional_db: None, something_to_learn: None) -> None:
    with run_folder.held(10**6):
        pass
    run = scheduling.request_run(Config(mnist="nowhere"))
    with pytest.raises(errors.Unavailable):
        retraining.work_on(run.pk)
    assert not run_folder.of(10**6).exists()


# ── the train worker ──


def test_a_run_for_the_worker_is_sent_to_its_own_queue(
    transactional_db: None, something_to_learn: None, redis: Any
) -> None:
    redis.flushall()
    scheduling.enqueue(Config())
    assert (redis.llen("digitsite:train"), redis.llen("digitsite:predict")) == (1, 0)


def test_a_run_that_lost_its_message_is_sent_again_by_the_sweep(
    transactional_db: None, something_to_learn: None, redis: Any
) -> None:
    scheduling.enqueue(Config())
    redis.flushall()
    scheduling.sweep()
    assert redis.llen("digitsite:train") == 0, "its message may still be on its way"
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    scheduling.sweep()
    scheduling.sweep()
    assert redis.llen("digitsite:train") == 1


def test_a_run_that_lost_its_worker_is_sent_again_by_the_next_ones_sweep(transactional_db: None, redis: Any) -> None:
    run = claimed()
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    scheduling.sweep()
    assert redis.llen("digitsite:train") == 0, "it runs"
    lose(run)
    scheduling.sweep()
    assert redis.llen("digitsite:train") == 1


def test_the_sweep_goes_on_without_redis(
    transactional_db: None, redis_is_gone: None, caplog: pytest.LogCaptureFixture
) -> None:
    made()
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    scheduling.sweep()
    assert "Checking for lost trainings failed" in caplog.text
