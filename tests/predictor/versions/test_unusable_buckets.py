"""A bucket that can't be used: what is wrong is named, and what to do; nothing is registered or failed by it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import CommandError
from django.test import Client

from predictor import errors, startup
from predictor.models import ModelVersion
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.stored import run
from tests.s3 import BUCKET, S3Server

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "can't be reached: check AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "no address"}, "check AWS_ENDPOINT_URL"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "needs keys: set AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": ""}, "needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_a_wrong_address_or_missing_keys_are_named(
    bucket: S3Server, changed: dict[str, str], advice: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in changed.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(errors.Unavailable, match=advice):
        registry.register_bundled()
    assert not ModelVersion.objects.exists()


def test_a_bucket_that_is_not_there_and_keys_that_are_refused_are_named(
    bucket: S3Server, use_storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_storage("s3://nowhere")
    monkeypatch.setattr(startup, "_collect_static", lambda say: None)
    with pytest.raises(CommandError, match=r"s3://nowhere doesn't exist: create the bucket"):
        run("prepare")
    use_storage(f"s3://{BUCKET}")
    with bucket.refusing():
        with pytest.raises(errors.Unavailable, match="refuses the keys: check AWS_ACCESS_KEY_ID"):
            registry.register_bundled()
        said = [check for check in run_checks(include_deployment_checks=True) if check.id == "digitsite.E001"]
        assert "refuses the keys" in said[0].msg
    assert not [check for check in run_checks(include_deployment_checks=True) if check.id == "digitsite.E001"]


def test_a_version_stays_a_candidate_while_the_storage_cant_be_reached(
    bucket: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_storage: Any
) -> None:
    registry.register_bundled()
    version = registry.add_version(folder=another_artifact(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_storage(f"s3://{BUCKET}/site")
    with pytest.raises(CommandError, match="can't be reached"):
        run("promote", version.pk)
    version.refresh_from_db()
    assert version.status == "candidate"


def test_a_versions_page_opens_without_the_storage_and_says_what_is_the_matter(
    bucket: S3Server, reviewer: User, client: Client, monkeypatch: pytest.MonkeyPatch, use_storage: Any
) -> None:
    version = registry.register_bundled()
    client.force_login(reviewer)
    page = f"/admin/predictor/modelversion/{version.pk}/change/"
    assert "3.3 MB" in client.get(page).content.decode()
    bucket.delete(f"site/{version.artifact.name}")
    assert "gone" in client.get(page).content.decode()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_storage(f"s3://{BUCKET}/site")
    assert "check AWS_ENDPOINT_URL" in client.get(page).content.decode()
