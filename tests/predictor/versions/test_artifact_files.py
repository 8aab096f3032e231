"""The networks' files on several hosts: one storage, a folder or a bucket, and each host's own copies."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.test import Client

from ml.network.manifest import BUNDLED, Manifest, sha256_of
from predictor.models import ModelVersion
from predictor.reading import queue
from predictor.versions import artifact_files, registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.pictures import drawn
from tests.predictor.stored import run
from tests.predictor.versions.hosts import Host, replace_stored

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_another_host_reads_with_what_one_has_registered_and_promoted(
    storage: None, hosts: tuple[Host, Host], tmp_path: Path
) -> None:
    first, second = hosts
    bundled = first.act(registry.register_bundled)
    assert first.beats()
    assert second.beats()
    copies = sorted((second.copies / bundled.sha256).glob("[a-z]*"))
    assert [file.name for file in copies] == ["finder.keras", "finder.onnx", "reader.keras", "reader.onnx"]
    assert all(file.read_bytes() == (BUNDLED / file.name).read_bytes() for file in copies)
    other = first.act(registry.add_version, folder=another_artifact(tmp_path))
    first.act(registry.promote, version=other)
    assert second.beats()
    assert (first.version, second.version) == (bundled.pk, other.pk), "the first has had no heartbeat since"
    assert first.beats()
    assert first.version == other.pk


def test_a_worker_whose_files_are_gone_takes_no_tasks_says_so_and_goes_on_when_they_are_back(
    storage: None, hosts: tuple[Host, Host], client: Client, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    first, second = hosts
    folder = another_artifact(tmp_path)
    version = first.act(registry.add_version, folder=folder)
    first.act(registry.promote, version=version)
    shutil.rmtree(first.copies)
    name = version.artifact.name
    default_storage.delete(name)
    for _ in range(3):
        assert not second.beats()
    told = client.get("/readyz")
    said = f"predict@b: {_cant_be_loaded(version)}"
    assert told.status_code == 503
    assert told.json()["error"]["fields"]["champion"] == [said]
    assert name not in told.text
    assert caplog.text.count(f"{Path(name).name} is missing") == 1, "the log says it once"
    assert "Traceback" not in caplog.text
    first.act(artifact_files.put, version, folder)
    assert second.beats()
    told = client.get("/readyz")
    assert (told.status_code, told.json()["status"]) == (200, "ready")
    assert "troubles" not in told.json()


def _cant_be_loaded(version: ModelVersion) -> str:
    return f"Version {version.pk} can't be loaded: a file of it is missing or damaged."


def test_a_site_is_ready_while_one_host_reads_and_says_what_the_other_lacks(
    storage: None, hosts: tuple[Host, Host], client: Client, without_bundle_later: Callable[[], None]
) -> None:
    first, second = hosts
    version = first.act(registry.register_bundled)
    without_bundle_later()
    assert first.beats()
    default_storage.delete(version.finder.name)
    assert not second.beats()
    told = client.get("/readyz")
    assert told.status_code == 200
    assert told.json()["troubles"] == {"predict@b": _cant_be_loaded(version)}


def test_a_former_champion_reads_only_while_nobody_reads_with_the_champion(
    storage: None, hosts: tuple[Host, Host], client: Client, redis: Any, tmp_path: Path
) -> None:
    first, second = hosts
    bundled = first.act(registry.register_bundled)
    other = first.act(registry.add_version, folder=another_artifact(tmp_path))
    first.act(registry.promote, version=other)
    assert first.beats()
    default_storage.delete(other.artifact.name)
    assert not second.beats(), "the first host reads with the champion"
    redis.delete(queue.READY_KEY)
    assert second.beats(), "nobody else is there"
    assert second.version == bundled.pk
    told = client.get("/readyz")
    assert told.status_code == 503
    assert told.json()["worker"] is True
    said = f"predict@b: {_cant_be_loaded(other)} This worker reads with version {bundled.pk} meanwhile."
    assert told.json()["error"]["fields"] == {"champion": [said]}
    admin = User.objects.create_superuser("operator")
    client.force_login(admin)
    page = client.get(f"/admin/predictor/modelversion/{other.pk}/change/")
    assert f"reads with version {bundled.pk} meanwhile" in page.content.decode()
    first.act(artifact_files.verify, other)
    assert second.beats()
    assert second.version == other.pk
    assert client.get("/readyz").status_code == 200


def test_wrong_bytes_in_the_storage_are_refused_by_name(
    storage: None, hosts: tuple[Host, Host], tmp_path: Path
) -> None:
    first, second = hosts
    bundled = first.act(registry.register_bundled)
    other = first.act(registry.add_version, folder=another_artifact(tmp_path))
    place = artifact_files.place_of(other.artifact.name)
    replace_stored(other.artifact.name, b"another network")
    with pytest.raises(CommandError, match=f"{place} isn't the file that its manifest describes"):
        first.act(run, "promote", other.pk)
    assert registry.champion_id() == bundled.pk
    ModelVersion.objects.filter(pk=bundled.pk).update(status="retired")
    ModelVersion.objects.filter(pk=other.pk).update(status="champion")
    assert second.beats()
    assert second.version == bundled.pk
    assert not (second.copies / other.sha256 / "reader.keras").exists()
    (tmp_path / "set" / "7").mkdir(parents=True)
    (tmp_path / "set" / "7" / "a.png").write_bytes(drawn("7", side=100))
    with pytest.raises(CommandError, match=f"Version {other.pk} can't be loaded: {place} isn't the file"):
        second.act(run, "evaluate", tmp_path / "set", model=[other.pk])


def test_hosts_that_prepare_at_the_same_time_get_the_same_champion(
    storage: None, hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    promote = registry.promote

    def promote_after_the_other(*, version: ModelVersion) -> None:
        monkeypatch.setattr(registry, "promote", promote)
        promote(version=version)
        raise registry.OtherPromotion("Another version became the champion at the same time.")

    monkeypatch.setattr(registry, "promote", promote_after_the_other)
    assert registry.register_bundled().status == "champion"


def test_copies_that_are_made_at_the_same_time_are_whole(storage: None, hosts: tuple[Host, Host]) -> None:
    first, second = hosts
    version = first.act(registry.register_bundled)

    def copy(_: int) -> str:
        return sha256_of(second.act(artifact_files.reader_of, version))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(copy, range(24))) == {Manifest.read(BUNDLED).sha256}
    assert [file.name for file in (second.copies / version.sha256).glob("[a-z]*")] == ["reader.keras"]
