"""Three people, a Redis, and a worker in this process."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from digitsite import broker, environment
from ml.network import manifest as artifacts
from predictor.models import ModelVersion, Owner, Prediction
from predictor.reading import worker as predict_worker
from predictor.training import run_folder, stages
from predictor.versions import artifact_files, registry
from predictor.web import readiness
from tests.predictor import small as small_trainings
from tests.predictor.people import Person
from tests.predictor.reviews import Desk
from tests.predictor.stored import Send, learn, queued, writers
from tests.s3 import BUCKET, S3Server


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Networks are loaded in the background; a thread that outlived its test would ask a closed database."""
    until = time.monotonic() + 30
    # Not `join`: a thread that is just being started is listed, too, and can't be joined.
    while (
        any(thread.name.endswith("(_load_in_thread)") for thread in threading.enumerate()) and time.monotonic() < until
    ):
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def site(
    redis: Any, settings: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site as it is set in these tests: an empty Redis, a host that has no network's files yet, and nobody waits
    for an answer that nobody makes. The probes look anew each time.
    """
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
    settings.DIGITSITE_WAIT = 0.0
    settings.NETWORKS_DIR = tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="session")
def reader() -> Any:
    """The network that ships, loaded once."""
    from ml.network.reader import Reader

    return Reader.bundled()


@pytest.fixture(scope="session")
def finder() -> Any:
    """The ink finder that ships, loaded once."""
    from ml.finder.finder_file import FinderFile

    return FinderFile.of(*artifact_files.finder_of(None)).load()


@pytest.fixture
def champion(db: None, reader: Any, finder: Any, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """The bundled networks as the champion, held by this process as a worker holds them."""
    from predictor.reading.serving import SERVING, Serving, _Files

    version = registry.register_bundled()
    monkeypatch.setattr(SERVING, "_serving", Serving(version.pk, reader, finder))
    monkeypatch.setattr(SERVING, "_seen_at", math.inf)
    monkeypatch.setattr(SERVING, "_failed", None)
    for name, value in {"_stands_in_for": None, "_files": _Files(), "_said": "", "trouble": ""}.items():
        monkeypatch.setattr(SERVING, name, value)
    monkeypatch.setattr(predict_worker, "ISOLATION_SECONDS", 600.0)  # a slow machine reads a batch as a fast one does
    return version


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Started when a test needs it."""
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture
def use_storage(settings: Settings, tmp_path: Path) -> Callable[[str], None]:
    """Sets `DIGITSITE_STORAGE`."""

    def use(url: str) -> None:
        parts = {"default": "", "exports": "exports"}
        kept = {name: environment.storage(url, tmp_path, part) for name, part in parts.items()}
        settings.STORAGES = {**settings.STORAGES, **kept}

    return use


@pytest.fixture
def bucket(s3_server: S3Server, use_storage: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The site keeps its files in an empty bucket."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    s3_server.empty()
    use_storage(f"s3://{BUCKET}/site")
    return s3_server


@pytest.fixture
def without_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """This release's networks are others: what the site's storage lacks isn't in its code."""
    monkeypatch.setattr(artifacts, "BUNDLED", tmp_path_factory.mktemp("another bundle"))


@pytest.fixture
def worker(transactional_db: None, champion: ModelVersion, settings: Settings, redis: Any, monkeypatch: Any) -> None:
    """Does each task as soon as it is added, in this process: what is sent is read when the answer comes."""
    from digitsite.celery import app
    from predictor import tasks  # noqa: F401  (registers them: an unknown task is not run eagerly)

    monkeypatch.setitem(app.conf, "task_always_eager", True)
    monkeypatch.setitem(app.conf, "task_eager_propagates", True)
    monkeypatch.setattr(predict_worker, "WORK_SECONDS", 0)
    settings.DIGITSITE_WAIT = 3.0


@pytest.fixture
def read_waiting(champion: ModelVersion) -> Callable[[], int]:
    """Does by hand what a worker does with the queue; says how many were read."""

    def read() -> int:
        done = 0
        while (waiting := Prediction.objects.filter(status="queued").values_list("pk", flat=True).first()) is not None:
            read_now = predict_worker.read(waiting)
            assert read_now, "what is queued can't be read"
            done += read_now
        return done

    return read


@pytest.fixture
def send(writer: Owner) -> Send:
    """Stores a drawing; gives its queued prediction."""
    return partial(queued, writer)


@pytest.fixture
def redis_is_gone(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody listens where the site's Redis should be."""
    from digitsite.celery import app

    settings.REDIS_URL = f"unix://{tmp_path}/gone.sock?db=0"
    address = broker.celery_form(settings.REDIS_URL)
    monkeypatch.setitem(app.conf, "broker_url", address)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


@pytest.fixture
def owner(db: None) -> Person:
    """A visitor, whose drawings they are."""
    return Person()


@pytest.fixture
def outsider(db: None) -> Person:
    """Another visitor."""
    return Person()


@pytest.fixture
def reviewer(db: None) -> User:
    """Who looks at what visitors say; may do so in the admin."""
    return User.objects.create_superuser("reviewer", password="a reviewer's password")


@pytest.fixture
def writer(db: None) -> Owner:
    """Whose drawings they are, where nobody asks over HTTP."""
    return Owner.objects.create(key="writer")


@pytest.fixture
def database_is_gone(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The database can't be reached: its file, or its server, is somewhere else."""
    from django.db import connection

    connection.close()
    elsewhere = {"NAME": str(tmp_path / "gone" / "db.sqlite3")} if connection.vendor == "sqlite" else {"PORT": "1"}
    with monkeypatch.context() as patch:
        for name, value in elsewhere.items():
            patch.setitem(connection.settings_dict, name, value)
        yield
    connection.close()


# ── trainings ──


@pytest.fixture(scope="session")
def small_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures that judge, drawn once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def small(cache: Path, small_cache: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    small_trainings.shrink(monkeypatch.setattr, cache / "mnist")
    settings.CACHE_DIR = small_cache


@pytest.fixture
def open_gate(settings: Any) -> None:
    settings.GATE = small_trainings.open_gate()


@pytest.fixture
def lessons(transactional_db: None, champion: ModelVersion, reviewer: User) -> Iterator[None]:
    """Ten writers with four drawings each; one of them is validation's, one the test's."""
    for owner in writers(10):
        for digit in "1347":
            learn(owner, reviewer, digit)
    yield
    run_folder.clear_all_but([])


@pytest.fixture
def ruins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that makes everything worse: it shuffles the last layer."""

    def ruin(_config: Any, model: Any, *_: Any) -> Any:
        from ml.network.backend import keras

        candidate = keras.models.clone_model(model)
        weights = model.get_weights()
        candidate.set_weights([*weights[:-2], np.roll(weights[-2], 1, axis=-1), weights[-1]])
        return candidate

    monkeypatch.setattr(stages, "_train", ruin)


@pytest.fixture
def learns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that gives the champion back."""

    def copy(_config: Any, model: Any, *_: Any) -> Any:
        from ml.network.backend import keras

        candidate = keras.models.clone_model(model)
        candidate.set_weights(model.get_weights())
        return candidate

    monkeypatch.setattr(stages, "_train", copy)


@pytest.fixture
def no_lots(settings: Any) -> None:
    """Nothing comes up for review by chance."""
    settings.REVIEW = replace(settings.REVIEW, audit_share=0, second_share=0, check_share=0)


@pytest.fixture
def anna(db: None) -> Desk:
    """One who reviews, at her page."""
    return Desk("anna")


@pytest.fixture
def bert(db: None) -> Desk:
    """Another."""
    return Desk("bert")
