"""A steady load of drawings with a ledger of what was answered, and both probes twice a second."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.support.stack import wait_until
from tests.predictor.pictures import drawn

RATE = 8
"""Drawings a second: about a third of what two cores read."""
PROBES_EVERY = 4
"""Drawings, so twice a second."""
IN_FLIGHT = 200
GIVE_UP = 60.0
"""Seconds until a client gives up."""
CALM_SECONDS = 2.0
"""A site is well again once everything has been answered for so long as on any day."""

PICTURES = [drawn(digit, side=100, hand=hand) for digit in "0147" for hand in range(12)]


@dataclass
class Asked:
    """A request. `status`: 0 if the connection failed, None until there is an answer."""

    at: float = field(default_factory=time.time)
    seconds: float = 0.0
    status: int | None = None
    body: dict[str, Any] = field(default_factory=dict)

    def ask(self, send: Callable[[], requests.Response]) -> None:
        try:
            answer = send()
            self.body, status = answer.json(), answer.status_code
        except (requests.RequestException, ValueError):
            status = 0
        self.seconds = time.time() - self.at
        self.status = status

    def has_failed(self, expected: int, late: float) -> bool:
        """Whether the answer is another than expected, or there is none yet although it was asked before `late`."""
        return self.at < late if self.status is None else self.status != expected


@dataclass
class Sent(Asked):
    """A drawing with the id that its client chose."""

    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def is_acknowledged(self) -> bool:
        return self.status in {201, 202}


class Watch:
    """Draws at RATE and asks the probes while it is entered. `urls`: the sites; drawings go to each in turn."""

    def __init__(self, *urls: str) -> None:
        self._urls = urls
        self._end = threading.Event()
        self._ticker = threading.Thread(target=self._tick)
        self.drawings: list[Sent] = []
        self.readiness: list[Asked] = []
        self.health: list[Asked] = []

    def __enter__(self) -> "Watch":
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Waits for all answers."""
        self._end.set()
        self._ticker.join()

    def _tick(self) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(IN_FLIGHT) as clients:
            for number in range(10**6):
                if self._end.wait(max(0.0, began + number / RATE - time.monotonic())):
                    return
                drawing = Sent()
                self.drawings.append(drawing)
                clients.submit(drawing.ask, self._put(drawing.id, self._urls[number % len(self._urls)]))
                if number % PROBES_EVERY == 0:
                    for kept, path in ((self.readiness, "readyz"), (self.health, "healthz")):
                        kept.append(asked := Asked())
                        clients.submit(asked.ask, self._get(path))

    def _put(self, drawing: uuid.UUID, url: str) -> Callable[[], requests.Response]:
        def send() -> requests.Response:
            files = {"image": ("d.png", random.choice(PICTURES), "image/png")}
            address = f"{url}/api/v1/drawings/{drawing}/"
            return requests.put(address, data={"revision": "1"}, files=files, timeout=GIVE_UP)

        return send

    def _get(self, path: str) -> Callable[[], requests.Response]:
        return lambda: requests.get(f"{self._urls[0]}/{path}", timeout=GIVE_UP)

    def wait_until_well(self, since: float, *, within: float = 120.0) -> float:
        """Waits until everything has been as on any day for CALM_SECONDS; returns how long after `since` that began."""

        def trouble() -> float:
            """When the last request was made that failed, or has waited for long."""
            late = time.time() - 1.0
            bad = [each for each in self.drawings if each.has_failed(201, late)]
            bad += [each for each in self.readiness if each.has_failed(200, late)]
            return max([since, *(each.at for each in bad)])

        wait_until(lambda: time.time() - trouble() > CALM_SECONDS, within=within)
        return trouble() - since

    def ready_between(self, since: float, until: float) -> list[Asked]:
        """The times at which the site was asked, and said that it is ready, both in this span."""
        answered = [each for each in self.readiness if since <= each.at and each.at + each.seconds < until]
        return [each for each in answered if each.status == 200]

    def lies(self, read_at: Iterable[float], *, grace: float) -> list[float]:
        """When the site said that it is ready, although no drawing was accepted, or none was read, from `grace`
        seconds before to `grace` seconds after. `read_at`: when each drawing was read.
        """
        accepted = [each.at for each in self.drawings if each.is_acknowledged]
        read = list(read_at)
        last = max(each.at for each in self.drawings) - grace

        def near(times: list[float], at: float) -> bool:
            return any(abs(each - at) <= grace for each in times)

        said = [each.at for each in self.readiness if each.status == 200 and each.at < last]
        return [at for at in said if not (near(accepted, at) and near(read, at))]

    def slowest_health(self) -> float:
        """Seconds."""
        return max(each.seconds for each in self.health)
