"""How much each drawing counts in a snapshot, and how much the import page takes.

Read as `settings.DATASETS`. Import only the standard library and predictor.policies here: settings are loaded before
Django's apps.
"""

from dataclasses import dataclass, field

from predictor.policies import check_fields

DUPLICATE_BITS_LIMIT = 3
"""Hashes are looked up by four bands of their bits. Two that differ in at most 3 bits agree in at least one band."""

_AT_LEAST_ONE = {"least": 1}


@dataclass(frozen=True, kw_only=True)
class DatasetPolicy:
    """Raises ValueError, which names the field, for a value of the wrong type or out of range."""

    writer_share: float = field(default=0.2, metadata={"above": 0, "most": 1})
    """The largest share of all training weight that one writer's drawings may have, above 0 and up to 1."""
    writer_least: int = field(default=50, metadata=_AT_LEAST_ONE)
    """The weight, in drawings, that every writer may have anyway, so that a site of few people loses nothing."""
    duplicate_bits: int = field(default=2, metadata={"most": DUPLICATE_BITS_LIMIT})
    """The most bits (0 to 3, of 64) in which the hashes of near-duplicates differ. These share the weight of one."""
    upload_bytes: int = field(default=20 * 2**20, metadata=_AT_LEAST_ONE)
    """The largest file that the import page takes, in bytes."""
    upload_drawings: int = field(default=2_000, metadata=_AT_LEAST_ONE)
    """The most drawings that the import page takes from one file."""

    def __post_init__(self) -> None:
        check_fields(self, "DATASETS")
