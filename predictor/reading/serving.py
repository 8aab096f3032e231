"""The networks that a predict worker holds: loaded once, replaced when another version is promoted."""

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import DatabaseError, InterfaceError, connections

from ml import reading
from ml.finder.finder import Finder
from ml.isolation import Isolated
from ml.network.reader import Reader
from ml.pictures import decoding
from predictor.errors import DomainError
from predictor.versions import loading, registry

logger = logging.getLogger(__name__)

UNSEEN_SECONDS = 7.0
"""A version may be read with for so long after it was last seen to be the champion. A batch takes up to two more."""

RETRY_SECONDS = 5.0
"""Seconds until loading is retried after it failed."""
RETRY_TIMES = 3
"""Loading that took long to fail is retried after this many times as long."""


@dataclass(frozen=True)
class Serving:
    """One version's networks, ready to read. `finder` finds the ink of what `reader` reads."""

    version: int
    reader: Reader
    finder: Finder

    @classmethod
    def load(cls, version: int) -> "Serving":
        """Raises as `loading.load_reader` does."""
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
    """The networks of this process. A new champion is loaded beside the old one, then replaces it.

    No other version than the champion is read with for longer than UNSEEN_SECONDS after a promotion, however long the
    new one takes to load, and whether or not it can be loaded.
    """

    def __init__(self) -> None:
        self._serving: Serving | None = None
        self._seen_at = -math.inf
        self._loading = threading.Lock()
        self._failed: int | None = None
        self._retry_at = -math.inf
        self.trouble = ""

    def current(self) -> Serving | None:
        """The champion's networks; None if this worker may not read, for the reason in `trouble`."""
        if self._is_unseen():
            self.refresh(wait=False)
        return None if self._is_unseen() else self._serving

    def refresh(self, *, wait: bool) -> None:
        """Looks for the champion, and loads it if it isn't the version held; in the background unless `wait`."""
        looked_at = time.monotonic()
        try:
            champion = registry.champion_id()
        except (DatabaseError, InterfaceError):
            self._note("The database can't be reached.")
            return
        if champion is None:
            self._note("There is no champion: run `manage.py prepare`.")
        elif self._serving and champion == self._serving.version:
            self._seen_at = looked_at
            self._note("")
        elif champion != self._failed or looked_at >= self._retry_at:
            if not self._loading.acquire(blocking=wait):
                return
            if wait:
                self._load(champion, looked_at)
            else:
                threading.Thread(target=self._load_in_thread, args=(champion, looked_at), daemon=True).start()

    def reads_a_test_glyph(self) -> bool:
        """Whether this worker may read, and can."""
        serving = self.current()
        if serving is None:
            return False
        reading = serving.reader.read(_TEST_GLYPH[None])
        return bool(np.isclose(reading.probabilities.sum(), 1.0, atol=1e-3))

    def _is_unseen(self) -> bool:
        return time.monotonic() - self._seen_at > UNSEEN_SECONDS

    def _load_in_thread(self, version: int, looked_at: float) -> None:
        self._load(version, looked_at)
        connections.close_all()  # this thread's own

    def _load(self, version: int, looked_at: float) -> None:
        try:
            self._serving = Serving.load(version)
            self._seen_at = looked_at
            self._failed = None
            logger.info("Reading with version %s", version)
            self._note("")
        except Exception as error:  # noqa: BLE001  (it is noted)
            self._failed = version
            now = time.monotonic()
            self._retry_at = now + max(RETRY_SECONDS, RETRY_TIMES * (now - looked_at))
            told = str(error) if isinstance(error, DomainError) else f"Version {version} can't be loaded: {error!r}"
            self._note(told, None if isinstance(error, DomainError) else error)
        finally:
            self._loading.release()

    def _note(self, trouble: str, unexpected: Exception | None = None) -> None:
        """Logs each change of the trouble once, with the traceback of what is unexpected."""
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble:
            logger.error(
                "This worker takes no tasks until this is mended, and tries again every few seconds: %s",
                trouble,
                exc_info=unexpected,
            )
        else:
            logger.warning("This worker takes tasks again.")


def _test_glyph() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A vertical stroke."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:15] = 255
    return pixels


_TEST_GLYPH = _test_glyph()
SERVING = _Holder()
