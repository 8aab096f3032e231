"""The formats of an export."""

from dataclasses import dataclass

from predictor import errors
from predictor.models import Dataset

FORMATS = {
    "png": "PNG files in folders by side and label, with a CSV",
    "npz": "one file of NumPy arrays",
    "idx": "IDX files like MNIST's own (train, t10k and validation)",
    "parquet": "Parquet with a dataset card, as on Hugging Face",
}
FORMATS_OF_ORIGINALS = ("png", "parquet")
"""Formats that can hold pictures of any size and colour."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How an export is written: in one of FORMATS, as glyphs or as the stored pictures (`originals`)."""

    format: str = "png"
    originals: bool = False
    gzip: bool = False

    def check(self) -> None:
        """Raises BadValue for a combination that isn't possible."""
        if self.format not in FORMATS:
            raise errors.BadValue(f"{self.format} is not an export format: choose {', '.join(FORMATS)}.")
        if self.originals and self.format not in FORMATS_OF_ORIGINALS:
            raise errors.BadValue(
                f"Only {' and '.join(FORMATS_OF_ORIGINALS)} can hold pictures of any size; {self.format} can't."
            )
        if self.gzip and self.format != "idx":
            raise errors.BadValue(f"Only IDX files are compressed one by one; {self.format} is compressed already.")

    def name(self, dataset: Dataset) -> str:
        """The name of the export's folder."""
        parts = [self.format] * (self.format != "png") + ["originals"] * self.originals
        return "-".join(["dataset", str(dataset.pk), *parts])
