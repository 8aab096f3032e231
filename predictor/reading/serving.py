"""The networks that a predict worker holds: loaded once, replaced when another version is promoted."""

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.db import DatabaseError, InterfaceError, connections

from ml import reading
from ml.finder.finder import Finder
from ml.isolation import Isolated
from ml.network.reader import Reader
from ml.pictures import decoding
from predictor.errors import DomainError
from predictor.versions import artifact_files, loading, registry

logger = logging.getLogger(__name__)

UNSEEN_SECONDS = 7.0
"""A version may be read with for so long after it was last seen to be the champion. A batch takes up to two more."""

RETRY_SECONDS = 5.0
"""Seconds until loading is retried after it failed."""
RETRY_TIMES = 3
"""Loading that took long to fail is retried after this many times as long."""
MOST_FORMER = 3
"""Former champions that are tried in the champion's place."""


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

    If the champion can't be loaded, the last former champion that can stands in for it, and `trouble` says so, until
    the champion loads: that is tried every few seconds, and at once if its files change. Files that change under a
    champion that is held are checked, and put back if they are damaged. While neither is held, or it hasn't been
    seen for UNSEEN_SECONDS what the champion is, nothing is read.
    """

    def __init__(self) -> None:
        self._serving: Serving | None = None
        self._stands_in_for: int | None = None
        self._seen_at = -math.inf
        self._loading = threading.Lock()
        self._failed: int | None = None
        self._retry_at = -math.inf
        self._files = _Files()
        self.trouble = self._said = ""

    @property
    def stands_in(self) -> bool:
        """Whether another version than the champion is held in its place."""
        return self._stands_in_for is not None

    def current(self) -> Serving | None:
        """The networks to read with; None if this worker may not read, for the reason in `trouble`."""
        if self._is_unseen():
            self.refresh(wait=False)
        return None if self._is_unseen() else self._serving

    def refresh(self, *, wait: bool) -> None:
        """Looks for the champion, and loads it if it isn't held or its files have changed; in the background unless
        `wait`.
        """
        looked_at = time.monotonic()
        try:
            champion = registry.champion_id()
        except (DatabaseError, InterfaceError):
            self._note("The database can't be reached.")
            return
        if champion is None:
            self._note("There is no champion: run `manage.py prepare`.")
            return
        if self._serving and champion in (self._serving.version, self._stands_in_for):
            self._seen_at = looked_at
        if self._serving and champion == self._serving.version and champion != self._failed:
            self._stands_in_for = None
            self._note("")
            due = self._files.have_changed()
        else:
            due = champion != self._failed or looked_at >= self._retry_at or self._files.have_changed()
        if due and self._loading.acquire(blocking=wait):
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
            loaded = Serving.load(version)
            self._files = _Files.of(version)
            self._serving, self._seen_at = loaded, looked_at
            self._stands_in_for = self._failed = None
            logger.info("Reading with version %s", version)
            self._note("")
        except Exception as error:  # noqa: BLE001  (it is noted)
            self._failed = version
            self._stand_in(version, looked_at)
            self._files = _Files.of(version)
            now = time.monotonic()
            self._retry_at = now + max(RETRY_SECONDS, RETRY_TIMES * (now - looked_at))
            self._note(f"{_public(version, error)}{self._meanwhile(version)}", error)
        finally:
            self._loading.release()

    def _stand_in(self, champion: int, looked_at: float) -> None:
        """Has the last former champion that can be loaded stand in, unless this process holds the champion."""
        if self._serving and champion == self._serving.version:
            return
        try:
            for former in registry.former_champions()[:MOST_FORMER]:
                if self._serving is None or self._serving.version != former:
                    self._serving = _loaded(former) or self._serving
                if self._serving and self._serving.version == former:
                    self._stands_in_for, self._seen_at = champion, looked_at
                    return
        except (DatabaseError, InterfaceError) as error:
            logger.warning("No former champion stands in for version %s: %s", champion, error)

    def _meanwhile(self, champion: int) -> str:
        if self._serving and champion in (self._serving.version, self._stands_in_for):
            return f" This worker reads with version {self._serving.version} meanwhile."
        return ""

    def _note(self, trouble: str, error: Exception | None = None) -> None:
        """Logs each change of the trouble once, with the reason, and the traceback of what is unexpected.

        The trouble is public: it names no files.
        """
        said = f"{trouble} {error}" if isinstance(error, DomainError) else trouble
        if said == self._said:
            return
        self.trouble, self._said = trouble, said
        if trouble:
            unexpected = None if isinstance(error, DomainError) else error
            logger.error("This is tried again every few seconds until it is mended: %s", said, exc_info=unexpected)
        else:
            logger.warning("This worker has no trouble any more.")


def _public(version: int, error: Exception) -> str:
    """What everybody may know of why a version can't be loaded. The log says the rest."""
    if isinstance(error, artifact_files.StorageUnavailable):
        return f"Version {version} can't be loaded: the storage of its files can't be used."
    if isinstance(error, registry.UnreadableVersion):
        return f"Version {version} can't be loaded: a file of it is missing or damaged."
    return f"Version {version} can't be loaded."


def _loaded(version: int) -> Serving | None:
    try:
        return Serving.load(version)
    except Exception as error:  # noqa: BLE001  (an older one is tried)
        logger.debug("Version %s can't stand in for the champion: %s", version, error)
        return None


class _Files:
    """A version's files on this host, as they were when they were last read."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self._files = files
        self._seen = self._look()

    @classmethod
    def of(cls, version: int) -> "_Files":
        try:
            return cls(artifact_files.places(registry.get(version)))
        except (DatabaseError, InterfaceError, DomainError):
            return cls()

    def have_changed(self) -> bool:
        return self._look() != self._seen

    def _look(self) -> list[tuple[int, ...]]:
        return [_identity(file) for file in self._files]


def _identity(file: Path) -> tuple[int, ...]:
    """Changes with the file's content, without reading it."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _test_glyph() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A vertical stroke."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:15] = 255
    return pixels


_TEST_GLYPH = _test_glyph()
SERVING = _Holder()
