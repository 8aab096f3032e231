"""A training's row: one at a time, kept alive, given back, cancelled, ended once."""

import contextlib
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from predictor.models import TrainingRun
from predictor.training import heartbeat, run_folder, runs
from predictor.training.heartbeat import Heart
from tests.predictor.trainings import claimed, lose, made

WORK_AND_DIE = """
import fcntl, os, signal, sys
lock = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(lock, fcntl.LOCK_EX)
print("at work", flush=True)
signal.pause()
"""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)


def until(happens: Any) -> None:
    for _ in range(500):
        if happens():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never happened")


# ── one at a time ──


def test_a_run_is_claimed_once(db: None) -> None:
    run = made()
    mine = runs.claim(run.pk)
    assert mine
    assert (mine.status, mine.attempts, mine.lease != run.lease) == ("running", 1, True)
    assert mine.lease_until > mine.started_at
    assert runs.claim(run.pk) is None


def test_a_run_that_is_gone_is_ignored(db: None) -> None:
    assert runs.claim(10**9) is None


def test_while_one_runs_another_waits(db: None) -> None:
    claimed()
    waiting = made()
    with pytest.raises(runs.AlreadyRunning):
        runs.claim(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts) == ("queued", 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "paused"},
        {"decision": "perhaps"},
        {"status": "failed", "promoted": True},
        {"status": "done", "decision": "keep", "decided_at": timezone.now()},
    ],
)
def test_the_database_knows_no_other_states(db: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        made(**wrong)


def test_the_database_lets_one_run_at_a_time(db: None) -> None:
    made(status="running")
    with pytest.raises(IntegrityError), transaction.atomic():
        made(status="running")


def test_of_processes_that_claim_at_once_one_gets_it(transactional_db: None) -> None:
    run = made()
    together = threading.Barrier(4)
    got: list[TrainingRun] = []

    def claim() -> None:
        together.wait()
        try:
            found = runs.claim(run.pk)
            if found:
                got.append(found)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


# ── a process that dies ──


def test_a_run_whose_process_is_silent_is_queued_again_and_lets_the_next_one_go(db: None) -> None:
    run = claimed()
    assert runs.take_back_lost() == 0
    lose(run)
    assert (run.status, run.lease_until) == ("queued", None)
    assert claimed()


def test_a_run_that_lost_its_process_too_often_has_failed_and_says_where(db: None) -> None:
    run = made()
    for attempt in range(1, runs.MAX_ATTEMPTS + 1):
        assert run.status == "queued"
        mine = runs.claim(run.pk)
        assert mine
        assert mine.attempts == attempt
        TrainingRun.objects.filter(pk=run.pk).update(stage="training")
        lose(run)
    assert run.status == "failed"
    assert run.error.startswith("Its process died, in 3 attempts, the last time at “training”")
    assert run.finished_at is not None


def test_a_process_of_this_machine_that_was_killed_is_known_to_be_gone_at_once(db: None) -> None:
    run = claimed()
    with run_folder.held(run.pk):
        pass
    lock = str(run_folder.of(run.pk) / "lock")
    process = subprocess.Popen([sys.executable, "-c", WORK_AND_DIE, lock], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    assert runs.take_back_lost() == 0, "it is at work, and its lease holds"
    process.kill()
    process.wait()
    process.stdout.close()
    assert runs.take_back_lost() == 1
    run.refresh_from_db()
    assert run.status == "queued"
    run_folder.clear(run.pk)


def test_a_process_that_was_taken_for_dead_ends_nothing(db: None) -> None:
    run = claimed()
    lost = TrainingRun.objects.get(pk=run.pk)
    lose(run)
    assert not runs.end(lost, "done", promoted=True)
    with pytest.raises(runs.LeaseLost), transaction.atomic():
        runs.lock_ours(lost)
    again = runs.claim(run.pk)
    assert again
    assert not runs.end(lost, "done", promoted=True), "nor where another process has taken it up"
    again.refresh_from_db()
    assert (again.status, again.promoted) == ("running", False)


def test_one_process_at_a_time_works_in_a_folder(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folder, "LOCK_SECONDS", 0.05)
    mine, another = 10**7, 10**7 + 1
    with run_folder.held(mine) as folder, pytest.raises(run_folder.Occupied), run_folder.held(mine):
        pass
    assert folder.is_dir()
    assert run_folder.is_abandoned(mine)
    assert not run_folder.is_abandoned(another), "nobody ever worked there"
    run_folder.clear_all_but([mine])
    assert folder.is_dir()
    run_folder.clear_all_but([])
    assert not folder.exists()


def test_what_is_worked_in_is_not_cleared(db: None) -> None:
    with run_folder.held(3) as folder:
        run_folder.clear_all_but([])
        assert folder.is_dir()
    run_folder.clear(3)


# ── the heart ──


def test_a_heartbeat_renews_the_lease_and_says_how_far_it_is(transactional_db: None, quick: None) -> None:
    run = claimed()
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now())
    said: list[tuple[str, float]] = []
    with Heart(run, lambda what, progress: said.append((what, progress))) as beating:
        beating.begin("training", "Training")
        beating.draw(0.25, loss=0.5)
        beating.say("epoch 1 of 3", 0.25)
        until(lambda: TrainingRun.objects.get(pk=run.pk).progress == 0.25)
    run.refresh_from_db()
    assert (run.stage, run.detail, run.curves) == ("training", "epoch 1 of 3", [{"epoch": 0.25, "loss": 0.5}])
    assert run.lease_until > timezone.now() + timedelta(seconds=50)
    assert run.record["peak_memory"] > 10 * 2**20
    assert said == [("Training", 0.0), ("epoch 1 of 3", 0.25)]


def test_a_stage_that_begins_is_written_at_once_with_what_the_one_before_left(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may be killed before its heart beats again."""
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 60.0)
    run = claimed()
    with Heart(run) as beating:
        beating.begin("training", "Training")
        beating.draw(1.0, loss=0.5)
        beating.begin("comparing", "Comparing")
        run.refresh_from_db()
        assert (run.stage, run.curves) == ("comparing", [{"epoch": 1.0, "loss": 0.5}])


def test_each_part_of_a_stage_has_a_pace_of_its_own(transactional_db: None) -> None:
    """Pictures are drawn, then epochs are counted: what the first took says nothing of the second."""
    with Heart(claimed()) as beating:
        beating.begin("training", "Training")
        for what, progress in ("drawing", 0.1), ("drawing", 0.9), ("epoch 1", 0.3), ("epoch 2", 0.6):
            beating.say(what, progress)
        assert beating.record["pace"]["progress"] == 0.3


def test_how_long_a_stage_took_is_added_up_over_the_attempts(transactional_db: None) -> None:
    run = claimed(record={"seconds": {"data": 5.0}})
    with Heart(run) as beating:
        beating.begin("data", "Data")
        beating.begin("training", "Training")
    assert beating.final()["record"]["seconds"].keys() == {"data", "training"}
    assert beating.final()["record"]["seconds"]["data"] >= 5.0


def test_an_epoch_that_is_done_again_is_drawn_once(transactional_db: None) -> None:
    run = claimed(curves=[{"epoch": 0.5}, {"epoch": 1.0}, {"epoch": 1.5}])
    with Heart(run) as beating:
        beating.draw(1.25, loss=1.0)
    assert [point["epoch"] for point in beating.final()["curves"]] == [0.5, 1.0, 1.25]


def _ended(run: TrainingRun, happens: Any) -> type[BaseException] | None:
    """By what the work was ended after this happened, while it was silent."""
    try:
        with Heart(run):
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
            with Heart(run) as beating:
                runs.cancel(run, by="an operator")
                until(lambda: beating.say("working", 0.5))
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


def test_a_heart_that_is_done_disturbs_nothing(transactional_db: None, quick: None) -> None:
    before = signal.getsignal(signal.SIGUSR2)
    run = claimed()
    with Heart(run):
        pass
    runs.cancel(run, by="an operator")
    threading.Event().wait(0.1)
    assert signal.getsignal(signal.SIGUSR2) == before


def test_a_queued_run_is_cancelled_before_it_begins(db: None) -> None:
    run = made()
    assert runs.cancel(run, by="an operator")
    assert runs.claim(run.pk) is None
    run.refresh_from_db()
    assert run.finished_at is not None
