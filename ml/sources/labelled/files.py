"""Reads the files of a set safely: within size limits, and from a ZIP only what lies in it."""

import csv
import glob
import posixpath
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ml.pictures.decoding import BYTES_LIMIT
from ml.sources.labelled.rows import BadRow, LabelledSetError

UNPACKED_LIMIT = 2**30
"""Bytes that the arrays of a ZIP or an NPZ, or a row group of a Parquet file, may unpack to unless told otherwise. They
are held in memory.
"""
PICTURES_TIMES = 4
"""All files of a ZIP may unpack to this many times as much: pictures are unpacked one by one."""
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, csv.Error, zlib.error, zipfile.BadZipFile)
"""Errors that the standard library's readers raise for a file that is damaged, encrypted or of another format."""
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Methods that unpack in small pieces. With others, a small file may become gigabytes, whatever size it states."""


class FileSet(Protocol):
    """Files below one folder. A name is relative to it, with / between its parts.

    `unpacked_limit`: bytes that arrays in it may unpack to.
    """

    unpacked_limit: int

    def names(self) -> list[str]:
        """All names, sorted, without hidden files and what macOS adds to a ZIP."""

    def has(self, name: str) -> bool: ...

    def below(self, folder: str, file: str) -> list[str]:
        """The names of the files called `file` in the immediate subfolders of `folder`."""

    def read(self, name: str, most: int) -> bytes:
        """A file's content, of at most `most` bytes. Raises one of UNREADABLE."""

    def path(self, name: str) -> Path:
        """A path to the file on disk, valid as long as the set is open. Raises one of UNREADABLE."""


class Folder:
    """The files below a folder on disk. A name may also lead out of it."""

    def __init__(self, root: Path, unpacked_limit: int) -> None:
        self._root, self.unpacked_limit = root, unpacked_limit

    def names(self) -> list[str]:
        found = (file.relative_to(self._root).as_posix() for file in self._root.rglob("*") if file.is_file())
        return sorted(name for name in found if not _is_hidden(name))

    def has(self, name: str) -> bool:
        return (self._root / name).is_file()

    def below(self, folder: str, file: str) -> list[str]:
        found = (self._root / folder).glob(f"*/{glob.escape(file)}")
        return [path.relative_to(self._root).as_posix() for path in found]

    def read(self, name: str, most: int) -> bytes:
        if not self.has(name):
            raise ValueError("there is no such file")
        _check_size(self.path(name).stat().st_size, most)
        return self.path(name).read_bytes()

    def path(self, name: str) -> Path:
        return self._root / name


class Archive:
    """The files in a ZIP. Windows programs may have put backslashes into their names."""

    def __init__(self, archive: zipfile.ZipFile, folder: Path, unpacked_limit: int) -> None:
        """`folder`: an empty one, for `path`."""
        self._archive, self._folder, self._unpacked, self.unpacked_limit = archive, folder, 0, unpacked_limit
        named = ((info.filename.replace("\\", "/"), info) for info in archive.infolist())
        files = {posixpath.normpath(name): info for name, info in named if not name.endswith("/")}
        self._files = {name: info for name, info in files.items() if not _is_hidden(name)}

    def names(self) -> list[str]:
        return sorted(self._files)

    def has(self, name: str) -> bool:
        return name in self._files

    def below(self, folder: str, file: str) -> list[str]:
        depth = 2 if folder in {"", "."} else folder.count("/") + 3
        start = "" if folder in {"", "."} else f"{folder}/"
        ends = [name for name in self._files if name.startswith(start) and name.endswith(f"/{file}")]
        return [name for name in ends if name.count("/") + 1 == depth]

    def read(self, name: str, most: int) -> bytes:
        info = self._info(name)
        _check_size(info.file_size, min(most, self.unpacked_limit))
        with self._archive.open(info) as file:
            return file.read(most + 1)  # stops even if the file unpacks to more than its stated size

    def path(self, name: str) -> Path:
        info = self._info(name)
        self._unpacked += info.file_size
        if self._unpacked > self.unpacked_limit:
            raise ValueError(f"the set {too_much(self.unpacked_limit)}")
        # Under a name of ours: one from the archive could lead out of the folder.
        path = self._folder / f"{len(list(self._folder.iterdir()))}{posixpath.splitext(name)[1]}"
        with self._archive.open(info) as file, path.open("wb") as unpacked:
            shutil.copyfileobj(file, unpacked)
        return path

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self._files:
            raise ValueError("there is no such file")
        _check(self._files[name])
        return self._files[name]


def content(files: FileSet, name: str, row: str) -> bytes:
    """The content of the picture file that a row names. Raises BadRow."""
    try:
        return files.read(name, BYTES_LIMIT)
    except UNREADABLE as error:
        raise BadRow(f"{row} can't be read ({error}).") from error


@contextmanager
def opened_archive(path: Path, unpacked_limit: int) -> Iterator[Archive]:
    """The files of a ZIP. Raises LabelledSetError."""
    with opened_zip(path, path.name, "a ZIP") as archive, tempfile.TemporaryDirectory() as folder:
        if _unpacked_size(archive) > PICTURES_TIMES * unpacked_limit:
            raise LabelledSetError(f"{path.name} {too_much(PICTURES_TIMES * unpacked_limit)}")
        yield Archive(archive, Path(folder), unpacked_limit)


@contextmanager
def opened_zip(path: Path, name: str, form: str) -> Iterator[zipfile.ZipFile]:
    """Opens a ZIP, called `name` in errors. Raises LabelledSetError."""
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise LabelledSetError(f"{name} is not {form}, or a damaged one.") from error
    with archive:
        yield archive


def too_much(limit: int) -> str:
    return f"unpacks to more than {limit // 2**20} MB: split it, or unpack it, and give the folder"


def _unpacked_size(archive: zipfile.ZipFile) -> int:
    return sum(info.file_size for info in archive.infolist())


def check_unpacked(archive: zipfile.ZipFile, name: str, unpacked_limit: int) -> None:
    """Raises LabelledSetError if an NPZ, called `name`, can't be unpacked or is too large."""
    for info in archive.infolist():
        try:
            _check(info)
        except ValueError as error:
            raise LabelledSetError(f"{name}: {info.filename} can't be read ({error}).") from error
    if _unpacked_size(archive) > unpacked_limit:
        raise LabelledSetError(
            f"{name} unpacks to more than {unpacked_limit // 2**20} MB: split it into several files."
        )


def _is_hidden(name: str) -> bool:
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in name.split("/"))


def _check(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 1:
        raise ValueError("it is encrypted: pack it without a password")
    if info.compress_type not in METHODS:
        raise ValueError("it is packed by an unusual method: pack it by Deflate, as most programs do")


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"it has {size / 2**20:.0f} MB; at most {most // 2**20} MB are read")
