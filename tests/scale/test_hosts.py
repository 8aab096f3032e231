"""Two web hosts, two worker hosts and a train host: one is cut off, versions are exchanged, files are lost; no drawing
is.
"""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from digitsite import broker
from ml.network.manifest import BUNDLED, MANIFEST_FILE, MODEL_FILE, Manifest, onnx_file, sha256_of
from tests.e2e.support.stack import free_port, wait_until
from tests.predictor.pictures import drawn
from tests.s3 import BUCKET, S3Server
from tests.scale.hosts import Host

pytestmark = pytest.mark.slow

WAITING = 120
"""Requests at the same time: PostgreSQL has 100 connections by default."""
PROMOTED = timedelta(seconds=10)
"""After this time, nobody reads with another version than the champion."""

LEARN = """
from predictor.reading import hashing
from predictor.tools import demonstration
from predictor.training import scheduling
from predictor.training.config import Config

for _ in demonstration.fill():
    pass
hashing.hash_all()
scheduling.enqueue(Config(epochs=1))
"""
"""Example drawings with accepted labels, and a training on them."""


@dataclass
class Site:
    """The hosts of a site, and what they share."""

    web: list[Host]
    workers: list[Host]
    train: Host
    bucket: S3Server
    database_url: str

    def rows(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query, values).fetchall()

    def readiness(self, host: int = 0) -> tuple[int, dict[str, Any]]:
        answer = requests.get(f"{self.web[host].url}/readyz", timeout=60)
        return answer.status_code, answer.json()

    def wait_until_ready(self) -> None:
        """Until both workers read."""
        wait_until(lambda: all(self._is_ready(host) for host in range(len(self.web))))

    def _is_ready(self, host: int) -> bool:
        try:
            status, told = self.readiness(host)
        except requests.ConnectionError:
            return False
        return status == 200 and "troubles" not in told


