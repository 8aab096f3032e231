"""Files that appear whole or not at all, whoever reads or writes them at the same time."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """A path beside `path` to write a file or a folder to. It takes the place of `path` at the end; after an error it
    is removed, and `path` stays as it was.

    Its suffix is that of `path`: some libraries choose the format by it. With a `mode` the file exists from the start,
    with these permissions. Two writers of one path must not overlap (`made_once` sees to that).
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
    """A path to write `file` to, as `replacing` gives it; None where the file exists.

    While one process makes the file, the others wait, and then find it made.
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
    """Also what a process that was killed left behind."""
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
