"""Ends long work from another thread: a signal whose handler raises in the main thread.

A training spends minutes inside TensorFlow without calling our code. When it is cancelled, or its lease is lost, it
must end at once: another process may be about to go on from the same folder. Python offers one way to raise in the
main thread, a signal handler. Set `ENABLED` to False to do without: the work then ends at its next report of progress,
after seconds in an epoch and minutes between epochs.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

ENABLED = True


class Interruption:
    """A context manager around the work. `raise_if_due` is called in the main thread after `interrupt`.

    In another thread than the main one it does nothing.
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
        """Only once no other thread interrupts any more: without a handler the signal would end the process."""
        if self._is_active:
            signal.signal(signal.SIGUSR2, self._former)

    def interrupt(self) -> None:
        if self._is_active:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._raise_if_due()
