"""The heartbeat of a running training: renews its lease, writes its progress, notices a cancellation."""

import logging
import resource
import sys
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from django.db import close_old_connections, connections
from django.utils import timezone

from predictor.models import TrainingRun
from predictor.training import runs
from predictor.training.interruption import Interruption
from predictor.training.progress import ATTEMPT_START

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0

ReportStage = Callable[[str, float], None]
"""Called with what the stage is doing, and its progress, 0 to 1."""


class TrainingHeartbeat:
    """Writes a run's progress and renews its lease, in its own thread. A context manager around the work.

    Once the run no longer belongs to this process, runs.Stopped ends the work: at once in the main thread, at the next
    report in any other thread.
    """

    def __init__(self, run: TrainingRun, report: ReportStage | None = None) -> None:
        self._run = run
        self._report = report
        self._interruption = Interruption(self._raise_if_stopped)
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._end = threading.Event()
        self._stopped: runs.Stopped | None = None
        self._lock = threading.Lock()
        self._unwritten: dict[str, Any] = {}
        self._label = ""
        self._progress = 0.0
        self._since = time.monotonic()
        self.curves: list[dict[str, float]] = list(run.curves)
        self.record: dict[str, Any] = dict(run.record)

    def __enter__(self) -> "TrainingHeartbeat":
        self._interruption.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        try:
            self._thread.join()
        finally:
            self._interruption.__exit__(*error)
        self._time_stage()

    def begin(self, stage: str, label: str) -> None:
        """Begins a stage. `label` is its name in the terminal. Raises runs.Stopped."""
        self._time_stage()
        self._label = label
        self.record["peak_memory"] = max(self.record.get("peak_memory", 0), _peak_memory())
        self.record |= {"stage_began_at": timezone.now().isoformat(), ATTEMPT_START: None}
        self._note(stage=stage, record=deepcopy(self.record))
        self._run.stage = stage
        # Write at once, or a process killed before the next heartbeat would lose the last points of a curve.
        self._write()
        self.report("", 0.0)

    def report(self, detail: str, progress: float) -> None:
        """Sets the progress of the stage, 0 to 1. Raises runs.Stopped."""
        self._raise_if_stopped()
        self._note(detail=detail[:80], progress=progress)
        is_another_part = progress < self._progress
        self._progress = progress
        if progress and (is_another_part or not self.record.get(ATTEMPT_START)):
            # Where this attempt starts. A resumed stage doesn't begin at 0.
            self.record[ATTEMPT_START] = {"at": timezone.now().isoformat(), "progress": progress}
            self._note(record=deepcopy(self.record))
        if self._report:
            self._report(detail or self._label, progress)

    def add_point(self, epochs: float, **values: float) -> None:
        """Adds a point to the curves. Drops points of an epoch that is being trained again."""
        self.curves = [*(point for point in self.curves if point["epoch"] < epochs), {"epoch": epochs, **values}]
        self._note(curves=self.curves)

    def results(self) -> dict[str, Any]:
        """The curves and the record, as they are written when the run ends."""
        self.record["peak_memory"] = max(self.record.get("peak_memory", 0), _peak_memory())
        kept = {name: value for name, value in self.record.items() if name not in {"stage_began_at", ATTEMPT_START}}
        return {"curves": self.curves, "record": kept}

    def _note(self, **values: Any) -> None:
        with self._lock:
            self._unwritten |= values

    def _time_stage(self) -> None:
        now = time.monotonic()
        if self._run.stage and self._label:
            seconds = self.record.setdefault("seconds", {})
            seconds[self._run.stage] = round(seconds.get(self._run.stage, 0.0) + now - self._since, 1)
        self._since = now

    def _repeat(self) -> None:
        while not self._end.wait(INTERVAL_SECONDS):
            try:
                close_old_connections()
                self._write()
            except Exception:
                logger.exception("Heartbeat of training %s failed; retrying in %s s", self._run.pk, INTERVAL_SECONDS)
                connections.close_all()
        connections.close_all()  # this thread's own

    def _write(self) -> None:
        """One heartbeat."""
        with self._lock:
            written, self._unwritten = self._unwritten, {}
        try:
            held = runs.renew(self._run, **written)
        except Exception:
            with self._lock:
                self._unwritten = written | self._unwritten
            raise
        if held or self._stopped:
            return
        self._stopped = runs.why_not_ours(self._run)
        if not self._end.is_set():
            self._interruption.interrupt()

    def _raise_if_stopped(self) -> None:
        if self._stopped:
            raise self._stopped


def _peak_memory() -> int:
    """Peak memory of this process, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
