"""The files of versions, and the only way to them: in the site's storage, and as copies on this host.

The storage holds each file under its SHA-256, as `models/<SHA-256>.reader.keras`; a version's row and its manifest say
which are its own. Files from releases before that keep their names. A host's copies are in `NETWORKS_DIR`, in a folder
for each version, with the names of an artifact's folder. They can be deleted at any time. What is missing or damaged in
the storage is put back from this host's copy or the bundled files, if one of them has the SHA-256. Bundled files also
serve while the storage is away.

Raises StorageUnavailable if the storage can't be used, ArtifactError if it lacks a file or has another in its place.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from filelock import FileLock

from ml.atomic_files import replacing
from ml.network import manifest as artifacts
from ml.network.manifest import FINDER_FILE, MODEL_FILE, CorruptArtifact, Manifest, onnx_file, sha256_of
from predictor import errors
from predictor.models import ModelVersion

logger = logging.getLogger(__name__)


class StorageUnavailable(errors.Unavailable):
    """The storage, or this host's folder for copies, can't be read or written; the message says why."""


def name_of(sha256: str | None, name: str) -> str:
    """The name in the storage of a file that an artifact's folder has as `name`; "" for none."""
    return f"models/{sha256}.{name}" if sha256 else ""


def reader_of(version: ModelVersion) -> Path:
    """This host's copy of the reader's file."""
    return _copy(version, MODEL_FILE)


def finder_of(version: ModelVersion | None) -> tuple[Path, Manifest]:
    """This host's copy of the ink finder's file, and its manifest: the bundled ones for None, or for a version made
    before there were any.
    """
    if version and version.finder:
        return _copy(version, FINDER_FILE), Manifest.of(version.manifest)
    return artifacts.BUNDLED / FINDER_FILE, Manifest.read(artifacts.BUNDLED)


def copy_onnx(version: ModelVersion) -> None:
    """Copies the version's ONNX files beside the others on this host."""
    manifest = Manifest.of(version.manifest)
    for name, sha256 in _networks(manifest):
        made = manifest.onnx.get(sha256)
        if made is None:
            raise CorruptArtifact(f"version {version.pk} has no ONNX file of {name}")
        file = onnx_file(_folder(version) / name)
        _fetch(file, made, name_of(made, file.name))


def places(version: ModelVersion) -> list[Path]:
    """Where the version's files are on this host: its copies, and the storage's files if that is a folder."""
    manifest, found = Manifest.of(version.manifest), []
    for name, sha256 in _networks(manifest):
        copy, made = _folder(version) / name, manifest.onnx.get(sha256)
        found += [copy, onnx_file(copy)]
        if isinstance(default_storage, FileSystemStorage):
            names = (_stored(version, name), name_of(made, onnx_file(copy).name))
            found += [Path(default_storage.path(each)) for each in names if each]
    return found


def verify(version: ModelVersion) -> None:
    """Checks what the storage holds, whatever this host has: other hosts will fetch it."""
    manifest = Manifest.of(version.manifest)
    artifacts.verify(_copy(version, MODEL_FILE, anew=True), manifest)
    if version.finder:
        artifacts.verify_finder(_copy(version, FINDER_FILE, anew=True), manifest)
    else:
        artifacts.verify_finder(*finder_of(version))


def put(version: ModelVersion, folder: Path) -> None:
    """Puts the files of an artifact's folder where the version's are, unless they are there."""
    manifest = Manifest.read(folder)
    for name, sha256 in _networks(manifest):
        _put(folder / name, sha256, _stored(version, name))
    put_onnx(folder)


def put_onnx(folder: Path) -> None:
    """Puts an artifact's ONNX files, if there are any, into the storage."""
    manifest = Manifest.read(folder)
    for name, sha256 in _networks(manifest):
        made, file = manifest.onnx.get(sha256), onnx_file(folder / name)
        if made and file.is_file():
            _put(file, made, name_of(made, file.name))


def place_of(name: str, storage: Storage = default_storage) -> str:
    """Where a file of the storage is, for people."""
    return str(getattr(storage, "place", storage.path)(name))


def _networks(manifest: Manifest) -> list[tuple[str, str]]:
    """The names and SHA-256 of an artifact's `.keras` files."""
    both = (MODEL_FILE, manifest.sha256), (FINDER_FILE, manifest.finder_sha256)
    return [(name, sha256) for name, sha256 in both if sha256]


def _stored(version: ModelVersion, name: str) -> str:
    """The name in the storage of one of the version's `.keras` files."""
    return str((version.artifact if name == MODEL_FILE else version.finder).name)


def _folder(version: ModelVersion) -> Path:
    return Path(settings.NETWORKS_DIR) / version.sha256


def _copy(version: ModelVersion, name: str, *, anew: bool = False) -> Path:
    sha256 = dict(_networks(Manifest.of(version.manifest)))[name]
    return _fetch(_folder(version) / name, sha256, _stored(version, name), anew=anew)


def _fetch(file: Path, sha256: str, stored: str, *, anew: bool = False) -> Path:
    """The file, with this SHA-256: as it is, or fetched from the storage, in any case if `anew`."""
    with _usable():
        if not anew and _is(file, sha256):
            return file
        try:
            content = _read(stored)
        except OSError:
            if anew or not _is(artifacts.BUNDLED / file.name, sha256):
                raise
            content = (artifacts.BUNDLED / file.name).read_bytes()
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            content = _put_back(file, sha256, stored, is_missing=content is None)
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f".{file.name}.lock")), replacing(file) as part:
            part.write_bytes(content)
        return file


def _put_back(file: Path, sha256: str, stored: str, *, is_missing: bool) -> bytes:
    """The content that the storage lacks, put back there. Raises CorruptArtifact if this host lacks it, too."""
    reason = "is missing" if is_missing else "isn't the file that its manifest describes: the SHA-256 differs"
    for source in (file, artifacts.BUNDLED / file.name):
        if _is(source, sha256):
            logger.warning("%s %s; it is put back from %s", place_of(stored), reason, source)
            content = source.read_bytes()
            try:
                default_storage.save(stored, ContentFile(content))
            except OSError as error:
                logger.warning("%s can't be written: %s", place_of(stored), error)
            return content
    raise CorruptArtifact(f"{place_of(stored)} {reason}")


def _is(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256


def _put(file: Path, sha256: str, stored: str) -> None:
    with _usable():
        if sha256_of(file) != sha256:
            raise CorruptArtifact(f"{file} isn't the file that its manifest describes: the SHA-256 differs")
        found = _read(stored)
        # A process that was killed while it wrote may have left half a file.
        if found is None or hashlib.sha256(found).hexdigest() != sha256:
            with file.open("rb") as content:
                default_storage.save(stored, File(content))


def _read(stored: str) -> bytes | None:
    try:
        with default_storage.open(stored) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = f"{error.filename}: {error.strerror}." if error.filename and error.strerror else str(error)
        raise StorageUnavailable(f"The networks' files can't be read or written: {said}") from error
