"""Reads the files of a set safely: within size limits, and never outside the set."""

import csv
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml.sources.labelled.rows import LabelledSetError

UNPACKED_LIMIT = 2**30
"""Bytes that a ZIP of arrays, or the arrays in an NPZ, may unpack to."""
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, csv.Error, zlib.error, zipfile.BadZipFile)
"""Errors that the standard library's readers raise for a file that is damaged, encrypted or of another format."""
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Methods that unpack in small pieces. With others, a small file may become gigabytes, whatever size it states."""


def on_disk(file: Path, most: int, root: Path | None) -> bytes:
    """A file's content, of at most `most` bytes. With a `root`, the file must be inside that folder.

    Raises one of UNREADABLE.
    """
    if root and not file.resolve().is_relative_to(root.resolve()):
        raise ValueError("it lies outside the set")
    if not file.is_file():
        raise ValueError("there is no such file")
    _check_size(file.stat().st_size, most)
    return file.read_bytes()


def in_zip(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The content, of at most `most` bytes, of a file in a ZIP. Raises KeyError if missing, or one of UNREADABLE."""
    info = archive.getinfo(name)
    _check(info)
    _check_size(info.file_size, most)
    with archive.open(info) as file:
        return file.read(most + 1)  # stops even if the file unpacks to more than its stated size


@contextmanager
def opened_zip(path: Path, form: str = "a ZIP") -> Iterator[zipfile.ZipFile]:
    """Opens a ZIP. Raises LabelledSetError."""
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise LabelledSetError(f"{path} is not {form}, or a damaged one.") from error
    with archive:
        yield archive


def check_unpacked(archive: zipfile.ZipFile, path: Path, advice: str) -> None:
    """Raises LabelledSetError if the ZIP can't be unpacked or is too large. `advice`: what to do about the size."""
    for info in archive.infolist():
        try:
            _check(info)
        except ValueError as error:
            raise LabelledSetError(f"{path}: {info.filename} can't be read ({error}).") from error
    if sum(info.file_size for info in archive.infolist()) > UNPACKED_LIMIT:
        raise LabelledSetError(f"{path} unpacks to more than {UNPACKED_LIMIT // 2**20} MB: {advice}.")


def _check(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 1:
        raise ValueError("it is encrypted: pack it without a password")
    if info.compress_type not in METHODS:
        raise ValueError("it is packed by an unusual method: pack it by Deflate, as most programs do")


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"it has {size / 2**20:.0f} MB; at most {most // 2**20} MB are read")
