"""Atomic file writes: a file appears whole or not at all, even with several readers and writers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Yields a temporary path to write a file or folder to, and replaces `path` with it at the end.

    After an error the temporary file is removed, and `path` stays as it was. It has the suffix of `path`, because some
    libraries choose the format by the suffix. With a `mode` the file exists from the start, with these permissions.
    Two writers of one path must not overlap; `made_once` ensures that with a lock.
    """
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    _remove(part)
    if mode is not None:
        part.touch(mode, exist_ok=False)
    try:
        yield part
        part.replace(path)
    finally:
        _remove(part)


@contextmanager
def made_once(file: Path, *, mode: int | None = None) -> Iterator[Path | None]:
    """Yields a path to write `file` to, as `replacing` does, or None if the file exists.

    While one process makes the file, all others wait; then they get None.
    """
    if file.is_file():
        yield None
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name(f".{file.name}.lock")):
        if file.is_file():
            yield None
            return
        with replacing(file, mode=mode) as part:
            yield part


def _remove(part: Path) -> None:
    """Also removes what a killed process left behind."""
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
