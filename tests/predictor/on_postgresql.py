"""What only a database with a server can lose: its connections. Run by tests/test_postgresql.py."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection

from predictor import errors
from predictor.datasets import snapshot_glyphs
from predictor.models import Dataset, ModelVersion, Side, TrainingRun
from predictor.training import retraining, run_folder, scheduling, stages
from predictor.training.config import Config
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact


def cut() -> None:
    """Every connection of the site to its database ends, as when the server's operator ends them."""
    settings = connection.settings_dict
    address = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **address) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [settings["NAME"]],
        )


def test_a_server_that_stands_still_is_given_up_and_asked_again(transactional_db: None, settings: Any) -> None:
    settings.DIGITSITE_DATABASE_SECONDS = 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
        os.kill(backend, signal.SIGSTOP)
        try:
            with pytest.raises(OperationalError, match="hasn't answered for 1 s"):
                cursor.execute("SELECT 1")
        finally:
            os.kill(backend, signal.SIGCONT)
    close_old_connections()
    assert not TrainingRun.objects.exists()


def test_a_training_outlives_its_connections_where_it_needs_none(
    lessons: None, small: None, learns_nothing: None, open_gate: None
) -> None:
    """While the pictures that judge are drawn; before the next stage it connects anew."""
    cuts: list[str] = []

    def report(what: str, _progress: float) -> None:
        if what.startswith("Evaluation pictures") and not cuts:
            cuts.append(what)
            cut()

    run: Any = retraining.work_on(scheduling.request_run(Config(epochs=1)).pk, report=report)
    assert cuts
    assert (run.status, run.promoted, run.attempts) == ("done", True, 1)


def test_a_training_that_loses_its_connection_while_it_reads_is_queued_again_and_goes_on(
    lessons: None, small: None, learns_nothing: None, open_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = snapshot_glyphs.examples

    def examples_and_cut(dataset: Dataset, side: str, **values: Any) -> snapshot_glyphs.Examples:
        found = examples(dataset, side, **values)
        if side == Side.VALIDATION:
            cut()
        return found

    run: Any = scheduling.request_run(Config(epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(stages, "examples", examples_and_cut)
        with pytest.raises(OperationalError):
            retraining.work_on(run.pk)
    waiting = TrainingRun.objects.get()
    assert (waiting.status, waiting.attempts, waiting.error) == ("queued", 1, "")
    run = retraining.work_on(run.pk)
    assert (run.status, run.promoted, run.attempts) == ("done", True, 2)


def test_a_promotion_that_loses_its_connection_has_not_happened(
    lessons: None,
    small: None,
    learns_nothing: None,
    open_gate: None,
    champion: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    promote = registry.promote

    def promote_and_cut(*, version: ModelVersion) -> None:
        promote(version=version)
        cut()

    run: Any = scheduling.request_run(Config(epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(registry, "promote", promote_and_cut)
        with pytest.raises(OperationalError):
            retraining.work_on(run.pk)
    assert registry.champion() == champion
    assert ModelVersion.objects.count() == 1
    waiting = TrainingRun.objects.get()
    assert (waiting.status, waiting.promoted, waiting.candidate) == ("queued", False, None)
    assert run_folder.of(run.pk).is_dir()
    run = retraining.work_on(run.pk)
    assert run.promoted
    assert registry.champion() == run.candidate


def test_of_two_promotions_at_once_one_is_told_of_the_other(
    transactional_db: None, champion: ModelVersion, tmp_path: Path
) -> None:
    others = [registry.add_version(folder=another_artifact(tmp_path)) for _ in range(2)]
    start = Barrier(len(others))

    def promote(version: ModelVersion) -> str:
        start.wait()
        try:
            registry.promote(version=version)
        except errors.Conflict:
            return "refused"
        finally:
            connection.close()
        return "promoted"

    with ThreadPoolExecutor() as pool:
        told = sorted(pool.map(promote, others))
    assert told in (["promoted", "refused"], ["promoted", "promoted"]), "one after the other is fine, too"
    assert ModelVersion.objects.filter(status="champion").count() == 1


def test_queries_are_not_compiled(db: None) -> None:
    """Compiling the query of the review queue takes a hundred times as long as answering it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
