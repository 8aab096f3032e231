"""Half of what the site can read, for an hour, and what it takes of the machine meanwhile.

    .venv/bin/python -m tests.e2e.tools.soak --minutes 60

starts a site of its own, measures how many drawings a second it reads for 8 clients, and sends visitors who draw,
correct, look at their history, delete, send photos and broken files, at half of that rate. Each 20 seconds it notes
memory, sockets, other open files and threads by process, and the keys of Redis. In the end it writes the curves and
what was seen into docs/reliability.md, and fails if something has grown or a wrong answer came.
"""

import argparse
import contextlib
import io
import itertools
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import requests
from PIL import Image
from redis import Redis
from tqdm import tqdm

from tests import reliability
from tests.e2e.support.stack import ROOT, Site
from tests.predictor.pictures import LINES, drawn

CURVES = ROOT / "docs" / "images" / "soak.svg"
CLIENTS, TRIED_SECONDS, SAMPLED_SECONDS = 8, 15, 20
PROCESSES = {"gunicorn": "web", "-Q predict": "predict", "-Q train": "train", "redis-server": "redis"}
GROWN = 1.10
"""The last third's median may be so many times the middle third's."""
FEW = {"memory": 8.0, "sockets": 6, "files": 6, "threads": 4, "keys": 200}
"""Growth that is never too much; memory in MB."""
WIDTH, HEIGHT, MARGIN = 720, 150, 34

Samples = dict[str, list[tuple[float, float]]]


class Visitors:
    """Sends what visitors send, and counts the answers by what was done and the status."""

    def __init__(self, site: Site) -> None:
        self._api = f"{site.url}/api/v1"
        self._url = site.url
        self._pictures = [drawn(digit, hand=hand) for digit in LINES for hand in range(8)]
        self._photo = self._enlarged(self._pictures[0])
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.milliseconds: list[float] = []

    def attempt(self, what: str) -> None:
        """One of `draw`, `visit`, `send_photo`, `send_broken`; an error is counted as an answer with status 0."""
        try:
            getattr(self, what)()
        except (requests.RequestException, KeyError, ValueError) as error:
            with self._lock:
                self.answers[f"{what}: {error!r:.80}", 0] += 1

    def draw(self) -> None:
        """A new visitor sends a drawing."""
        self._post("draw", requests, self._pictures[next(self._numbers) % len(self._pictures)])

    def visit(self) -> None:
        """A visitor draws three times, corrects one, looks at the history, and deletes one."""
        with requests.Session() as browser:
            self._count("page", browser.get(f"{self._url}/", timeout=60))
            headers = {"X-CSRFToken": str(browser.cookies["csrftoken"]), "Referer": self._url}
            drawings = [
                answer.json()["id"]
                for picture in random.sample(self._pictures, 3)
                if (answer := self._post("draw again", browser, picture, headers)).status_code in {201, 202}
            ]
            if drawings:
                one = f"{self._api}/drawings/{drawings[0]}/"
                self._count("correct", browser.post(f"{one}label/", json={"text": "7"}, headers=headers, timeout=60))
                self._count("history", browser.get(f"{self._url}/history/", timeout=60))
                self._count("list", browser.get(f"{self._api}/drawings/", timeout=60))
                self._count("delete", browser.delete(one, headers=headers, timeout=60))

    def send_photo(self) -> None:
        self._post("photo", requests, self._photo)

    def send_broken(self) -> None:
        self._post("broken", requests, self._pictures[0][:200])

    def _post(
        self, what: str, client: object, picture: bytes, headers: dict[str, str] | None = None
    ) -> requests.Response:
        started = time.monotonic()
        files = {"image": ("drawing.png", picture)}
        answer = client.post(f"{self._api}/drawings/", files=files, headers=headers, timeout=60)  # type: ignore[attr-defined]
        if what == "draw":
            self.milliseconds.append(1000 * (time.monotonic() - started))
        return self._count(what, answer)

    def _count(self, what: str, answer: requests.Response) -> requests.Response:
        with self._lock:
            self.answers[what, answer.status_code] += 1
        return answer

    @staticmethod
    def _enlarged(picture: bytes) -> bytes:
        kept = io.BytesIO()
        Image.open(io.BytesIO(picture)).convert("L").resize((4000, 3000)).save(kept, "JPEG", quality=90)
        return kept.getvalue()


RIGHT = {"draw": {201}, "draw again": {201}, "photo": {201}, "broken": {400}, "delete": {204}, "correct": {200, 201}}
"""The statuses that answer each rightly, 200 if it isn't named; drawings may also come late, with 202."""


def wrong(answers: Counter[tuple[str, int]]) -> dict[str, int]:
    """Answers that shouldn't be, by what was done and the status."""
    late = {"draw", "draw again", "photo"}
    return {
        f"{what}: {status}": count
        for (what, status), count in answers.items()
        if status not in RIGHT.get(what, {200}) and not (status == 202 and what in late)
    }


def capacity(visitors: Visitors) -> float:
    """Drawings a second that the site reads for CLIENTS clients."""
    until = time.monotonic() + TRIED_SECONDS

    def send() -> int:
        sent = 0
        while time.monotonic() < until:
            visitors.draw()
            sent += 1
        return sent

    with ThreadPoolExecutor(CLIENTS) as clients:
        return sum(job.result() for job in [clients.submit(send) for _ in range(CLIENTS)]) / TRIED_SECONDS


