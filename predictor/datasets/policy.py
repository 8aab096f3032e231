"""How much each drawing counts in a snapshot, and how much the import page takes.

Read as `settings.DATASETS`. Import only the standard library here: settings are loaded before Django's apps.
"""

from dataclasses import dataclass

DUPLICATE_BITS_LIMIT = 3
"""Hashes are looked up by four bands of their bits. Two that differ in at most 3 bits agree in at least one band."""


@dataclass(frozen=True, kw_only=True)
class DatasetPolicy:
    """Raises ValueError for a value out of range."""

    writer_share: float = 0.2
    """The largest share of all training weight that one writer's drawings may have, above 0 and up to 1."""
    writer_least: int = 50
    """The weight, in drawings, that every writer may have anyway, so that a site of few people loses nothing."""
    duplicate_bits: int = 2
    """The most bits (0 to 3, of 64) in which the hashes of near-duplicates differ. These share the weight of one."""
    upload_bytes: int = 20 * 2**20
    """The largest file that the import page takes, in bytes."""
    upload_drawings: int = 2_000
    """The most drawings that the import page takes from one file."""

    def __post_init__(self) -> None:
        if not 0 < self.writer_share <= 1:
            raise ValueError(f"writer_share={self.writer_share}: a share above 0, up to 1.")
        if not 0 <= self.duplicate_bits <= DUPLICATE_BITS_LIMIT:
            raise ValueError(f"duplicate_bits={self.duplicate_bits}: from 0 to {DUPLICATE_BITS_LIMIT}.")
        for name in ("writer_least", "upload_bytes", "upload_drawings"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: at least 1.")
