"""A time limit for work that Python can't interrupt: the work's loops ask whether it is over."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[float] = ContextVar("until", default=math.inf)


class TooLong(Exception):
    """The work took longer than it may."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Limits what is done within, in this thread. A limit within another one can't exceed it."""
    token = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def check() -> None:
    """Raises TooLong if the time is over."""
    if time.monotonic() > _until.get():
        raise TooLong("This takes too long to read. Send a simpler or smaller picture.")
