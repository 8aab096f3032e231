"""Files that take long to make and are made once, however many processes want them at the same time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def made_once(file: Path) -> Iterator[Path | None]:
    """A path to write the file to, which takes its place in the end; None where it is there.

    Who comes while another process makes it waits, and finds it made. One that dies meanwhile leaves no half of it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.is_file():
            yield None
            return
        part = file.with_name(f"part-{file.name}")
        yield part
        part.replace(file)
