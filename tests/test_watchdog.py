"""The watchdog of the predict worker: it kills what hangs, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digitsite import watchdog

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "SILENT_SECONDS", 2)
    monkeypatch.setattr(watchdog, "STOPPED_SECONDS", 60)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def worker(code: str) -> list[str]:
    return [sys.executable, "-c", f"import os, time\nfrom digitsite.watchdog import beat\n{code}"]


def test_a_worker_that_hangs_after_a_heartbeat_is_killed(capfd: pytest.CaptureFixture[str]) -> None:
    assert watchdog.watch(worker("beat(); time.sleep(600)")) == -9
    assert "no heartbeat for 2 s" in capfd.readouterr().err


@pytest.mark.parametrize("before", ["", "beat(); "])
def test_one_that_is_stopped_is_killed_sooner(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "SILENT_SECONDS", 60)
    monkeypatch.setattr(watchdog, "STOPPED_SECONDS", 2)
    assert watchdog.watch(worker(f"import signal; {before}os.kill(os.getpid(), signal.SIGSTOP)")) == -9


def test_one_that_is_stopped_for_a_moment_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "SILENT_SECONDS", 60)
    monkeypatch.setattr(watchdog, "STOPPED_SECONDS", 4)
    stop = "import subprocess\nbeat()\nother = subprocess.Popen(['sh', '-c', f'sleep 1; kill -CONT {os.getpid()}'])\n"
    code = f"{stop}import signal; os.kill(os.getpid(), signal.SIGSTOP); beat(); other.wait()"
    assert watchdog.watch(worker(code)) == 0


def test_one_that_starts_slowly_is_left_alone() -> None:
    assert watchdog.watch(worker("time.sleep(4); beat()")) == 0


def test_one_that_beats_is_left_alone() -> None:
    assert watchdog.watch(worker("for _ in range(4): beat(); time.sleep(1)")) == 0


def test_one_that_ends_gives_its_status_at_once() -> None:
    assert watchdog.watch(worker("beat(); raise SystemExit(3)")) == 3


def test_a_worker_whose_watchdog_is_gone_ends() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = worker("beat(); print('goes on')")
    environment = {**os.environ, watchdog.VARIABLE: str(writing)}
    done = subprocess.run(code, pass_fds=[writing], env=environment, capture_output=True, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_watchdog_that_stands_still_holds_up_no_worker() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    code = worker("for _ in range(100_000): beat()")
    environment = {**os.environ, watchdog.VARIABLE: str(writing)}
    assert subprocess.run(code, pass_fds=[writing], env=environment, timeout=60, check=False).returncode == 0
    os.close(reading)
    os.close(writing)


def test_it_is_small() -> None:
    code = "import sys, digitsite.watchdog; print(sorted(set(sys.modules) & {'django', 'celery', 'redis'}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
