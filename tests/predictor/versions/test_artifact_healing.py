"""What is lost or damaged of the networks' files comes back, and what is there serves meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage, default_storage

from ml.network.manifest import BUNDLED, Manifest
from predictor.versions import artifact_files, loading, registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.versions.hosts import Host, replace_stored
from tests.s3 import BUCKET, S3Server

pytestmark = pytest.mark.usefixtures("transactional_db")


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
    bucket: S3Server,
    hosts: tuple[Host, Host],
    monkeypatch: pytest.MonkeyPatch,
    use_storage: Any,
    without_bundle_later: Callable[[], None],
) -> None:
    first, second = hosts
    first.act(registry.register_bundled)
    without_bundle_later()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_storage(f"s3://{BUCKET}/site")
    began = time.monotonic()
    assert not second.beats()
    assert time.monotonic() - began < 30
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.url)
    use_storage(f"s3://{BUCKET}/site")
    assert second.beats()
    assert loading.champions_finder().file.is_file()


def test_a_host_without_storage_and_copies_reads_with_the_bundled_files(
    bucket: S3Server, hosts: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch, use_storage: Any
) -> None:
    first, second = hosts
    version = first.act(registry.register_bundled)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_storage(f"s3://{BUCKET}/site")
    assert second.beats()
    assert second.version == version.pk
