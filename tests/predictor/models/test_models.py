"""`GET /api/v1/models/` and `models/champion/`."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from ml.network.manifest import BUNDLED, Manifest
from predictor.models import Drawing, ModelVersion, Owner, Prediction
from tests.predictor.people import API, error_of


def test_it_lists_the_versions_newest_first(client: Client, champion: ModelVersion) -> None:
    older = ModelVersion.objects.create(sha256="older", format_version=1, preprocessing_version=1, status="retired")
    newer = ModelVersion.objects.create(
        sha256="newer", format_version=1, preprocessing_version=1, parent=champion, metrics={"mnist_test": 0.99}
    )
    shown = client.get(f"{API}models/").json()
    assert [each["version"] for each in shown] == [str(newer.pk), str(older.pk), str(champion.pk)]
    assert shown[0]["parent"] == str(champion.pk)
    assert shown[0]["metrics"] == {"mnist_test": 0.99}
    assert [each["status"] for each in shown] == ["candidate", "retired", "champion"]


def test_it_shows_the_champion(client: Client, champion: ModelVersion) -> None:
    manifest = Manifest.read(BUNDLED)
    answer = client.get(f"{API}models/champion/")
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["version"] == str(champion.pk)
    assert (shown["status"], shown["bundled"], shown["parent"]) == ("champion", True, None)
    assert (shown["sha256"], shown["metrics"], shown["network"]) == (
        manifest.artifact_sha256,
        manifest.metrics,
        "reader",
    )


def test_before_there_is_one_it_is_not_found(client: Client, db: Any) -> None:
    assert client.get(f"{API}models/").json() == []
    answer = client.get(f"{API}models/champion/")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


def test_where_the_artifact_lies_is_nobodys_business(client: Client, champion: ModelVersion) -> None:
    assert champion.artifact.name not in client.get(f"{API}models/champion/").content.decode()


def test_the_release_before_finders_still_writes_its_rows(champion: ModelVersion, writer: Owner) -> None:
    """Its processes may run on while the new release migrates."""
    former = MigrationExecutor(connection).loader.project_state(("predictor", "0010_learning")).apps
    version = former.get_model("predictor", "ModelVersion").objects.create(
        sha256="former", format_version=1, preprocessing_version=1
    )
    assert ModelVersion.objects.get(pk=version.pk).finder == ""
    drawing = Drawing.objects.create(owner=writer, image=b"", width=1, height=1)
    read = former.get_model("predictor", "Prediction").objects.create(drawing_id=drawing.pk, revision=1)
    assert Prediction.objects.get(pk=read.pk).several is False
