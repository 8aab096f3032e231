"""Labelled drawings that look like one under review: the nearest bitmaps among the newest with the same label."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from predictor.models import Prediction, PredictionKind, PredictionStatus, ReviewItem
from predictor.review.facts import Facts
from predictor.review.queue_items import bits_of

AMONG = 200
"""How many of the newest drawings with each label are compared."""
SHOWN = 6


@dataclass(frozen=True)
class Similar:
    text: str
    pixels: str
    """The glyph as a data URL."""


def find_similar(found: Sequence[Facts]) -> dict[UUID, list[Similar]]:
    """For each drawing, the labelled drawings that differ from it in the fewest pixels.

    Compares only those labelled with its reading or with the visitor's label for it.
    """
    bits = {facts.drawing.pk: bits_of(facts) for facts in found}
    pools: dict[str, _Pool] = {}
    nearest: dict[UUID, list[tuple[UUID, str]]] = {}
    for facts in found:
        own = bits[facts.drawing.pk]
        if own is None:
            continue
        close = []
        read = facts.reading.text if facts.reading else None
        for text in {read, facts.said}:
            if text is not None:
                pools[text] = pools.get(text) or _Pool(text)
                close += pools[text].distances(own, but=facts.drawing.pk)
        nearest[facts.drawing.pk] = [(pk, text) for _, pk, text in sorted(close)[:SHOWN]]
    pixels = _pixels({pk for close in nearest.values() for pk, _ in close})
    return {
        pk: [Similar(text, pixels[other]) for other, text in close if other in pixels] for pk, close in nearest.items()
    }


class _Pool:
    """The newest drawings with one label."""

    def __init__(self, text: str) -> None:
        items = ReviewItem.objects.filter(answer=text, bits__isnull=False, closed_at__isnull=False)
        rows = list(items.order_by("-closed_at").values_list("pk", "bits")[:AMONG])
        self.text = text
        self.drawings = [pk for pk, _ in rows]
        self.bits: NDArray[np.uint8] = np.frombuffer(b"".join(bytes(bits or b"") for _, bits in rows), np.uint8)

    def distances(self, bits: bytes, *, but: UUID) -> list[tuple[int, UUID, str]]:
        """For each drawing except `but`: the number of differing pixels, its id and its label."""
        own = np.frombuffer(bits, np.uint8)
        differing = np.bitwise_count(self.bits.reshape(-1, len(own)) ^ own).sum(axis=1, dtype=int)
        pairs = zip(differing.tolist(), self.drawings, strict=True)
        return [(distance, pk, self.text) for distance, pk in pairs if pk != but]


def _pixels(drawings: set[UUID]) -> dict[UUID, str]:
    read = Prediction.objects.filter(
        drawing__in=drawings,
        revision=F("drawing__revision"),
        kind=PredictionKind.LIVE,
        status=PredictionStatus.DONE,
    )
    return {pk: glyphs[0]["pixels"] for pk, glyphs in read.values_list("drawing", "glyphs") if glyphs}
