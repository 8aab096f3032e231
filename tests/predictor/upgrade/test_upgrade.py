"""A site of the former release is started by this one: what waited is read, what it kept is there, it learns on."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from predictor import startup
from predictor.datasets import snapshots
from predictor.models import Dataset, Label, ModelVersion, Prediction, ReviewAction, ReviewItem, TrainingRun
from predictor.reading import worker
from predictor.reading.serving import SERVING
from predictor.training import retraining, run_folder, scheduling
from predictor.versions import registry
from tests.predictor.reviews import Desk
from tests.predictor.upgrade.former_site import KINDS, LAST, FormerSite, Writing


@contextmanager
def another_database(folder: Path) -> Iterator[None]:
    """An empty database in the place of the tests' own."""
    former = connection.settings_dict["NAME"]
    name = str(folder / "former.sqlite3") if connection.vendor == "sqlite" else f"former_{uuid4().hex}"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = former


@pytest.fixture
def former(
    django_db_setup: None, django_db_blocker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FormerSite]:
    monkeypatch.setattr(SERVING, "_serving", None)
    monkeypatch.setattr(SERVING, "_seen_at", -math.inf)
    with django_db_blocker.unblock(), another_database(tmp_path):
        call_command("migrate", verbosity=0, app_label=LAST[0], migration_name=LAST[1])
        for app in ("auth", "admin", "contenttypes", "sessions"):
            call_command("migrate", verbosity=0, app_label=app)
        apps = MigrationExecutor(connection).loader.project_state(LAST).apps
        yield Writing(apps, tmp_path).write()
        for version in ModelVersion.objects.all():
            for stored in filter(None, (version.artifact, version.finder)):
                stored.storage.delete(stored.name)
        run_folder.clear_all_but([])


@pytest.fixture
def upgraded(former: FormerSite) -> FormerSite:
    """Started as every start is: with `prepare`."""
    startup.prepare(say=lambda _: None)
    return former


def test_what_was_queued_is_read_whoever_isolated_it(upgraded: FormerSite) -> None:
    SERVING.refresh(wait=True)
    for prediction in upgraded.queued:
        worker.read(prediction)
    read = Prediction.objects.filter(pk__in=upgraded.queued).values_list("status", "text", "model")
    assert list(read) == [("done", "7", upgraded.champion)] * 3


def test_labels_versions_and_the_snapshot_are_as_they_were(upgraded: FormerSite) -> None:
    columns = ("pk", "drawing_id", "revision", "text", "by", "state", "decided_by_id")
    assert list(Label.objects.order_by("pk").values_list(*columns)) == upgraded.labels
    assert registry.champion_id() == upgraded.champion
    assert ModelVersion.objects.get(pk=upgraded.candidate).status == "candidate"
    bundled, _, _, with_a_finder = ModelVersion.objects.order_by("pk")
    assert (bundled.status, with_a_finder.status) == ("retired", "candidate")
    assert registry.manifest_of(bundled).sha256 == registry.manifest_of(with_a_finder).sha256
    dataset = Dataset.objects.get()
    assert dataset.pk == upgraded.dataset
    assert dataset.sealed
    assert snapshots.is_intact(dataset)


def test_what_waits_for_review_is_handed_out_and_decided(no_lots: None, upgraded: FormerSite) -> None:
    *mine, second = upgraded.reviewed
    assert set(ReviewItem.objects.filter(closed_at=None).values_list("pk", flat=True)) == {*mine, second}
    scores = ReviewItem.objects.order_by("score").values_list("pk", flat=True)
    assert list(scores) == [*mine, second]
    assert ReviewAction.objects.get().text == "7"
    anna, bert = Desk("anna"), Desk("bert")
    shown = anna.next(50)
    assert {each["id"] for each in shown} == {str(drawing) for drawing in mine}, "her own decision isn't hers to second"
    for each in shown:
        assert "action" in anna.answer(each, "7")
    assert [each["id"] for each in bert.next(50)] == [str(second)]
    assert len(mine) == len(KINDS)


def test_a_training_that_was_paused_goes_on(
    upgraded: FormerSite, small: None, learns_nothing: None, open_gate: None
) -> None:
    scheduling.sweep()
    run = TrainingRun.objects.get()
    assert (run.pk, run.status, run.attempts) == (upgraded.run, "queued", 1)
    done: Any = retraining.work_on(run.pk)
    assert (done.status, done.attempts, done.dataset_id) == ("done", 2, upgraded.dataset)
    assert registry.champion_id() == done.candidate_id
