"""A training's row: one at a time, kept alive, given back, cancelled, ended once."""

import subprocess
import sys
import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from predictor.models import TrainingRun
from predictor.training import run_folder, runs
from tests.predictor.trainings import claimed, lose, made

WORK_AND_DIE = """
import fcntl, os, signal, sys
lock = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(lock, fcntl.LOCK_EX)
print("at work", flush=True)
signal.pause()
"""


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
    assert runs.requeue_lost() == 0
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
    assert run.error.startswith("Its process died, in 3 attempts, the last one in stage “training”")
    assert run.finished_at is not None


def test_a_process_of_this_machine_that_was_killed_is_known_to_be_gone_at_once(db: None) -> None:
    run = claimed()
    with run_folder.held(run.pk):
        pass
    lock = str(run_folder.of(run.pk) / "lock")
    process = subprocess.Popen([sys.executable, "-c", WORK_AND_DIE, lock], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    assert runs.requeue_lost() == 0, "it is at work, and its lease holds"
    process.kill()
    process.wait()
    process.stdout.close()
    assert runs.requeue_lost() == 1
    run.refresh_from_db()
    assert run.status == "queued"
    run_folder.clear(run.pk)


def test_a_process_that_lost_its_lease_ends_nothing(db: None) -> None:
    run = claimed()
    lost = TrainingRun.objects.get(pk=run.pk)
    lose(run)
    assert not runs.end(lost, "done", promoted=True)
    with pytest.raises(runs.LeaseLost), transaction.atomic():
        runs.lock_ours(lost)
    again = runs.claim(run.pk)
    assert again
    assert not runs.end(lost, "done", promoted=True), "nor where another process has claimed it"
    again.refresh_from_db()
    assert (again.status, again.promoted) == ("running", False)


def test_one_process_at_a_time_works_in_a_folder(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_folder, "LOCK_SECONDS", 0.05)
    mine, another = 10**7, 10**7 + 1
    with run_folder.held(mine) as folder, pytest.raises(run_folder.FolderInUse), run_folder.held(mine):
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


def test_a_queued_run_is_cancelled_before_it_begins(db: None) -> None:
    run = made()
    assert runs.cancel(run, by="an operator")
    assert runs.claim(run.pk) is None
    run.refresh_from_db()
    assert run.finished_at is not None
