"""A trained network's manifest, which describes the network without loading it. Imports no TensorFlow or Keras."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ml import glyphs

FORMAT_VERSION = 1
"""Version of the format: a `.keras` file from [28, 28, 1] in [0, 1] to 10 or 11 outputs, and this manifest."""

BUNDLED = Path(__file__).parent.parent / "bundled"
"""Folder of the bundled network: `reader.keras` and `manifest.json`."""

MODEL_FILE = "reader.keras"
MANIFEST_FILE = "manifest.json"


class ArtifactError(Exception):
    """The network can not be used."""


class CorruptArtifact(ArtifactError):
    """The file is missing, truncated, or not the one that the manifest describes."""


class IncompatibleArtifact(ArtifactError):
    """The file is intact, but its format, preprocessing or Keras version is not supported."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A network's description.

    `outputs`: 10, or 11 with "not a digit". `temperature`: divisor of the logits. `sure_threshold`: least confidence of
    a sure glyph. `metrics`: measured figures. `command`: the command that made the network. `created_at`: in UTC,
    ISO 8601.
    `parent`: SHA-256 of the network that it was fine-tuned from.
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
        """Indented JSON with a trailing newline."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest that `to_json` wrote; unknown fields are ignored.

        Raises CorruptArtifact if the text is not JSON or a field is missing.
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
    """Raises CorruptArtifact if the file is not the manifest's, IncompatibleArtifact if this code can not use it."""
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
