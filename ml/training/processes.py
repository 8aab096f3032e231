"""Spreads a long job over all cores, in processes that are started for a share of it each.

Making glyphs holds Python's lock, so threads don't help. The processes are fresh ones that load neither Keras nor its
backend: a process that has loaded TensorFlow hangs after a fork, and `multiprocessing` would load it in each of them.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_ROOT = Path(__file__).resolve().parents[2]


def spread(make: Callable[[Item], Made], items: Sequence[Item], share: int) -> Iterator[list[Made]]:
    """`make` of every item, in order, as lists of `share` results. Each list is made by a process of its own, one per
    core at once.

    A single share is made in this process. `make` and its arguments must be picklable, with absolute paths. Raises
    CalledProcessError if `make` fails; its error is on stderr.
    """
    shares = [items[start : start + share] for start in range(0, len(items), share)]
    if len(shares) == 1:
        yield list(map(make, items))
        return
    with ThreadPoolExecutor(os.cpu_count()) as waiting:
        try:
            yield from waiting.map(partial(_elsewhere, make), shares)
        finally:
            waiting.shutdown(wait=False, cancel_futures=True)


def _elsewhere(make: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    work = pickle.dumps((make, items))
    done = subprocess.run([sys.executable, "-m", __name__], input=work, stdout=subprocess.PIPE, cwd=_ROOT, check=True)  # noqa: S603
    made: list[Made] = pickle.loads(done.stdout)  # noqa: S301
    return made


def _work() -> None:
    """Does one share: reads it from stdin, writes its results to stdout."""
    make: Callable[[Any], Any]
    make, items = pickle.load(sys.stdin.buffer)  # noqa: S301
    pickle.dump(list(map(make, items)), sys.stdout.buffer)


if __name__ == "__main__":
    _work()
