"""Shadow readings: a second version reads a share of the live drawings after the champion, and nobody sees the result.

A predict worker remembers the drawings it has answered, and reads them with the shadow version when nobody waits. A
killed worker forgets them, which is fine because the share is only a sample.
"""

import hashlib
import logging
import math
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from predictor.models import Drawing, ModelVersion, Prediction, PredictionKind
from predictor.reading import background_readings
from predictor.reading.serving import Serving
from predictor.reading.stored_pictures import isolate_drawing

logger = logging.getLogger(__name__)

BATCH = 8
NOTED = 256
"""The most answered drawings that a worker remembers."""
RETRY_SECONDS = 60.0
"""Seconds until loading is retried after it failed. What was to be read meanwhile is left out of the sample."""


@dataclass(frozen=True)
class _Answered:
    drawing: UUID
    revision: int


class _Shadow:
    """A worker's shadow version, and the answered drawings that it has yet to read."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._share = 0.0
        self._serving: Serving | None = None
        self._failed: int | None = None
        self._retry_at = -math.inf
        self._answered: deque[_Answered] = deque(maxlen=NOTED)

    def refresh(self) -> None:
        """Looks up the current shadow version, if any."""
        found = ModelVersion.objects.filter(shadowing=True).values_list("pk", "shadow_share").first()
        self._version, self._share = found or (None, 0.0)
        if self._version is None:
            self._serving = None
            self._answered.clear()

    def note(self, answered: Iterable[Prediction]) -> None:
        """Remembers a share of these answered predictions."""
        for prediction in answered:
            if prediction.kind == PredictionKind.LIVE and self._wants(prediction.drawing_id):
                self._answered.append(_Answered(prediction.drawing_id, prediction.revision))

    @property
    def is_due(self) -> bool:
        return bool(self._answered)

    def read_some(self) -> int:
        """Reads a few of the remembered drawings with the shadow version; returns how many it took."""
        version = self._version
        taken = [self._answered.popleft() for _ in range(min(BATCH, len(self._answered)))]
        if version is None or not taken or not self._loads(version) or self._serving is None:
            return 0
        known = Drawing.objects.in_bulk({each.drawing for each in taken})
        drawings = [(known.get(each.drawing), each.revision) for each in taken]
        # A revision with a successor is an unfinished drawing.
        whole = [drawing for drawing, revision in drawings if drawing and drawing.revision == revision]
        find = self._serving.finder
        otherwise = "the shadow version doesn't read it"
        found_in = [(drawing, isolate_drawing(drawing, find, otherwise=otherwise)) for drawing in whole]
        isolated = [(drawing, found) for drawing, found in found_in if found is not None]
        outcomes = self._serving.read([found for _, found in isolated])
        read = [(drawing, outcome) for (drawing, _), outcome in zip(isolated, outcomes, strict=True)]
        background_readings.store(read, kind=PredictionKind.SHADOW, version=version)
        return len(taken)

    def _wants(self, drawing: UUID) -> bool:
        """Whether a drawing is in the share. A hash decides, so that every worker decides the same."""
        if self._version is None:
            return False
        digest = hashlib.sha256(f"{self._version}:{drawing}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self._share * 2**64

    def _loads(self, version: int) -> bool:
        """Whether this worker has the shadow version. If it can't load it, only this worker does without, for a while:
        others may have its files.
        """
        if self._serving is not None and self._serving.version == version:
            return True
        if version == self._failed and time.monotonic() < self._retry_at:
            return False
        try:
            self._serving = Serving.load(version)
        except Exception:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if version != self._failed:
                logger.exception(
                    "Shadow version %s can't be loaded; this worker tries again every %.0f s", version, RETRY_SECONDS
                )
            self._failed = version
            return False
        self._failed = None
        return True


SHADOW = _Shadow()
