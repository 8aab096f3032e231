"""The networks that a predict worker holds: loaded once, replaced when another version is promoted."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connections

from ml import reading
from ml.finder.finder import Finder
from ml.isolation import Isolated
from ml.network import manifest as artifacts
from ml.network.reader import Reader
from ml.pictures import decoding
from predictor.versions import loading, registry

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""Seconds until loading is retried after a failure that may be temporary, such as an unreachable database."""


@dataclass(frozen=True)
class Serving:
    """One version's networks, ready to read. `finder` finds the ink of what `reader` reads."""

    version: int
    reader: Reader
    finder: Finder

    @classmethod
    def load(cls, version: int) -> "Serving":
        """Raises NotFound for an unknown version, ArtifactError for a damaged one."""
        return cls(version, loading.load_reader(version), loading.load_finder(version))

    def read(self, pictures: Sequence[Isolated]) -> list[dict[str, Any]]:
        """Reads isolated pictures in one forward pass. Returns the fields of a Prediction for each: text, confidence,
        sure, several, glyphs.
        """
        return [_stored(each) for each in reading.read(self.reader, pictures)]


def _stored(read: reading.Reading) -> dict[str, Any]:
    return {
        "text": read.text,
        "confidence": None if read.confidence is None else round(read.confidence, 4),
        "sure": read.sure,
        "several": read.several,
        "glyphs": [
            {
                "box": list(each.glyph.box),
                "digit": each.digit,
                "confidence": round(each.confidence, 4),
                "probabilities": [round(float(p), 5) for p in each.probabilities],
                "pixels": decoding.png_data_url(each.glyph.pixels),
            }
            for each in read.glyphs
        ],
    }


class _Holder:
    """The network of this process. A new champion is loaded beside the old one, then replaces it."""

    def __init__(self) -> None:
        self._serving: Serving | None = None
        self._loading = threading.Lock()
        self._unreadable: set[int] = set()
        self._retry_at = 0.0

    def current(self) -> Serving:
        if self._serving is None:
            self.refresh(wait=True)
        if self._serving is None:
            raise registry.NoChampion("No version can be loaded: see the worker's log.")
        return self._serving

    def refresh(self, *, wait: bool) -> None:
        """Loads the champion if it isn't the version held; in the background unless `wait`."""
        champion = registry.champion_id()
        held = self._serving.version if self._serving else None
        if champion is None or champion == held or champion in self._unreadable:
            return
        if held and time.monotonic() < self._retry_at:
            return
        if not self._loading.acquire(blocking=wait):
            return
        if wait:
            self._load(champion)
        else:
            threading.Thread(target=self._load_in_thread, args=(champion,), daemon=True).start()

    def reads_a_test_glyph(self) -> bool:
        reading = self.current().reader.read(_TEST_GLYPH[None])
        return bool(np.isclose(reading.probabilities.sum(), 1.0, atol=1e-3))

    def _load_in_thread(self, version: int) -> None:
        self._load(version)
        connections.close_all()  # this thread's own

    def _load(self, version: int) -> None:
        """Loads a version. If it can't, keeps the one held; if none is held, loads the newest former champion that it
        can.
        """
        held = self._serving.version if self._serving else None
        try:
            self._serving = Serving.load(version)
            logger.info("Reading with version %s", version)
        except Exception as error:
            logger.exception("Version %s can't be loaded; this worker keeps version %s", version, held)
            if isinstance(error, artifacts.ArtifactError):
                self._unreadable.add(version)
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if self._serving is None:
                self._fall_back()
        finally:
            self._loading.release()

    def _fall_back(self) -> None:
        for version in registry.former_champions():
            try:
                self._serving = Serving.load(version)
            except Exception:
                logger.exception("Former champion %s can't be loaded either; trying the one before", version)
            else:
                logger.warning("Reading with former champion %s instead", version)
                return


def _test_glyph() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A vertical stroke."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:15] = 255
    return pixels


_TEST_GLYPH = _test_glyph()
SERVING = _Holder()
