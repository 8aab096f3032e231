"""The same behaviour on PostgreSQL: the tests in which rows are locked, claimed, compared and counted, once more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKED = (
    "api/test_put_drawing.py",
    "admin/test_long_lists.py",
    "review/test_claims.py",
    "datasets/test_sealed_datasets.py",
    "reading/test_queue.py",
    "reading/test_worker.py",
    "test_two_factor.py",
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


@pytest.mark.slow
@pytest.mark.parametrize(("database", "names"), [("locks", LOCKED), ("counts", COUNTED)], ids=["locks", "counts"])
def test_it_behaves_the_same_on_postgresql(database_url: str, database: str, names: tuple[str, ...]) -> None:
    files = [str(ROOT / "tests" / "predictor" / name) for name in names]
    environment = {**os.environ, "DATABASE_URL": f"{database_url.rpartition('/')[0]}/{database}"}
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
