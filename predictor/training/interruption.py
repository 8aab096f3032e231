"""Ends long work from another thread, by a signal whose handler raises in the main thread.

A training spends minutes inside TensorFlow without calling our code. When it is cancelled, or its lease is lost, it
must end at once, because another process may soon resume it in the same folder. A signal handler is Python's only way
to raise in the main thread. With `ENABLED` False the work ends at its next progress report instead: within seconds
during an epoch, within minutes between epochs.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

ENABLED = True


class Interruption:
    """A context manager around the work. `raise_if_due` is called in the main thread after `interrupt`.

    Outside the main thread it does nothing.
    """

    def __init__(self, raise_if_due: Callable[[], None]) -> None:
        self._raise_if_due = raise_if_due
        self._is_active = ENABLED and threading.current_thread() is threading.main_thread()
        self._former: Any = None

    def __enter__(self) -> "Interruption":
        if self._is_active:
            self._former = signal.signal(signal.SIGUSR2, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        """Call it only after the last `interrupt`: without a handler the signal would end the process."""
        if self._is_active:
            signal.signal(signal.SIGUSR2, self._former)

    def interrupt(self) -> None:
        if self._is_active:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._raise_if_due()
