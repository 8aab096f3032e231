"""What is known of a trained network without opening it. Imports neither TensorFlow nor Keras."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ml import glyphs

FORMAT_VERSION = 1
"""Version of the artifact: one `.keras` file from uint8/255 [28, 28, 1] to 10 or 11 outputs, and this manifest."""

BUNDLED = Path(__file__).parent.parent / "bundled"
"""Folder of the network that ships: `reader.keras` and `manifest.json`."""

MODEL_FILE = "reader.keras"
MANIFEST_FILE = "manifest.json"


class ArtifactError(Exception):
    """The network can't be used."""


class CorruptArtifact(ArtifactError):
    """The file is missing, cut short, or not the one that the manifest describes."""


class IncompatibleArtifact(ArtifactError):
    """The file is whole, but made for another format, another preprocessing, or another Keras."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`outputs`: 10 digits, or 11 with "not a digit". `temperature` divides the logits; readings whose confidence
    reaches `sure_threshold` are sure. `metrics` holds the measured figures, `command` what made the network,
    `created_at` an ISO 8601 time in UTC, `parent` the SHA-256 of the network it was fine-tuned from.
    """

    sha256: str
    network: str
    outputs: int
    temperature: float
    sure_threshold: float
    keras_version: str
    format_version: int = FORMAT_VERSION
    preprocessing_version: int = glyphs.VERSION
    metrics: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    seed: int = 0
    created_at: str = ""
    parent: str | None = None

    def to_json(self) -> str:
        """Indented JSON with a final newline."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest written by `to_json`; fields unknown to this version are left out.

        Raises CorruptArtifact where it isn't JSON or lacks a field.
        """
        try:
            values = json.loads(text)
            known = {item.name for item in fields(cls)}
            return cls(**{name: value for name, value in values.items() if name in known})
        except (ValueError, TypeError, AttributeError) as error:
            raise CorruptArtifact(f"the manifest can't be read: {error}") from error

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in an artifact's folder. Raises CorruptArtifact."""
        try:
            return cls.from_json((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        except OSError as error:
            raise CorruptArtifact(f"{folder / MANIFEST_FILE}: {error.strerror}") from error


def sha256_of(file: Path) -> str:
    """Hexadecimal SHA-256 of the file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def verify(file: Path, manifest: Manifest) -> None:
    """Raises CorruptArtifact or IncompatibleArtifact where the file can't be the manifest's or isn't for this code."""
    if not file.is_file():
        raise CorruptArtifact(f"{file} is missing")
    if sha256_of(file) != manifest.sha256:
        raise CorruptArtifact(f"{file} isn't the file that its manifest describes: the SHA-256 differs")
    if manifest.format_version != FORMAT_VERSION:
        raise IncompatibleArtifact(f"{file} has format {manifest.format_version}, this version reads {FORMAT_VERSION}")
    if manifest.preprocessing_version != glyphs.VERSION:
        raise IncompatibleArtifact(
            f"{file} was trained on glyphs of version {manifest.preprocessing_version}, not {glyphs.VERSION}"
        )
