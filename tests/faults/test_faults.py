"""One fault at a time, while people draw: nothing that was acknowledged is lost, `/readyz` tells the truth, and the
site is well again within 10 s.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import requests

from ml.network.manifest import BUNDLED, MANIFEST_FILE, MODEL_FILE, Manifest, onnx_file, sha256_of
from tests.e2e.support.postgresql import PostgreSQL
from tests.e2e.support.stack import ROOT, free_port, wait_until
from tests.faults.faults import OF_FILES, ON_POSTGRESQL, ON_SQLITE, Fault
from tests.faults.findings import busy, kept, last_ready, ledger, nothing_is_lost, read_by_now
from tests.faults.sites import Stricken, on_postgresql, on_sqlite
from tests.faults.watch import Watch
from tests.reliability import Note

pytestmark = pytest.mark.slow

NOTICED_SECONDS = 3.0
HEALTH_SECONDS = 5.0
"""`/healthz` takes milliseconds, but the machine may be busy."""
SIDE_BY_SIDE = 60
"""Drawings."""


@pytest.fixture(scope="module")
def sqlite_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stricken]:
    with on_sqlite(tmp_path_factory.mktemp("sqlite")) as site:
        yield site


@pytest.fixture(scope="module")
def postgresql_site(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[Stricken]:
    with on_postgresql(tmp_path_factory.mktemp("postgresql-site"), postgresql) as site:
        yield site


@pytest.fixture(scope="module")
def with_a_version_of_its_own(sqlite_site: Stricken, tmp_path_factory: pytest.TempPathFactory) -> Stricken:
    """The bundled networks in another file are the champion: the release can't put it back."""
    made = shutil.copytree(BUNDLED, tmp_path_factory.mktemp("networks") / "other")
    with (made / MODEL_FILE).open("ab") as file:
        file.write(b"another")
    manifest, sha256 = Manifest.read(made), sha256_of(made / MODEL_FILE)
    onnx = {**manifest.onnx, sha256: sha256_of(onnx_file(made / MODEL_FILE))}
    (made / MANIFEST_FILE).write_text(json.dumps(asdict(replace(manifest, sha256=sha256, onnx=onnx))))
    code = f"from pathlib import Path\nfrom predictor.versions import registry\nfolder = Path({str(made)!r})\n"
    said = sqlite_site.site.manage("shell", "-c", f"{code}print('made', registry.add_version(folder=folder).pk)")
    [version] = re.findall(r"made (\d+)", said)
    sqlite_site.site.manage("promote", version)
    wait_until(lambda: answers(f"{sqlite_site.site.url}/readyz"))
    return sqlite_site


@pytest.mark.parametrize("fault", ON_SQLITE, ids=str)
def test_on_sqlite(sqlite_site: Stricken, fault: Fault, reliability: Note) -> None:
    live_through(sqlite_site, fault, reliability)


@pytest.mark.parametrize("fault", OF_FILES, ids=str)
def test_of_files(with_a_version_of_its_own: Stricken, fault: Fault, reliability: Note) -> None:
    live_through(with_a_version_of_its_own, fault, reliability)


@pytest.mark.parametrize("fault", ON_POSTGRESQL, ids=str)
def test_on_postgresql(postgresql_site: Stricken, fault: Fault, reliability: Note) -> None:
    live_through(postgresql_site, fault, reliability)


def live_through(stricken: Stricken, fault: Fault, reliability: Note) -> None:
    with Watch(stricken.site.url) as watch:
        watch.wait_until_well(time.time())
        struck = time.time()
        with fault.strike(stricken):
            time.sleep(fault.lasts)
            gone = time.time()
        well = watch.wait_until_well(gone if fault.lasts else struck)
    rows = read_by_now(stricken)
    reliability(
        "faults",
        f"{stricken.database}: {fault.what}",
        f"{ledger(watch)}; {kept(watch, rows)}; ready for {last_ready(watch, struck):.1f} s more; "
        f"well again after {well:.1f} s; `/healthz` at most {watch.slowest_health():.2f} s",
    )
    nothing_is_lost(watch, rows)
    read_at = [row.read_at for each in rows.values() for row in each]
    noticed = NOTICED_SECONDS * busy()
    assert watch.lies(read_at, grace=noticed + 1) == []
    if fault.is_noticed:
        until = gone if fault.lasts else struck + noticed + 1
        assert watch.ready_between(struck + noticed, until) == []
        assert last_ready(watch, struck) < noticed
    assert well < fault.well_within * busy()
    if fault.spares_web:
        assert {each.status for each in watch.health} == {200}
        assert watch.slowest_health() < HEALTH_SECONDS * busy()


# ── two versions ──


@pytest.fixture(scope="module")
def former_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's code from before the newest migration."""
    newest = max((ROOT / "predictor" / "migrations").glob("0*.py")).relative_to(ROOT)
    log = ["log", "--first-parent", "-m", "--diff-filter=A", "--format=%H", "-1", "--", str(newest)]
    added = git(*log).stdout.decode().strip() if shutil.which("git") else ""
    archive = git("archive", f"{added}^1") if added else None
    if archive is None or archive.returncode:
        pytest.skip("the former version isn't in this clone's history (git fetch --unshallow)")
    folder = tmp_path_factory.mktemp("former")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


def git(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=False)


@contextmanager
def former_version(stricken: Stricken, code: Path) -> Iterator[str]:
    """A web process and a predict worker of the former version beside the site's own. Yields the web's address."""
    port, data = free_port(), code / "var"
    environment = {**stricken.site.environment, "DIGITSITE_DATA": str(data), "DIGITSITE_CACHE": str(data / "cache")}
    web = ("gunicorn", "digitsite.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "32", "--no-control-socket")
    worker = ("celery", "-A", "digitsite", "worker", "-Q", "predict", "-P", "solo", "-n", "predict@former")
    started = []
    data.mkdir(exist_ok=True)
    try:
        for command in (web, worker):
            with (data / f"{command[0]}.log").open("wb") as log:
                options = {"cwd": code, "env": environment, "stdout": log, "stderr": log}
                started.append(subprocess.Popen([sys.executable, "-m", *command], **options))  # type: ignore[call-overload]
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
        yield f"http://127.0.0.1:{port}"
    finally:
        for process in started:
            process.terminate()
            process.wait(30)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).status_code == 200
    except requests.RequestException:
        return False


def test_two_versions_side_by_side(postgresql_site: Stricken, former_code: Path, reliability: Note) -> None:
    """Hosts are updated one after the other: both versions store and read, on the newer one's database."""
    with (
        former_version(postgresql_site, former_code) as former,
        Watch(postgresql_site.site.url, former) as watch,
    ):
        watch.wait_until_well(time.time())
        postgresql_site.send(signal.SIGKILL, "-Q predict")
        well = watch.wait_until_well(time.time())
        enough = len(watch.drawings) + SIDE_BY_SIDE
        wait_until(lambda: len(watch.drawings) > enough)
    rows = read_by_now(postgresql_site)
    seen = f"{ledger(watch)}; {kept(watch, rows)}; well again after {well:.1f} s without the newer worker"
    reliability("faults", "PostgreSQL: two versions side by side", seen)
    nothing_is_lost(watch, rows)
