"""Sends a site more drawings than it can read, by Locust's client, in a process of its own, and prints what it measured
as JSON.

The drawings arrive at a fixed rate, however long the answers take: as many clients send as requests are on their way.
One client alone goes first, which shows what is normal, and last, until it is so again.
"""

import argparse
import itertools
import json
import math
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import gevent
from gevent.pool import Group
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from predictor.tools.site_benchmark import samples
from predictor.tools.site_benchmark.figures import percentile

GIVEN_UP_AFTER = 20.0
LONGEST = 30.0
"""Seconds that one client is tried afterwards; it counts as normal then."""
SLOWER = 2
"""A reading by one client is normal again if 95 of 100 take at most so many times the former median."""
FORM = {"Content-Type": f"multipart/form-data; boundary={samples.BOUNDARY}"}


class Answered(NamedTuple):
    """`kind`: "read", "misread", "late" (202), "refused" (503), or "wrong", which is anything else. `drawing`: its id
    if the site says that it has stored it, else "".
    """

    kind: str
    milliseconds: float
    drawing: str


class Crowd:
    """Sends the bodies in turn, each from a new visitor."""

    def __init__(self, url: str, path: str, bodies: list[bytes]) -> None:
        self._url, self._path, self._bodies = url, path, bodies
        self._numbers = itertools.count()
        self._events = Environment().events
        self._idle: list[Any] = []

    def send(self) -> Answered:
        """Sends the next drawing, and waits for the answer."""
        number = next(self._numbers) % len(self._bodies)
        client = self._idle.pop() if self._idle else self._new()
        client.cookiejar.clear()
        started = time.perf_counter()
        answer = client.post(self._path, data=self._bodies[number], headers=FORM)
        took = 1000 * (time.perf_counter() - started)
        self._idle.append(client)
        stored = answer.json() if answer.status_code in {201, 202} else {}
        return Answered(_kind(answer, stored, samples.digit(number)), took, stored.get("id", ""))

    def _new(self) -> Any:
        limits = {"network_timeout": GIVEN_UP_AFTER, "connection_timeout": GIVEN_UP_AFTER}
        return FastHttpSession(self._url, self._events.request, None, **limits)


def _kind(answer: Any, stored: dict[str, Any], digit: str) -> str:
    if answer.status_code == 201:
        return "read" if stored["prediction"]["text"] == digit else "misread"
    named = {202: ("late", "Location"), 503: ("refused", "Retry-After")}
    kind, header = named.get(answer.status_code, ("wrong", ""))
    return kind if answer.headers and answer.headers.get(header) else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m predictor.tools.site_benchmark.overload_load")
    parser.add_argument("url")
    parser.add_argument("path")
    parser.add_argument("bodies", type=Path, help="the folder that `samples.write` has filled")
    parser.add_argument("stored", type=Path, help="the file that the ids of the stored drawings are written to")
    parser.add_argument("--rate", type=float, required=True, help="drawings a second")
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    bodies = [file.read_bytes() for file in sorted((options.bodies / "drawing").iterdir())]
    visitors = Crowd(options.url, options.path, bodies)
    usual = percentile([visitors.send().milliseconds for _ in bodies], 0.5)
    answers, figures = _overload(visitors, options.rate, options.seconds, SLOWER * usual)
    options.stored.write_text("\n".join(answer.drawing for answer in answers if answer.drawing))
    kinds = Counter(answer.kind for answer in answers)
    counts = {kind: kinds[kind] for kind in ("read", "misread", "late", "refused", "wrong")}
    accepted = [answer.milliseconds for answer in answers if answer.kind in {"read", "misread"}]
    times = {f"p{share}": percentile(accepted, share / 100) for share in (50, 95) if accepted}
    print(json.dumps({"answers": len(answers), **counts, **times, **figures}))


def _overload(visitors: Crowd, rate: float, seconds: float, normal: float) -> tuple[list[Answered], dict[str, float]]:
    """All answers; how many drawings arrived a second; after how many seconds one client had answers within `normal`
    milliseconds again.
    """
    count = math.ceil(rate * seconds)
    group = Group()
    started = time.perf_counter()
    sent = []
    for number in range(count):
        gevent.sleep(max(0.0, started + number / rate - time.perf_counter()))
        sent.append(group.spawn(visitors.send))
    took = time.perf_counter() - started
    after = _until_normal(visitors, normal)
    group.join()
    return [each.get() for each in sent], {"rate": count / took, "normal": after}


def _until_normal(visitors: Crowd, normal: float) -> float:
    ended = time.perf_counter()
    while (since := time.perf_counter() - ended) < LONGEST:
        answers, second = [], time.perf_counter()
        while time.perf_counter() - second < 1:
            answers.append(visitors.send())
        times = [each.milliseconds if each.kind == "read" else math.inf for each in answers]
        if percentile(times, 0.95) <= normal:
            return since
    return LONGEST


if __name__ == "__main__":
    main()
