"""A storage that hosts share, and two hosts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from predictor.reading import serving
from tests.predictor.versions.hosts import Host


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, use_storage: Callable[[str], None], tmp_path: Path) -> None:
    """A storage that several hosts share."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
    else:
        use_storage(str(tmp_path / "shared"))


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
