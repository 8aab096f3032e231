"""Reads the files of a set safely: size limits, and no path outside of the set."""

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
"""What the standard library's readers raise for a file that is damaged, encrypted or not what its name says."""
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The methods that unpack piece by piece. With others a small piece may become gigabytes, whatever size is stated."""


def on_disk(file: Path, most: int, root: Path | None) -> bytes:
    """A file's content, of at most `most` bytes; where there is a `root`, it must lie there.

    Raises one of UNREADABLE.
    """
    if root and not file.resolve().is_relative_to(root.resolve()):
        raise ValueError("it lies outside the set")
    if not file.is_file():
        raise ValueError("there is no such file")
    _check_size(file.stat().st_size, most)
    return file.read_bytes()


def in_zip(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The same of a file in a ZIP. Raises KeyError where it isn't there."""
    info = archive.getinfo(name)
    _check(info)
    _check_size(info.file_size, most)
    with archive.open(info) as file:
        return file.read(most + 1)  # by pieces, so that no more is unpacked than is stated


@contextmanager
def opened_zip(path: Path, form: str = "a ZIP") -> Iterator[zipfile.ZipFile]:
    """Raises LabelledSetError."""
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise LabelledSetError(f"{path} is not {form}, or a damaged one.") from error
    with archive:
        yield archive


def check_unpacked(archive: zipfile.ZipFile, path: Path, advice: str) -> None:
    """Raises LabelledSetError where it can't be unpacked, or would take too much room; `advice` says what to do."""
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
