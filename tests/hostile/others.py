"""What others notice of an attack: a light load of drawings, probes, and the site's memory."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import requests

from tests.e2e.support.stack import Site, wait_until
from tests.predictor.pictures import drawn

DRAWINGS = "/api/v1/drawings/"
LEAST = 50
"""They draw at least so many drawings before the attack, and as many while it lasts."""
EVERY = 0.1
"""Seconds between two drawings, whatever becomes of those before: who waits makes nobody else come later."""

Ask = dict[str, Any]
"""A request, as `requests.request` takes it."""
Timed = tuple[float, int]
"""Seconds until an answer, and its status; 0 for none."""


@dataclass
class Noticed:
    """What the others saw. `before` and `during` the attack: an answer each. Memory in bytes, of all processes."""

    before: list[Timed] = field(default_factory=list)
    during: list[Timed] = field(default_factory=list)
    probes: list[Timed] = field(default_factory=list)
    memory_before: int = 0
    memory: int = 0

    @property
    def more_memory(self) -> float:
        """MB."""
        return max(0, self.memory - self.memory_before) / 2**20

    def __str__(self) -> str:
        before, during = p95(self.before), p95(self.during)
        return (
            f"+{self.more_memory:.0f} MB; others' p95 {1000 * before:.0f} ms before, {1000 * during:.0f} ms meanwhile"
            f" ({during / before:.1f} ×); `/healthz` {slowest(self.probes):.2f} s at most"
        )


def p95(timed: Sequence[Timed]) -> float:
    return sorted(seconds for seconds, _ in timed)[int(0.95 * len(timed))]


def slowest(timed: Sequence[Timed]) -> float:
    return max(seconds for seconds, _ in timed)


def statuses(timed: Sequence[Timed]) -> set[int]:
    return {status for _, status in timed}


@contextmanager
def watching(site: Site) -> Iterator[Noticed]:
    """Others draw for a while before what is done within, and until it is over; `/healthz` is asked all the time."""
    noticed, over = Noticed(), threading.Event()
    answers = noticed.before

    def draw(hand: int) -> None:
        files = {"image": ("d.png", drawn("7", side=100, hand=hand % 45), "image/png")}
        timed = _timed(lambda: requests.post(f"{site.url}{DRAWINGS}", files=files, timeout=60))
        answers.append(timed)

    def drawing() -> None:
        with ThreadPoolExecutor(64) as clients:
            for hand in itertools.count():
                clients.submit(draw, hand)
                if over.wait(EVERY):
                    return

    def probing() -> None:
        while not over.wait(EVERY):
            noticed.probes.append(_timed(lambda: requests.get(f"{site.url}/healthz", timeout=60)))

    def weighing() -> None:
        pids: list[int] = []
        for turn in itertools.count():
            if turn % 20 == 0:
                pids = site.pids()
            noticed.memory = max(noticed.memory, sum(map(_resident, pids)))
            if over.wait(0.05):
                return

    threads = [threading.Thread(target=each) for each in (drawing, probing, weighing)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(answers) >= LEAST)
        noticed.memory_before, noticed.memory = noticed.memory, 0
        answers, noticed.probes = noticed.during, []
        yield noticed
        wait_until(lambda: len(answers) >= LEAST)
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def attackers() -> Iterator[Callable[[Sequence[Ask]], list[Timed]]]:
    """Sends requests at once, from a process of its own: what is measured here isn't held up by those who send."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        elsewhere.submit(_at_once, []).result()
        yield lambda asks: elsewhere.submit(_at_once, asks).result()


def _at_once(asks: Sequence[Ask]) -> list[Timed]:
    together = threading.Barrier(max(1, len(asks)))

    def one(ask: Ask) -> Timed:
        together.wait()
        return _timed(lambda: requests.request(timeout=120, allow_redirects=False, **ask))

    with ThreadPoolExecutor(max(1, len(asks))) as clients:
        return list(clients.map(one, asks))


def _timed(ask: Callable[[], requests.Response]) -> Timed:
    began, status = time.monotonic(), 0
    with contextlib.suppress(requests.RequestException):
        status = ask().status_code
    return time.monotonic() - began, status


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * 4096
