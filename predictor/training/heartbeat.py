"""What keeps a run alive while it works: its lease, its progress, and the news that it has been cancelled."""

import logging
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from types import FrameType
from typing import Any

from django.db import close_old_connections, connections
from django.utils import timezone

from predictor.models import TrainingRun
from predictor.training import runs

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0

Report = Callable[[str, float], None]
"""Takes what is being done and how far that is, 0 to 1."""


class Heart:
    """Writes a run's progress and renews its lease, in a thread of its own; a context manager around the work.

    A run that is no longer this process's own ends the work by runs.Stopped, wherever the main thread is; in another
    thread, where it next says how far it is.
    """

    def __init__(self, run: TrainingRun, report: Report | None = None) -> None:
        self._run = run
        self._report = report
        self._worker = threading.current_thread()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)
        self._end = threading.Event()
        self._stopped: runs.Stopped | None = None
        self._lock = threading.Lock()
        self._unwritten: dict[str, Any] = {}
        self._label = ""
        self._progress = 0.0
        self._since = time.monotonic()
        self.curves: list[dict[str, float]] = list(run.curves)
        self.record: dict[str, Any] = dict(run.record)

    def __enter__(self) -> "Heart":
        self._former = signal.signal(signal.SIGUSR2, self._on_signal) if self._is_main else None
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        try:
            self._thread.join()
        finally:  # no sooner: without a handler the signal would end the process
            if self._is_main:
                signal.signal(signal.SIGUSR2, self._former)
        self._time_stage()

    def begin(self, stage: str, label: str) -> None:
        """The next stage, by the name it is known by and the words for the terminal. Raises runs.Stopped."""
        self._time_stage()
        self._label = label
        self.record["peak_memory"] = max(self.record.get("peak_memory", 0), _peak_memory())
        self.record |= {"stage_began_at": timezone.now().isoformat(), "pace": None}
        self._note(stage=stage, record=deepcopy(self.record))
        self._run.stage = stage
        # Not with the next beat: a process that is killed before it would lose the last points of a curve.
        self._beat()
        self.say("", 0.0)

    def say(self, detail: str, progress: float) -> None:
        """How far the stage is. Raises runs.Stopped."""
        if self._stopped:
            raise self._stopped
        self._note(detail=detail[:80], progress=progress)
        is_another_part = progress < self._progress
        self._progress = progress
        if progress and (is_another_part or not self.record.get("pace")):
            # From where on this attempt goes: a stage that is resumed doesn't begin at nothing.
            self.record["pace"] = {"at": timezone.now().isoformat(), "progress": progress}
            self._note(record=deepcopy(self.record))
        if self._report:
            self._report(detail or self._label, progress)

    def draw(self, epochs: float, **values: float) -> None:
        """Another point of the curves; those of an epoch that is done again are forgotten."""
        self.curves = [*(point for point in self.curves if point["epoch"] < epochs), {"epoch": epochs, **values}]
        self._note(curves=self.curves)

    def final(self) -> dict[str, Any]:
        """What is written with the outcome."""
        self.record["peak_memory"] = max(self.record.get("peak_memory", 0), _peak_memory())
        kept = {name: value for name, value in self.record.items() if name not in {"stage_began_at", "pace"}}
        return {"curves": self.curves, "record": kept}

    @property
    def _is_main(self) -> bool:
        return self._worker is threading.main_thread()

    def _note(self, **values: Any) -> None:
        with self._lock:
            self._unwritten |= values

    def _time_stage(self) -> None:
        now = time.monotonic()
        if self._run.stage and self._label:
            seconds = self.record.setdefault("seconds", {})
            seconds[self._run.stage] = round(seconds.get(self._run.stage, 0.0) + now - self._since, 1)
        self._since = now

    def _beat_on(self) -> None:
        while not self._end.wait(BEAT_SECONDS):
            try:
                close_old_connections()
                self._beat()
            except Exception:
                logger.exception("A heartbeat was missed")
                connections.close_all()
        connections.close_all()  # this thread's own

    def _beat(self) -> None:
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
        if self._is_main and not self._end.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopped:
            raise self._stopped


def _peak_memory() -> int:
    """Bytes that this process had in memory at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
