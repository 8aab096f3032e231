"""The network that a predict worker holds: loaded once, exchanged when another is promoted."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connections

from ml.glyphs.glyph import Glyph
from ml.network import manifest as artifacts
from ml.network.reader import Reader
from ml.numbers import beam_search
from ml.pictures import decoding
from predictor.reading.stored_glyphs import unpack
from predictor.versions import registry

logger = logging.getLogger(__name__)

REST_SECONDS = 5.0
"""After a failure that may pass, a database that was gone for a moment, say, until it is tried again."""


@dataclass(frozen=True)
class Serving:
    """One version's reader."""

    version: int
    reader: Reader

    def read(self, candidates: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """For each drawing's candidate glyphs what a Prediction stores of them: text, confidence, sure,
        glyphs. One forward pass for all."""
        found = [[unpack(stored) for stored in each] for each in candidates]
        pixels = np.stack([g.pixels for each in found for g in each]) if any(found) else None
        if pixels is None:
            return [dict(_NOTHING) for _ in candidates]
        readings = self.reader.read(pixels)
        outcomes, start = [], 0
        for each in found:
            outcomes.append(_outcome(each, readings, start, self.reader.sure_threshold))
            start += len(each)
        return outcomes


_NOTHING: dict[str, Any] = {"text": "", "confidence": None, "sure": True, "glyphs": []}


def _outcome(found: list[Glyph], readings: Any, start: int, sure_threshold: float) -> dict[str, Any]:
    if not found:
        return dict(_NOTHING)
    part = slice(start, start + len(found))
    probabilities, digitness = readings.probabilities[part], readings.digitness[part]
    chosen = beam_search.choose(found, probabilities, digitness)
    if not chosen.path:
        return dict(_NOTHING)
    digits = [(i, int(digit)) for i, digit in zip(chosen.path, chosen.text, strict=True)]
    confidences = [float(probabilities[i][digit] * digitness[i]) for i, digit in digits]
    return {
        "text": chosen.text,
        "confidence": round(chosen.confidence, 4),
        "sure": min(chosen.confidence, *confidences) >= sure_threshold,
        "glyphs": [
            {
                "box": list(found[i].box),
                "digit": digit,
                "confidence": round(confidence, 4),
                "probabilities": [round(float(p), 5) for p in probabilities[i]],
                "pixels": decoding.png_data_url(found[i].pixels),
            }
            for (i, digit), confidence in zip(digits, confidences, strict=True)
        ],
    }


class _Holder:
    """What this process serves. A new champion is loaded beside the old one, then put in its place."""

    def __init__(self) -> None:
        self._serving: Serving | None = None
        self._loading = threading.Lock()
        self._unreadable: set[int] = set()
        self._rest_until = 0.0

    def current(self) -> Serving:
        if self._serving is None:
            self.refresh(wait=True)
        if self._serving is None:
            raise registry.NoChampion("No network can be loaded: see the worker's log.")
        return self._serving

    def refresh(self, *, wait: bool) -> None:
        """Takes up the champion if it isn't held; in the background unless `wait`."""
        champion = registry.champion_id()
        held = self._serving.version if self._serving else None
        if champion is None or champion == held or champion in self._unreadable:
            return
        if held and time.monotonic() < self._rest_until:
            return
        if not self._loading.acquire(blocking=wait):
            return
        if wait:
            self._load(champion)
        else:
            threading.Thread(target=self._load_apart, args=(champion,), daemon=True).start()

    def reads_a_test_glyph(self) -> bool:
        reading = self.current().reader.read(_TEST_GLYPH[None])
        return bool(np.isclose(reading.probabilities.sum(), 1.0, atol=1e-3))

    def _load_apart(self, version: int) -> None:
        self._load(version)
        connections.close_all()  # this thread's own

    def _load(self, version: int) -> None:
        """Keeps what it has when the new one can't be loaded; with nothing held, goes back to the last that can."""
        try:
            self._serving = Serving(version, registry.load_reader(version))
            logger.info("Reading with version %s", version)
        except Exception as error:
            logger.exception("Version %s can't be loaded", version)
            if isinstance(error, artifacts.ArtifactError):
                self._unreadable.add(version)  # it won't get better
            self._rest_until = time.monotonic() + REST_SECONDS
            if self._serving is None:
                self._fall_back()
        finally:
            self._loading.release()

    def _fall_back(self) -> None:
        for version in registry.former_champions():
            try:
                self._serving = Serving(version, registry.load_reader(version))
            except Exception:
                logger.exception("Version %s can't be loaded either", version)
            else:
                logger.warning("Reading with version %s instead", version)
                return


def _test_glyph() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A plain upright stroke."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13:15] = 255
    return pixels


_TEST_GLYPH = _test_glyph()
SERVING = _Holder()
