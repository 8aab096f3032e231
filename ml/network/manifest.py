"""The manifest of an artifact, which describes its networks without loading them. Imports no TensorFlow or Keras."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ml import glyphs

FORMAT_VERSION = 1
"""Version of the format: the reader, a `.keras` file from [28, 28, 1] in [0, 1] to 10 or 11 outputs; the ink finder,
one from [H, W, 3] in [0, 1] to logits [H, W, 3]; and this manifest."""

BUNDLED = Path(__file__).parent.parent / "bundled"
"""Folder of the bundled artifact: `reader.keras`, `finder.keras`, the ONNX files made of them, and `manifest.json`."""

MODEL_FILE = "reader.keras"
FINDER_FILE = "finder.keras"
MANIFEST_FILE = "manifest.json"


class ArtifactError(Exception):
    """The network can not be used."""


class CorruptArtifact(ArtifactError):
    """The file is missing, truncated, or not the one that the manifest describes."""


class IncompatibleArtifact(ArtifactError):
    """The file is intact, but its format, preprocessing or Keras version is not supported."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """An artifact's description: of its reader and, by `finder_sha256`, of its ink finder.

    `sha256`: of the reader's file. `finder_sha256`: of the finder's file; None for an artifact made before there were
    finders, which uses the bundled one.
    `outputs`: 10, or 11 with "not a digit". `temperature`: divisor of the logits. `sure_threshold`: least confidence of
    a sure glyph. `metrics`: measured figures. `command`: the command that made the network. `created_at`: in UTC,
    ISO 8601.
    `parent`: SHA-256 of the reader that it was fine-tuned from. `onnx`: SHA-256 of the ONNX file made of a `.keras`
    file, by the SHA-256 of that one.
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
    finder_sha256: str | None = None
    onnx: dict[str, str] = field(default_factory=dict)

    @property
    def artifact_sha256(self) -> str:
        """Identifies the artifact: SHA-256 over the hashes of both files; without a finder, the reader's."""
        if self.finder_sha256 is None:
            return self.sha256
        return hashlib.sha256(f"{self.sha256}\n{self.finder_sha256}".encode()).hexdigest()

    def to_json(self) -> str:
        """Indented JSON with a trailing newline."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """The manifest that `to_json` wrote; unknown fields are ignored.

        Raises CorruptArtifact if the text is not JSON or a field is missing.
        """
        try:
            return cls.of(json.loads(text))
        except (ValueError, TypeError, AttributeError) as error:
            raise CorruptArtifact(f"the manifest can't be read: {error}") from error

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Manifest":
        """The manifest with these fields; unknown ones are ignored. Raises TypeError if one is missing."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

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
    """Checks the reader's file.

    Raises CorruptArtifact if it is not the manifest's, IncompatibleArtifact if this code can not use it.
    """
    _verify(file, manifest.sha256, manifest)


def verify_finder(file: Path, manifest: Manifest) -> None:
    """Checks the ink finder's file. Raises as `verify` does."""
    _verify(file, manifest.finder_sha256, manifest)


def onnx_file(file: Path) -> Path:
    """The ONNX file that belongs to a `.keras` file: beside it, under the same name."""
    return file.with_suffix(".onnx")


def read_onnx(file: Path, sha256: str | None, manifest: Manifest) -> bytes:
    """The content of the ONNX file that was made of the `.keras` file with this SHA-256.

    Raises CorruptArtifact if there is none, or if it is not the manifest's.
    """
    made = onnx_file(file)
    try:
        content = made.read_bytes()
    except OSError as error:
        raise CorruptArtifact(f"{made}: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != manifest.onnx.get(sha256 or ""):
        raise CorruptArtifact(f"{made} isn't the file that its manifest describes: the SHA-256 differs")
    return content


def _verify(file: Path, sha256: str | None, manifest: Manifest) -> None:
    if not file.is_file():
        raise CorruptArtifact(f"{file} is missing")
    if sha256_of(file) != sha256:
        raise CorruptArtifact(f"{file} isn't the file that its manifest describes: the SHA-256 differs")
    if manifest.format_version != FORMAT_VERSION:
        raise IncompatibleArtifact(f"{file} has format {manifest.format_version}, this version reads {FORMAT_VERSION}")
    if manifest.preprocessing_version != glyphs.VERSION:
        raise IncompatibleArtifact(
            f"{file} was trained on glyphs of version {manifest.preprocessing_version}, not {glyphs.VERSION}"
        )
