"""The network that a worker holds, and how it exchanges it for another."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from ml.network.manifest import BUNDLED
from predictor.models import ModelVersion
from predictor.reading import serving
from predictor.reading.serving import _Holder
from predictor.versions import artifact_files, loading, registry
from tests.predictor.artifacts import another_artifact, stored, stored_finder


@pytest.fixture
def loaded(reader: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Versions that were loaded; each gives the network of the session, where its artifact is whole."""
    seen: list[int] = []

    def load(number: int) -> Any:
        seen.append(number)
        with loading._ready(registry.get(number)) as version:
            artifact_files.reader_of(version)
        return reader

    monkeypatch.setattr(loading, "load_reader", load)
    return seen


def _other_version(tmp_path: Path) -> ModelVersion:
    return registry.add_version(folder=another_artifact(tmp_path))


@pytest.fixture
def held(champion: ModelVersion, loaded: list[int]) -> _Holder:
    """The champion's networks, as a worker holds them."""
    holder = _Holder()
    holder.refresh(wait=True)
    return holder


@pytest.fixture
def seconds_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the worker's clock go on."""
    clock, passed = time.monotonic, [0.0]
    monkeypatch.setattr(serving.time, "monotonic", lambda: clock() + sum(passed))
    return passed.append


def test_it_loads_the_champion_once(champion: ModelVersion, loaded: list[int]) -> None:
    holder = _Holder()
    for _ in range(2):
        holder.refresh(wait=True)
    assert holder.current().version == champion.pk
    assert holder.reads_a_test_glyph()
    assert loaded == [champion.pk]


def test_without_a_champion_it_reads_nothing_and_says_so(db: None) -> None:
    holder = _Holder()
    assert holder.current() is None
    assert not holder.reads_a_test_glyph()
    assert "manage.py prepare" in holder.trouble


def test_it_takes_up_a_promoted_version_and_serves_the_old_one_until_it_is_loaded(
    transactional_db: None, champion: ModelVersion, held: _Holder, loaded: list[int], tmp_path: Path
) -> None:
    other = _other_version(tmp_path)
    registry.promote(version=other)
    held.refresh(wait=False)
    assert held.current().version in {champion.pk, other.pk}
    until = time.monotonic() + 120
    while held.current().version != other.pk and time.monotonic() < until:
        time.sleep(0.01)
    assert held.current().version == other.pk
    held.refresh(wait=True)
    assert loaded == [champion.pk, other.pk], "what is held isn't loaded again"


@pytest.mark.parametrize("file_of", [stored, stored_finder])
def test_while_the_champion_is_damaged_the_former_one_reads_until_its_file_changes(
    held: _Holder,
    champion: ModelVersion,
    tmp_path: Path,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    seconds_pass: Callable[[float], None],
    file_of: Callable[[ModelVersion], Path],
) -> None:
    other_finder = tmp_path / "finder.keras"
    for file in ("finder.keras", "finder.onnx"):
        shutil.copy(BUNDLED / file, tmp_path)
    with other_finder.open("ab") as file:
        file.write(b"another")
    other = registry.add_version(folder=another_artifact(tmp_path, finder=other_finder))
    registry.promote(version=other)
    settings.NETWORKS_DIR = tmp_path / "another host"
    whole = file_of(other).read_bytes()
    file_of(other).write_bytes(b"damaged")
    held.refresh(wait=True)
    seconds_pass(serving.UNSEEN_SECONDS)
    for _ in range(3):
        held.refresh(wait=True)
    assert held.current().version == champion.pk
    assert held.stands_in
    assert held.trouble == f"{_cant_be_loaded(other)} This worker reads with version {champion.pk} meanwhile."
    assert caplog.text.count(f"{file_of(other)} isn't the file that its manifest describes") == 1
    assert "Traceback" not in caplog.text
    file_of(other).write_bytes(whole)
    held.refresh(wait=True)
    assert held.current().version == other.pk
    assert (held.trouble, held.stands_in) == ("", False)
    assert caplog.text.count("has no trouble any more") == 1


