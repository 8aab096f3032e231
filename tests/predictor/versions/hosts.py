"""Hosts that share a storage, in one process."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from ml.atomic_files import replacing
from predictor.reading import heartbeat
from predictor.reading.serving import _Holder
from predictor.versions import artifact_files


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


def replace_stored(name: str, content: bytes) -> None:
    default_storage.delete(name)
    with replacing(Path(os.environ["DIGITSITE_DATA"]) / "replaced") as part:
        part.write_bytes(content)
        with part.open("rb") as file:
            default_storage.save(name, artifact_files.File(file))
