"""Runs the predict worker, and kills it if it hangs; the supervisor then starts both anew.

The worker writes a byte into a pipe with each heartbeat, so neither Redis nor a clock can mislead the watchdog. It
counts seconds that it has waited itself: a machine that was suspended for an hour loses one. Until the first heartbeat
it is patient, because the first start of a version may take minutes. A worker that a signal has stopped waits for
nothing that could take long, so it is killed sooner.

This module imports neither Django nor Celery: the process takes little memory.
"""

import os
import select
import subprocess
import sys
from pathlib import Path

VARIABLE = "DIGITSITE_BEAT"
"""Environment variable: the descriptor that the worker's heartbeat writes to."""
SILENT_SECONDS = 25
"""A worker may be silent for so long. It waits up to 20 s for SQLite's write lock, and 11 s for PostgreSQL."""
STOPPED_SECONDS = 3
"""A worker that is stopped (SIGSTOP) may be silent for so long."""

# "solo": the networks' threads don't survive a fork, and a reading is too short to hand to another process.
WORKER = ("-m", "celery", "-A", "digitsite", "worker", "--loglevel", "WARNING", "-Q", "predict", "-P", "solo")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def main() -> int:
    """Runs the predict worker of this host; returns its exit status."""
    return watch([sys.executable, *WORKER, "-n", "predict@%h", *QUIET])


def watch(command: list[str]) -> int:
    """Runs a worker until it ends, or is silent for SILENT_SECONDS after its first heartbeat, or for STOPPED_SECONDS
    while it is stopped; returns its status.
    """
    beats, written = os.pipe()
    os.set_blocking(written, False)
    worker = subprocess.Popen(command, pass_fds=[written], env={**os.environ, VARIABLE: str(written)})  # noqa: S603
    os.close(written)
    has_beaten, silent = False, 0
    while silent < (STOPPED_SECONDS if _is_stopped(worker.pid) else SILENT_SECONDS):
        if not select.select([beats], [], [], 1.0)[0]:
            silent += has_beaten or _is_stopped(worker.pid)
        elif os.read(beats, 4096):
            has_beaten, silent = True, 0
        else:  # the worker has ended
            return worker.wait()
    print(
        f"The worker has had no heartbeat for {silent} s. It is killed, and started anew.", file=sys.stderr, flush=True
    )
    worker.kill()
    return worker.wait()


def _is_stopped(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:  # it has ended
        return False


def beat() -> None:
    """Called by the worker: says that it doesn't hang. Ends the process if the watchdog is gone, because the supervisor
    has started another worker by then.
    """
    written = os.environ.get(VARIABLE)
    if written is None:  # started by hand
        return
    try:
        os.write(int(written), b".")
    except BlockingIOError:  # the watchdog stands still
        pass
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
