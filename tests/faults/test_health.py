"""`/readyz` tells the truth while something is broken, and the site recovers by itself once it isn't."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.support.stack import Site, wait_until
from tests.predictor.pictures import drawn

pytestmark = pytest.mark.slow

ROOT_OBEYS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
"""Starts a process of root that keeps to the permissions of files."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("faults")
    made = Site(folder / "data", prefix=ROOT_OBEYS if os.geteuid() == 0 else (), DIGITSITE_CACHE=str(folder / "cache"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def missing(site: Site) -> dict[str, Any]:
    """What the site says is missing; {} if it is ready."""
    answer = requests.get(f"{site.url}/readyz", timeout=30)
    assert (answer.status_code == 200) == (answer.json()["status"] == "ready")
    return dict(answer.json().get("error", {}).get("fields", {}))


def send(site: Site, count: int = 20) -> list[int]:
    """Sends drawings at once; returns the answers' statuses."""

    def post(hand: int) -> int:
        files = {"image": ("d.png", drawn("7", side=100, hand=hand), "image/png")}
        return requests.post(f"{site.url}/api/v1/drawings/", files=files, timeout=120).status_code

    with ThreadPoolExecutor(count) as clients:
        return list(clients.map(post, range(count)))


def statuses(site: Site) -> list[str]:
    with sqlite3.connect(site.data / "digitsite.sqlite3") as rows:
        return [status for (status,) in rows.execute("SELECT status FROM predictor_prediction")]


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    files = list(site.data.glob("digitsite.sqlite3*"))
    for path in (*files, site.data):
        path.chmod(0o500)
    try:
        yield
    finally:
        site.data.chmod(0o700)
        for path in files:
            path.chmod(0o600)


def test_a_database_that_is_read_only_for_a_while_takes_everything_afterwards(site: Site) -> None:
    accepted = send(site)
    with read_only(site):
        for pid in site.pids("-Q predict"):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "database" in missing(site))
        accepted += send(site)
        assert set(accepted) <= {201, 202, 503}
    wait_until(lambda: not missing(site))
    later = send(site) + send(site)
    assert set(later) <= {201, 202}
    wait_until(lambda: "queued" not in statuses(site))
    stored = sum(status != 503 for status in accepted + later)
    assert statuses(site).count("done") == stored


def test_a_worker_that_hangs_is_noticed_and_replaced(site: Site) -> None:
    [hung] = site.pids("-Q predict")
    os.kill(hung, signal.SIGSTOP)
    wait_until(lambda: "worker" in missing(site))
    before = len(statuses(site))
    assert set(send(site)) == {202}
    wait_until(lambda: not missing(site))
    assert hung not in site.pids("-Q predict")
    wait_until(lambda: "queued" not in statuses(site))
    assert len(statuses(site)) == before + 20


def test_networks_that_are_cut_short_everywhere_are_put_back_from_the_release(site: Site) -> None:
    stored = list((site.data / "media" / "models").glob("*.reader.*"))
    whole = {file: file.read_bytes() for file in stored}
    for file in stored:
        file.write_bytes(whole[file][:1000])
    shutil.rmtree(Path(site.environment["DIGITSITE_CACHE"]) / "networks")
    wait_until(lambda: {file: file.read_bytes() for file in stored} == whole)
    wait_until(lambda: not missing(site))
    assert set(send(site)) <= {201, 202}