def _cant_be_loaded(version: ModelVersion) -> str:
    return f"Version {version.pk} can't be loaded: a file of it is missing or damaged."


def test_a_worker_that_starts_loads_the_last_champion_that_loads(
    champion: ModelVersion, loaded: list[int], tmp_path: Path, settings: Any
) -> None:
    second, third = _other_version(tmp_path), _other_version(tmp_path)
    for version in (second, third):
        registry.promote(version=version)
        stored(version).unlink()
    settings.NETWORKS_DIR = tmp_path / "another host"
    holder = _Holder()
    holder.refresh(wait=True)
    assert holder.current().version == champion.pk
    assert holder.stands_in
    assert loaded == [third.pk, second.pk, champion.pk]


def test_a_copy_that_is_damaged_while_it_is_read_with_is_mended(
    held: _Holder, champion: ModelVersion, settings: Any
) -> None:
    copy = settings.NETWORKS_DIR / champion.sha256 / "reader.keras"
    copy.write_bytes(b"damaged")
    held.refresh(wait=True)
    assert copy.read_bytes() == (BUNDLED / "reader.keras").read_bytes()
    assert (held.current().version, held.trouble) == (champion.pk, "")


def test_a_champion_whose_files_are_lost_while_it_is_held_reads_on_and_says_so(
    held: _Holder, champion: ModelVersion, settings: Any, without_bundle: None
) -> None:
    whole = stored(champion).read_bytes()
    stored(champion).unlink()
    shutil.rmtree(settings.NETWORKS_DIR / champion.sha256)
    for _ in range(2):
        held.refresh(wait=True)
    assert held.current().version == champion.pk
    assert held.trouble == f"{_cant_be_loaded(champion)} This worker reads with version {champion.pk} meanwhile."
    assert not held.stands_in
    stored(champion).write_bytes(whole)
    held.refresh(wait=True)
    assert held.trouble == ""


def test_a_rollback_from_a_version_that_cant_be_loaded_needs_no_rest(
    held: _Holder, champion: ModelVersion, tmp_path: Path, settings: Any
) -> None:
    other = _other_version(tmp_path)
    registry.promote(version=other)
    settings.NETWORKS_DIR = tmp_path / "another host"
    stored(other).unlink()
    held.refresh(wait=True)
    assert held.stands_in
    registry.rollback()
    held.refresh(wait=True)
    assert held.current().version == champion.pk
    assert (held.trouble, held.stands_in) == ("", False)


def test_what_fails_is_tried_again_after_a_rest(
    held: _Holder,
    champion: ModelVersion,
    loaded: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds_pass: Callable[[float], None],
) -> None:
    other = _other_version(tmp_path)
    registry.promote(version=other)
    with monkeypatch.context() as context:
        context.setattr(loading, "load_reader", lambda number: loaded.append(number) or _fail())
        held.refresh(wait=True)
    held.refresh(wait=True)
    assert loaded.count(other.pk) == 1
    seconds_pass(serving.RETRY_SECONDS)
    held.refresh(wait=True)
    assert held.current().version == other.pk


def _fail() -> None:
    raise OperationalError("server closed the connection unexpectedly")


def test_a_worker_that_cant_look_for_the_champion_stops_reading(
    transactional_db: None, held: _Holder, seconds_pass: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It might have been replaced."""
    with monkeypatch.context() as context:
        context.setattr(registry, "champion_id", _fail)
        held.refresh(wait=True)
        assert held.current()
        seconds_pass(serving.UNSEEN_SECONDS)
        assert held.current() is None
        assert held.trouble == "The database can't be reached."
    assert held.current()


def test_the_champions_artifact_is_in_the_sites_storage(champion: ModelVersion) -> None:
    """A release that replaces the bundled file must not pull it from under a running site."""
    assert stored(champion).read_bytes() == (BUNDLED / "reader.keras").read_bytes()
