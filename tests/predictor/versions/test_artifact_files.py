"""The networks' files on several hosts: one storage, a folder or a bucket, and each host's own copies."""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import Storage, default_storage
from django.core.management import CommandError
from django.test import Client
from pytest_django import Settings

from ml.atomic_files import replacing
from ml.network.manifest import BUNDLED, Manifest, sha256_of
from predictor.models import ModelVersion
from predictor.reading import heartbeat, queue, serving
from predictor.reading.serving import _Holder
from predictor.versions import artifact_files, loading, registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.pictures import drawn
from tests.predictor.stored import run
from tests.s3 import BUCKET, S3Server

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, use_storage: Callable[[str], None], tmp_path: Path) -> None:
    """A storage that several hosts share."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
    else:
        use_storage(str(tmp_path / "shared"))


class Host:
    """A host with a predict worker; what it does, it does with its own copies."""

    def __init__(self, name: str, folder: Path, settings: Settings, patch: pytest.MonkeyPatch) -> None:
        self.worker = f"predict@{name}"
        self.copies = folder / name
        self._settings, self._patch = settings, patch
        self._holder = _Holder()

    def act(self, do: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        self._settings.NETWORKS_DIR = self.copies
        return do(*arguments, **named)

    def beats(self) -> bool:
        """Whether its worker may take tasks. A network is loaded at once, not beside the heartbeat."""
        self._patch.setattr(heartbeat, "SERVING", self._holder)
        return bool(self.act(heartbeat.start, self.worker))

    @property
    def version(self) -> int | None:
        held = self._holder.current()
        return held.version if held else None


@pytest.fixture
def hosts(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Host, Host]:
    """Two that share storage, database and Redis."""
    monkeypatch.setattr(serving, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(serving, "RETRY_TIMES", 0.0)
    first, second = (Host(name, tmp_path, settings, monkeypatch) for name in ("a", "b"))
    return first, second


@pytest.fixture
def without_bundle_later(request: pytest.FixtureRequest) -> Callable[[], None]:
    """From when it is called, this release's networks are others."""
    return lambda: request.getfixturevalue("without_bundle")


def replace_stored(name: str, content: bytes) -> None:
    default_storage.delete(name)
    with replacing(Path(os.environ["DIGITSITE_DATA"]) / "replaced") as part:
        part.write_bytes(content)
        with part.open("rb") as file:
            default_storage.save(name, artifact_files.File(file))


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


def test_what_the_storage_has_lost_is_put_back_from_the_release(
    storage: None, hosts: tuple[Host, Host], caplog: pytest.LogCaptureFixture
) -> None:
    first, second = hosts
    version = first.act(registry.register_bundled)
    default_storage.delete(version.finder.name)
    replace_stored(version.artifact.name, (BUNDLED / "reader.keras").read_bytes()[:1000])
    assert second.beats()
    assert "Traceback" not in caplog.text
    for stored, name in ((version.artifact, "reader.keras"), (version.finder, "finder.keras")):
        with default_storage.open(stored.name) as file:
            assert file.read() == (BUNDLED / name).read_bytes()


def test_what_the_storage_has_lost_is_put_back_by_a_host_that_has_a_copy(
    storage: None, hosts: tuple[Host, Host], tmp_path: Path
) -> None:
    first, second = hosts
    other = first.act(registry.add_version, folder=another_artifact(tmp_path))
    first.act(artifact_files.reader_of, other)
    replace_stored(other.artifact.name, b"another network")
    first.act(registry.promote, version=other)
    assert second.beats()
    assert second.version == other.pk


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


def test_a_damaged_copy_is_fetched_again(storage: None, hosts: tuple[Host, Host]) -> None:
    host, _ = hosts
    version = host.act(registry.register_bundled)
    copy = host.act(artifact_files.reader_of, version)
    copy.write_bytes(copy.read_bytes()[:-1])
    assert host.act(artifact_files.reader_of, version).read_bytes() == (BUNDLED / "reader.keras").read_bytes()


def test_a_copy_serves_while_the_storage_is_away(hosts: tuple[Host, Host], use_storage: Any, tmp_path: Path) -> None:
    host, _ = hosts
    host.act(registry.register_bundled)
    assert host.beats()
    use_storage(str(tmp_path / "empty"))
    assert Host("a", tmp_path, host._settings, host._patch).beats()


def test_preparing_again_puts_back_what_is_lost_or_damaged_and_touches_nothing_else(
    storage: None, hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = hosts
    manifest = Manifest.read(BUNDLED)
    names = [
        artifact_files.name_of(sha256, f"{network}{suffix}")
        for keras, network in ((manifest.sha256, "reader"), (manifest.finder_sha256, "finder"))
        for sha256, suffix in ((keras, ".keras"), (manifest.onnx[keras], ".onnx"))
    ]
    saved: list[str] = []
    save = Storage.save
    monkeypatch.setattr(Storage, "save", lambda self, name, file: saved.append(name) or save(self, name, file))
    first.act(registry.register_bundled)
    assert saved == [names[0], names[2], names[1], names[3]]
    saved.clear()
    second.act(registry.register_bundled)
    assert saved == []
    default_storage.delete(names[1])
    replace_stored(names[2], b"half a file")
    saved.clear()
    second.act(registry.register_bundled)
    assert sorted(saved) == sorted(names[1:3])
    assert second.beats()


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


@pytest.mark.slow
def test_onnx_files_that_are_lost_are_made_again_for_every_host(
    bucket: S3Server,
    hosts: tuple[Host, Host],
    caplog: pytest.LogCaptureFixture,
    without_bundle_later: Callable[[], None],
) -> None:
    first, second = hosts
    version = first.act(registry.register_bundled)
    without_bundle_later()
    for sha256, name in zip(registry.manifest_of(version).onnx.values(), ("reader.onnx", "finder.onnx"), strict=True):
        default_storage.delete(artifact_files.name_of(sha256, name))
    assert first.beats()
    assert second.beats()
    assert caplog.text.count("are made of its .keras files") == 1


def test_a_worker_without_storage_tries_again_in_its_own_time(
    bucket: S3Server, hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch, use_storage: Any
) -> None:
    first, second = hosts
    first.act(registry.register_bundled)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_storage(f"s3://{BUCKET}/site")
    began = time.monotonic()
    assert not second.beats()
    assert time.monotonic() - began < 30
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.url)
    use_storage(f"s3://{BUCKET}/site")
    assert second.beats()
    assert loading.champions_finder().file.is_file()