@pytest.fixture(scope="module")
def site(database_url: str, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hosts")
    port = free_port()
    redis = subprocess.Popen(
        [broker.find_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    bucket = S3Server()
    shared = {
        "DATABASE_URL": database_url,
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "DIGITSITE_STORAGE": f"s3://{BUCKET}/site",
        "DIGITSITE_THROTTLE": "0",
        "SECRET_KEY": "the same on every host, and long enough for Django to take it",
        **bucket.environment,
    }
    web, workers, [train] = (
        [Host(name, folder / name, shared) for name in names] for names in (("w1", "w2"), "ab", "t")
    )
    try:
        for host in web:
            # Compressing the pages' static files takes longest, and is the same on each host.
            if host is not web[0]:
                shutil.copytree(web[0].folder / "data" / "static", host.folder / "data" / "static")
            host.manage("prepare")
            host.serve()
        for host in workers:
            host.work()
        train.train(cache / "mnist")
        made = Site(web, workers, train, bucket, database_url)
        made.wait_until_ready()
        yield made
    finally:
        for host in (*web, *workers, train):
            host.kill()
        bucket.stop()
        redis.kill()
        redis.wait()


@dataclass
class Visitors:
    """People who draw without a pause, on both web hosts in turn; the drawings that were accepted."""

    site: Site
    accepted: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def __enter__(self) -> "Visitors":
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._draw, args=(number,)) for number in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, drawings: int) -> None:
        enough = len(self.accepted) + drawings
        wait_until(lambda: len(self.accepted) >= enough)

    def _draw(self, number: int) -> None:
        for hand, host in zip(count(), cycle(self.site.web), strict=False):
            if self._end.is_set():
                return
            picture = drawn("47"[hand % 2], side=100, hand=4 * (hand % 50) + number)
            answer = requests.post(
                f"{host.url}/api/v1/drawings/", files={"image": ("d.png", picture, "image/png")}, timeout=120
            )
            if answer.status_code in {201, 202}:
                self.accepted.append(answer.json()["id"])
            else:
                self.refused.append(answer.status_code)


def register_another(host: Host, folder: Path) -> int:
    """Registers the bundled networks in another file, as a candidate."""
    made = shutil.copytree(BUNDLED, folder)
    with (made / MODEL_FILE).open("ab") as file:
        file.write(folder.name.encode())
    manifest = Manifest.read(made)
    sha256 = sha256_of(made / MODEL_FILE)
    onnx = {**manifest.onnx, sha256: sha256_of(onnx_file(made / MODEL_FILE))}
    (made / MANIFEST_FILE).write_text(json.dumps(asdict(replace(manifest, sha256=sha256, onnx=onnx))))
    imports = "from pathlib import Path; from predictor.versions import registry;"
    said = host.manage("shell", "-c", f"{imports} print('made', registry.add_version(folder=Path({str(made)!r})).pk)")
    found = re.search(r"made (\d+)", said)
    assert found
    return int(found[1])


def unread(site: Site) -> int:
    [(number,)] = site.rows("SELECT count(*) FROM predictor_prediction WHERE status = 'queued'")
    return int(number)


def test_a_worker_host_that_is_cut_off_loses_nothing(site: Site) -> None:
    with Visitors(site) as visitors:
        visitors.wait_for_more(20)
        site.workers[1].kill()
        visitors.wait_for_more(20)
    wait_until(lambda: unread(site) == 0)
    read = site.rows("SELECT drawing_id FROM predictor_prediction WHERE status = 'done' AND kind = 'live'")
    assert {str(drawing) for (drawing,) in read} == set(visitors.accepted)
    assert visitors.refused == []
    site.workers[1].work()
    site.wait_until_ready()


def test_more_requests_may_wait_than_postgresql_has_room_for(site: Site) -> None:
    for worker in site.workers:
        worker.kill()
    picture = drawn("7", side=100, hand=302)

    def send(number: int) -> int:
        """Sends it again as often as it is told to."""
        url = f"{site.web[number % 2].url}/api/v1/drawings/"
        while (answer := requests.post(url, files={"image": ("d.png", picture)}, timeout=120)).status_code == 503:
            time.sleep(float(answer.headers["Retry-After"]))
        return answer.status_code

    open_connections = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    most = 0
    with ThreadPoolExecutor(WAITING) as clients:
        answers = [clients.submit(send, number) for number in range(WAITING)]
        while not all(answer.done() for answer in answers):
            [(count,)] = site.rows(open_connections)
            most = max(most, count)
    assert {answer.result() for answer in answers} == {202}
    assert most <= 2 * 2 * 10 + 2 + 1, "ten for each web process, two of the train worker, and the one that counts"
    for worker in site.workers:
        worker.work()
    site.wait_until_ready()
    wait_until(lambda: unread(site) == 0)


def test_a_promotion_reaches_every_host_within_ten_seconds(site: Site, tmp_path: Path) -> None:
    other = register_another(site.web[0], tmp_path / "other")
    with Visitors(site) as visitors:
        visitors.wait_for_more(10)
        site.web[1].manage("promote", str(other))
        for worker in site.workers:
            worker.wait_for(f"Reading with version {other}")
        visitors.wait_for_more(10)
    wait_until(lambda: unread(site) == 0)
    [(promoted,)] = site.rows("SELECT promoted_at FROM predictor_modelversion WHERE id = %s", other)
    query = "SELECT done_at - %s FROM predictor_prediction WHERE kind = 'live' AND model_id {} %s AND done_at > %s"
    former = site.rows(query.format("<>"), promoted, other, promoted)
    assert all(after < PROMOTED for (after,) in former)
    assert site.rows(query.format("="), promoted, other, promoted)
    assert visitors.refused == []


def test_what_the_train_host_has_trained_reaches_every_host_within_ten_seconds(site: Site) -> None:
    """From drawings that a web host stored, through snapshots and files in the bucket."""
    site.web[0].manage("shell", "-c", LEARN)
    query = "SELECT status, error, candidate_id FROM predictor_trainingrun"
    with Visitors(site) as visitors:
        wait_until(lambda: site.rows(query)[0][0] in {"done", "failed"}, within=300)
        [(status, error, trained)] = site.rows(query)
        assert (status, error) == ("done", "")
        for worker in site.workers:
            worker.wait_for(f"Reading with version {trained}")
        visitors.wait_for_more(10)
    wait_until(lambda: unread(site) == 0)
    [(promoted,)] = site.rows("SELECT promoted_at FROM predictor_modelversion WHERE id = %s", trained)
    others = "SELECT count(*) FROM predictor_prediction WHERE kind = 'live' AND model_id <> %s AND done_at > %s"
    assert site.rows(others, trained, promoted + PROMOTED) == [(0,)]
    assert visitors.refused == []


def test_workers_without_the_champions_file_read_with_the_former_one_until_it_is_back(site: Site) -> None:
    [(name,)] = site.rows("SELECT artifact FROM predictor_modelversion WHERE status = 'champion'")
    key = f"site/{name}"
    content = site.bucket.content(key)
    site.bucket.delete(key)
    for worker in site.workers:
        worker.kill()
        shutil.rmtree(worker.folder / "data" / "cache")
        worker.work()
    wait_until(lambda: site.readiness()[0] == 503 and len(site.readiness()[1].get("troubles", {})) == 2)
    _, told = site.readiness(1)
    assert set(told["troubles"]) == {"predict@a", "predict@b"}
    assert "predict@a: Version" in told["error"]["message"]
    assert "meanwhile" in told["error"]["message"]
    for worker in site.workers:
        worker.wait_for(f"s3://{BUCKET}/{key} is missing")
    picture = drawn("7", side=100, hand=301)
    answer = requests.post(f"{site.web[0].url}/api/v1/drawings/", files={"image": ("d.png", picture)}, timeout=120)
    assert answer.status_code in {201, 202}
    site.bucket.put(key, content[:-1])
    for worker in site.workers:
        worker.wait_for("isn't the file that its manifest describes")
    site.bucket.put(key, content)
    site.wait_until_ready()
    wait_until(lambda: unread(site) == 0)
    for worker in site.workers:
        assert worker.log.count("This is tried again") == 2, "once for each thing that was wrong"
        assert worker.log.count("has no trouble any more") == 1
        assert "Traceback" not in worker.log
