"""Loads a server by Locust, in a process of its own, and prints what it measured as JSON.

Each client sends a picture, waits for the answer, and sends the next picture at once. Nothing else imports this module,
because Locust replaces Python's blocking calls when it is imported.
"""

import argparse
import itertools
import json
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, constant
from locust.env import Environment

from predictor.tools.site_benchmark import samples
from predictor.tools.site_benchmark.figures import percentile

FEWEST = 20
"""The measured time is longer if fewer answers come in it."""
READ, LATE = {200, 201}, 202


class Newcomer(FastHttpUser):
    """Sends forms and keeps no cookie: on the site, each drawing comes from a new visitor."""

    abstract = True
    wait_time = constant(0)
    path = ""
    bodies: Sequence[bytes] = ()
    content_type = f"multipart/form-data; boundary={samples.BOUNDARY}"
    places = itertools.count()

    def on_start(self) -> None:
        first = next(self.places) % len(self.bodies)  # not all send the same picture at a time
        self.pictures = itertools.cycle([*self.bodies[first:], *self.bodies[:first]])

    def draw(self) -> None:
        """Sends the next picture."""
        self.client.cookiejar.clear()
        self.send("POST", self.path)

    def send(self, method: str, path: str, **headers: str) -> None:
        headers["Content-Type"] = self.content_type
        with self.client.request(
            method, path, data=next(self.pictures), headers=headers, catch_response=True
        ) as answer:
            if answer.status_code not in READ:
                answer.failure(f"{answer.status_code} {(answer.text or '')[:300]}")

    tasks = (lambda client: client.draw(),)  # by name, because a subclass also has its parents' tasks


class Visitor(Newcomer):
    """A visitor with the cookies of the drawing page."""

    abstract = True

    def on_start(self) -> None:
        super().on_start()
        self.client.get("/", context={"is_page": True})
        self.token = next(cookie.value for cookie in self.client.cookiejar if cookie.name == "csrftoken")

    def draw(self) -> None:
        self.send("POST", self.path, **{"X-CSRFToken": self.token})


class PageVisitor(Visitor):
    """Draws on the drawing page, which sends JSON with strokes, each drawing under its own id."""

    abstract = True
    content_type = "application/json"

    def draw(self) -> None:
        self.send("PUT", f"{self.path}{uuid.uuid4()}/", **{"X-CSRFToken": self.token})


KINDS = {
    "newcomer": (Newcomer, "drawing"),
    "visitor": (Visitor, "drawing"),
    "strokes": (PageVisitor, "strokes"),
    "photo": (Newcomer, "photo"),
}
"""Who sends which pictures."""


class _Tally:
    """Counts all answers. Of those within the measured time, also keeps how long each took, in milliseconds."""

    def __init__(self) -> None:
        self.answers = 0
        self.measures = False
        self.times: list[float] = []
        self.late: list[str] = []
        self.failed: list[str] = []

    def note(self, *, response_time: float, response: Any, exception: object, context: Any, **_: object) -> None:
        if "is_page" in context:
            return
        self.answers += 1
        if not self.measures:
            return
        if exception is None:
            self.times.append(response_time)
        elif response is not None and response.status_code == LATE:
            self.late.append(str(exception))
        else:
            self.failed.append(str(exception))

    @property
    def measured(self) -> int:
        return len(self.times) + len(self.late) + len(self.failed)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m predictor.tools.site_benchmark.locust_load")
    parser.add_argument("url")
    parser.add_argument("path")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("bodies", type=Path, help="the folder that `samples.write` has filled")
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--warm-up", type=float, required=True)
    options = parser.parse_args()
    client, folder = KINDS[options.kind]
    bodies = [file.read_bytes() for file in sorted((options.bodies / folder).iterdir())]
    named = {"host": options.url, "path": options.path, "bodies": bodies, "abstract": False}
    environment = Environment(user_classes=[type("Client", (client,), named)], stop_timeout=120)
    tally, took = _measure(environment, options.clients, options.seconds, options.warm_up)
    times = {f"p{share}": percentile(tally.times, share / 100) for share in (50, 95, 99) if tally.times}
    counts = {"answers": tally.answers, "late": len(tally.late), "failed": len(tally.failed)}
    print(json.dumps({**times, "rate": len(tally.times) / took, **counts, "error": next(iter(tally.failed), "")}))


def _measure(environment: Any, clients: int, seconds: float, warm_up: float) -> tuple[_Tally, float]:
    """What came, and in how many seconds. Returns once every request is answered."""
    tally = _Tally()
    environment.events.request.add_listener(tally.note)
    runner = environment.create_local_runner()
    runner.start(clients, spawn_rate=clients)
    gevent.sleep(warm_up)
    tally.measures, started = True, time.perf_counter()
    while (took := time.perf_counter() - started) < seconds or tally.measured < FEWEST:
        gevent.sleep(0.02)
    tally.measures = False
    runner.quit()
    return tally, took


if __name__ == "__main__":
    main()
