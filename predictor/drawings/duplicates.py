"""Finds near-duplicates, so that one drawing sent many times doesn't count many times."""

from collections import defaultdict

from django.conf import settings
from django.db.models import Q

from predictor.models import Drawing
from predictor.models.drawings import HASH_BAND_BITS, HASH_BANDS, HashBand

HASH_BITS = HASH_BANDS * HASH_BAND_BITS
MOST = 24
"""The most near-duplicates shown of a drawing."""


def hamming_distance(one: int, other: int) -> int:
    """The number of bits in which two hashes differ."""
    return int((one ^ other) & (2**HASH_BITS - 1)).bit_count()


class Groups:
    """Groups near-duplicates: each drawing joins the nearest leader within a few bits, or leads a new group.

    The leader is the first drawing of its group. Drawings are compared only with leaders, so groups don't chain: every
    member looks like its leader. For speed, a drawing is compared only with leaders that share a band of bits with it.
    """

    def __init__(self, *, bits: int) -> None:
        self._bits = bits
        self._leaders: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)

    def join(self, member: int, perceptual_hash: int) -> int:
        """Adds a drawing with this perceptual hash. Returns the leader of its group, which may be `member`."""
        near = [
            (hamming_distance(perceptual_hash, other), leader)
            for place, band in enumerate(_bands(perceptual_hash))
            for leader, other in self._leaders.get((place, band), ())
        ]
        best = min(near, default=(self._bits + 1, -1))
        if best[0] <= self._bits:
            return best[1]
        for place, band in enumerate(_bands(perceptual_hash)):
            self._leaders[place, band].append((member, perceptual_hash))
        return member


def duplicates_of(drawing: Drawing) -> list[Drawing]:
    """The drawings most like this one, at most MOST, by any owner and with any label, nearest first.

    Empty until a worker has hashed this drawing.
    """
    perceptual_hash = drawing.perceptual_hash
    if perceptual_hash is None:
        return []
    shared = Q()
    for place, band in enumerate(_bands(perceptual_hash)):
        shared |= Q(**{f"band_{place}": band})
    bands = {f"band_{place}": HashBand(place) for place in range(HASH_BANDS)}
    found = Drawing.objects.alias(**bands).filter(shared).exclude(pk=drawing.pk).order_by()
    within = settings.DATASETS.duplicate_bits
    hashes = found.values_list("pk", "perceptual_hash")
    distances = ((hamming_distance(perceptual_hash, other or 0), pk) for pk, other in hashes)
    near = sorted((distance, pk) for distance, pk in distances if distance <= within)[:MOST]
    rows = Drawing.objects.defer("image", "strokes").in_bulk([pk for _, pk in near])
    return [rows[pk] for _, pk in near if pk in rows]


def _bands(perceptual_hash: int) -> list[int]:
    return [perceptual_hash >> HASH_BAND_BITS * place & 2**HASH_BAND_BITS - 1 for place in range(HASH_BANDS)]
