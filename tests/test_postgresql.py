"""The same behaviour on PostgreSQL: the tests in which rows are locked, claimed, compared and counted, once more."""

import os
import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.e2e.support.stack import free_port

ROOT = Path(__file__).resolve().parent.parent
LOCKED = (
    "api/test_put_drawing.py",
    "admin/test_long_lists.py",
    "review/test_claims.py",
    "datasets/test_sealed_datasets.py",
    "reading/test_queue.py",
    "reading/test_worker.py",
    "upgrade/test_upgrade.py",
    "on_postgresql.py",
)
COUNTED = (
    "api/test_get_drawings.py",
    "api/test_delete_drawing.py",
    "api/test_label.py",
    "review/test_review.py",
    "review/test_actions.py",
    "review/test_queue.py",
    "versions/test_registry.py",
    "datasets/test_datasets.py",
    "datasets/test_sides.py",
    "training/test_retraining.py",
    "training/test_runs.py",
    "reading/test_shadow.py",
    "reading/test_rereading.py",
)


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of the test's own, gone with it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        missing("postgresql", "PostgreSQL")
    folder = tmp_path_factory.mktemp("postgresql")
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        outside = Path(tempfile.gettempdir())
        for parent in folder.parents:
            if parent != outside and parent.is_relative_to(outside):
                parent.chmod(0o755)
    data, port = folder / "data", free_port()
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder}
    options = ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
    subprocess.run([*as_user, str(found[-1] / "initdb"), "-D", str(data), *options], check=True, **quiet)
    command = [*as_user, str(found[-1] / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-F"]
    server = subprocess.Popen([*command, "-h", "127.0.0.1"], stderr=subprocess.DEVNULL, **quiet)
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    try:
        _wait(url)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str) -> None:
    import psycopg

    for _ in range(1200):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("PostgreSQL does not start")


@pytest.mark.parametrize("names", [LOCKED, pytest.param(COUNTED, marks=pytest.mark.slow)], ids=["locks", "counts"])
def test_it_behaves_the_same_on_postgresql(database_url: str, names: tuple[str, ...]) -> None:
    files = [str(ROOT / "tests" / "predictor" / name) for name in names]
    environment = {**os.environ, "DATABASE_URL": database_url}
    done = subprocess.run(
        # The whole cluster goes away afterwards: dropping the database first would only take time.
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--reuse-db", *files],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "skipped" not in done.stdout.splitlines()[-1]
