"""The heartbeat of a run at work: renews its lease, writes its progress, ends its work."""

import contextlib
import signal
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from predictor.models import TrainingRun
from predictor.training import run_heartbeat, runs
from predictor.training.run_heartbeat import TrainingHeartbeat
from tests.predictor.trainings import claimed, lose


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_heartbeat, "INTERVAL_SECONDS", 0.02)


def until(happens: Any) -> None:
    for _ in range(500):
        if happens():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


def test_a_heartbeat_renews_the_lease_and_says_how_far_it_is(transactional_db: None, quick: None) -> None:
    run = claimed()
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now())
    said: list[tuple[str, float]] = []
    with TrainingHeartbeat(run, lambda what, progress: said.append((what, progress))) as beating:
        beating.begin("training", "Training")
        beating.add_point(0.25, loss=0.5)
        beating.report("epoch 1 of 3", 0.25)
        until(lambda: TrainingRun.objects.get(pk=run.pk).progress == 0.25)
    run.refresh_from_db()
    assert (run.stage, run.detail, run.curves) == ("training", "epoch 1 of 3", [{"epoch": 0.25, "loss": 0.5}])
    assert run.lease_until > timezone.now() + timedelta(seconds=50)
    assert run.record["peak_memory"] > 10 * 2**20
    assert said == [("Training", 0.0), ("epoch 1 of 3", 0.25)]


def test_a_stage_that_begins_is_written_at_once_with_what_the_one_before_left(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may be killed before its next heartbeat."""
    monkeypatch.setattr(run_heartbeat, "INTERVAL_SECONDS", 60.0)
    run = claimed()
    with TrainingHeartbeat(run) as beating:
        beating.begin("training", "Training")
        beating.add_point(1.0, loss=0.5)
        beating.begin("comparing", "Comparing")
        run.refresh_from_db()
        assert (run.stage, run.curves) == ("comparing", [{"epoch": 1.0, "loss": 0.5}])


def test_each_part_of_a_stage_is_timed_from_its_own_start(transactional_db: None) -> None:
    """Pictures are drawn, then epochs are counted: what the first took says nothing of the second."""
    with TrainingHeartbeat(claimed()) as beating:
        beating.begin("training", "Training")
        for what, progress in ("drawing", 0.1), ("drawing", 0.9), ("epoch 1", 0.3), ("epoch 2", 0.6):
            beating.report(what, progress)
        assert beating.record["pace"]["progress"] == 0.3


def test_how_long_a_stage_took_is_added_up_over_the_attempts(transactional_db: None) -> None:
    run = claimed(record={"seconds": {"data": 5.0}})
    with TrainingHeartbeat(run) as beating:
        beating.begin("data", "Data")
        beating.begin("training", "Training")
    assert beating.results()["record"]["seconds"].keys() == {"data", "training"}
    assert beating.results()["record"]["seconds"]["data"] >= 5.0


def test_an_epoch_that_is_trained_again_has_its_points_once(transactional_db: None) -> None:
    run = claimed(curves=[{"epoch": 0.5}, {"epoch": 1.0}, {"epoch": 1.5}])
    with TrainingHeartbeat(run) as beating:
        beating.add_point(1.25, loss=1.0)
    assert [point["epoch"] for point in beating.results()["curves"]] == [0.5, 1.0, 1.25]


def _ended(run: TrainingRun, happens: Any) -> type[BaseException] | None:
    """By what the work was ended after this happened, while it was silent."""
    try:
        with TrainingHeartbeat(run):
            happens()
            with contextlib.suppress(Exception):  # as a library might
                threading.Event().wait(20)
    except runs.Stopped as stopped:
        return type(stopped)
    return None


def test_a_cancelled_run_ends_its_work_wherever_it_is(transactional_db: None, quick: None) -> None:
    """It says nothing for a long time, as while something is prepared."""
    run = claimed()
    assert _ended(run, lambda: runs.cancel(run, by="an operator")) is runs.Cancelled
    run.refresh_from_db()
    assert (run.status, run.error) == ("cancelled", "Cancelled by an operator.")
    assert not runs.cancel(run, by="another"), "it is over"


def test_work_in_another_thread_ends_when_it_next_says_how_far_it_is(transactional_db: None, quick: None) -> None:
    run = claimed()
    ended: list[BaseException] = []

    def work() -> None:
        try:
            with TrainingHeartbeat(run) as beating:
                runs.cancel(run, by="an operator")
                until(lambda: beating.report("working", 0.5))
        except runs.Stopped as stopped:
            ended.append(stopped)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert [type(each) for each in ended] == [runs.Cancelled]


def test_the_work_ends_once_the_lease_is_lost(transactional_db: None, quick: None) -> None:
    run = claimed()
    assert _ended(run, lambda: lose(run)) is runs.LeaseLost


def test_a_heartbeat_that_has_ended_interrupts_nothing(transactional_db: None, quick: None) -> None:
    before = signal.getsignal(signal.SIGUSR2)
    run = claimed()
    with TrainingHeartbeat(run):
        pass
    runs.cancel(run, by="an operator")
    threading.Event().wait(0.1)
    assert signal.getsignal(signal.SIGUSR2) == before
