"""The network that a worker holds, and how it exchanges it for another."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from ml.network.manifest import BUNDLED
from predictor.models import ModelVersion
from predictor.reading import serving
from predictor.reading.serving import _Holder
from predictor.versions import loading, registry
from tests.predictor.artifacts import another_artifact


@pytest.fixture
def loaded(reader: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Versions that were loaded; each gives the network of the session, where its artifact is whole."""
    seen: list[int] = []

    def load(number: int) -> Any:
        seen.append(number)
        version = registry.get(number)
        registry.artifacts.verify(registry.artifact_file(version), registry.manifest_of(version))
        return reader

    monkeypatch.setattr(loading, "load_reader", load)
    return seen


def _other_version(tmp_path: Path) -> ModelVersion:
    return registry.add_version(folder=another_artifact(tmp_path))


def test_it_loads_the_champion_when_it_is_first_needed(champion: ModelVersion, loaded: list[int]) -> None:
    holder = _Holder()
    assert holder.current().version == champion.pk
    assert holder.reads_a_test_glyph()
    assert loaded == [champion.pk]


def test_without_a_champion_it_says_so(db: None) -> None:
    with pytest.raises(registry.NoChampion):
        _Holder().current()


def test_it_takes_up_a_promoted_version_and_serves_the_old_one_until_it_is_loaded(
    transactional_db: None, champion: ModelVersion, loaded: list[int], tmp_path: Path
) -> None:
    holder = _Holder()
    holder.refresh(wait=True)
    other = _other_version(tmp_path)
    registry.promote(version=other)
    holder.refresh(wait=False)
    assert holder.current().version in {champion.pk, other.pk}
    until = time.monotonic() + 120
    while holder.current().version != other.pk and time.monotonic() < until:
        time.sleep(0.01)
    assert holder.current().version == other.pk
    holder.refresh(wait=True)
    assert loaded == [champion.pk, other.pk], "what is held isn't loaded again"


def test_it_keeps_what_it_has_when_the_new_one_is_damaged(
    champion: ModelVersion, loaded: list[int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    holder = _Holder()
    holder.refresh(wait=True)
    other = _other_version(tmp_path)
    registry.promote(version=other)
    registry.artifact_file(other).write_bytes(b"damaged")
    holder.refresh(wait=True)
    holder.refresh(wait=True)
    assert holder.current().version == champion.pk
    assert loaded.count(other.pk) == 1, "it isn't tried again with every heartbeat"
    assert "can't be loaded" in caplog.text


def test_it_keeps_what_it_has_when_the_new_finder_is_damaged(
    champion: ModelVersion, loaded: list[int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    holder = _Holder()
    holder.refresh(wait=True)
    other_finder = tmp_path / "finder.keras"
    shutil.copy(BUNDLED / "finder.keras", other_finder)
    with other_finder.open("ab") as file:
        file.write(b"another")
    other = registry.add_version(folder=another_artifact(tmp_path, finder=other_finder))
    registry.promote(version=other)
    registry.finder_of(other)[0].write_bytes(b"damaged")
    holder.refresh(wait=True)
    assert holder.current().version == champion.pk
    assert "can't be loaded" in caplog.text


def test_what_fails_for_a_passing_reason_is_tried_again_after_a_rest(
    champion: ModelVersion, loaded: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = _Holder()
    holder.refresh(wait=True)
    other = _other_version(tmp_path)
    registry.promote(version=other)
    load = loading.load_reader
    with monkeypatch.context() as context:
        context.setattr(loading, "load_reader", lambda number: loaded.append(number) or _no_database())
        holder.refresh(wait=True)
    holder.refresh(wait=True)
    assert (holder.current().version, loaded.count(other.pk)) == (champion.pk, 1)
    later = time.monotonic() + serving.RETRY_SECONDS
    monkeypatch.setattr(serving.time, "monotonic", lambda: later)
    assert loading.load_reader is load
    holder.refresh(wait=True)
    assert holder.current().version == other.pk


def _no_database() -> None:
    raise OperationalError("server closed the connection unexpectedly")


def test_with_nothing_held_it_goes_back_to_the_last_one_that_loads(
    champion: ModelVersion, loaded: list[int], tmp_path: Path
) -> None:
    other = _other_version(tmp_path)
    registry.promote(version=other)
    registry.artifact_file(other).unlink()
    assert _Holder().current().version == champion.pk


def test_the_champions_artifact_is_in_the_sites_storage(champion: ModelVersion, settings: Any) -> None:
    """A release that replaces the bundled file must not pull it from under a running site."""
    file = registry.artifact_file(champion)
    assert file.is_relative_to(settings.MEDIA_ROOT)
    assert file.read_bytes() == (BUNDLED / "reader.keras").read_bytes()