def load(visitors: Visitors, rate: float, seconds: float) -> None:
    """Sends at a fixed rate (requests a second), however long the answers take."""
    rng = random.Random(1)
    started = time.monotonic()
    sent = 0.0
    with ThreadPoolExecutor(4 * CLIENTS) as clients:
        while (now := time.monotonic() - started) < seconds:
            if sent > now * rate:
                time.sleep(sent / rate - now)
            [what] = rng.choices(["draw", "visit", "send_photo", "send_broken"], [60, 4, 8, 2])
            clients.submit(visitors.attempt, what)
            sent += {"visit": 8, "send_photo": 10}.get(what, 1)  # a photo costs what ten drawings do


def sample(site: Site, redis: Redis) -> Iterator[tuple[str, float]]:
    """What the site takes now, by its curve's name."""
    sums: defaultdict[str, float] = defaultdict(float)
    for part, name in PROCESSES.items():
        for pid in site.pids(part):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                opened = list(_opened(pid))
                threads = sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
            except OSError:  # it has just ended
                continue
            pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
            sums[f"memory {name}"] += int(pss.split()[1]) / 1000
            sockets = sum(target.startswith("socket:") for target in opened)
            sums[f"sockets {name}"] += sockets
            sums[f"files {name}"] += len(opened) - sockets
            sums[f"threads {name}"] += threads
    yield from sums.items()
    yield "keys redis", float(redis.dbsize())


def _opened(pid: int) -> Iterator[str]:
    """What a process has open."""
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            yield str(file.readlink())


def watch(site: Site, ended: threading.Event, found: Samples) -> None:
    redis = Redis.from_url(address(site))
    started = time.monotonic()
    while not ended.wait(SAMPLED_SECONDS):
        minute = (time.monotonic() - started) / 60
        for name, value in sample(site, redis):
            found.setdefault(name, []).append((minute, value))


def address(site: Site) -> str:
    return site.manage("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.REDIS_URL)").strip()


def grown(found: Samples) -> dict[str, str]:
    """Curves whose last third lies above their middle third."""
    above = {}
    for name, points in found.items():
        values, third = [value for _, value in points], max(len(points) // 3, 1)
        before, after = median(values[third : 2 * third] or values), median(values[-third:])
        if after > before * GROWN and after - before > FEW[name.split()[0]]:
            above[name] = f"{before:.0f} → {after:.0f}"
    return above


def curves(found: Samples) -> str:
    """An SVG with a chart for each kind, one above the other; a line for each process."""
    kinds = [kind for kind in FEW if any(name.startswith(kind) for name in found)]
    colours = {"web": "#2f6fdf", "predict": "#c2571a", "train": "#7a52c7", "redis": "#1d8a5b"}
    drawn_charts = []
    for row, kind in enumerate(kinds):
        lines = {name.split()[1]: points for name, points in found.items() if name.split()[0] == kind}
        highest = max(value for points in lines.values() for _, value in points) or 1
        last = max(points[-1][0] for points in lines.values()) or 1
        top = row * (HEIGHT + MARGIN) + MARGIN
        title = f"{kind}{' in MB' if kind == 'memory' else ''}, 0 to {highest:.0f}; 0 to {last:.0f} minutes"
        drawn_charts.append(f'<text x="{MARGIN}" y="{top - 8}">{title}</text>')
        drawn_charts.append(f'<path d="M{MARGIN} {top}v{HEIGHT}h{WIDTH}" fill="none" stroke="#888"/>')
        for place, (name, points) in enumerate(lines.items()):
            at = [f"{MARGIN + x / last * WIDTH:.1f},{top + HEIGHT * (1 - y / highest):.1f}" for x, y in points]
            drawn_charts.append(
                f'<polyline points="{" ".join(at)}" fill="none" stroke="{colours[name]}" stroke-width="2"/>'
            )
            spot = f'x="{MARGIN + WIDTH + 8}" y="{top + 14 + 18 * place}"'
            drawn_charts.append(f'<text {spot} style="fill:{colours[name]}">{name} {points[-1][1]:.0f}</text>')
    size = f'viewBox="0 0 {WIDTH + MARGIN + 130} {len(kinds) * (HEIGHT + MARGIN) + MARGIN}"'
    style = "text{font:14px sans-serif;fill:#777}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{style}</style>{"".join(drawn_charts)}</svg>\n'


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.tools.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="digitsite-soak-") as folder:
        site = Site(Path(folder) / "data")
        site.start()
        try:
            visitors = Visitors(site)
            most = capacity(visitors)
            visitors.answers.clear()
            visitors.milliseconds.clear()
            found: Samples = {}
            ended = threading.Event()
            watcher = threading.Thread(target=watch, args=(site, ended, found))
            watcher.start()
            with tqdm(total=round(minutes * 60), unit="s", desc=f"{most / 2:.0f} a second") as bar:
                for _ in range(round(minutes * 6)):
                    load(visitors, most / 2, 10)
                    bar.update(10)
            ended.set()
            watcher.join()
        finally:
            site.stop()
    above, bad = grown(found), wrong(visitors.answers)
    total = sum(visitors.answers.values())
    waits = sorted(visitors.milliseconds)
    memory = sum(points[-1][1] for name, points in found.items() if name.startswith("memory"))
    seen = (
        f"{total:,} answers, {sum(bad.values())} of them wrong{f' ({bad})' if bad else ''}; a drawing took "
        f"{median(waits):.0f} ms, 99 of 100 at most {waits[int(len(waits) * 0.99)]:.0f}; in the end {memory:.0f} MB; "
        f"grown: {', '.join(f'{name} {change}' for name, change in above.items()) or 'nothing'}"
        "<br>![curves](images/soak.svg)"
    )
    print(seen)
    CURVES.write_text(curves(found), encoding="utf-8")
    reliability.note(
        "soak", f"{minutes:.0f} minutes at {most / 2:.0f} requests a second, of {most:.0f} that it can take", seen
    )
    return int(bool(above or bad))


if __name__ == "__main__":
    sys.exit(main())
