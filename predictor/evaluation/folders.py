"""Reads the labelled pictures of a folder or a file, and notes the rows that can't be read."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ml.evaluation.results import KINDS
from ml.isolation import Mode
from ml.sources.labelled.sets import BadRow, Labelled, LabelledSetError, count_labelled, read_labelled


def read(path: Path, *, pen: float = 15.0, on_bad: Callable[[BadRow], object]) -> Iterator[Labelled]:
    """The examples of a set. Here an empty label in a table is "not a digit".

    Calls `on_bad` for each row that can't be read, or whose kind and label disagree. Raises LabelledSetError.
    """
    for example in read_labelled(path, pen=pen, blank="none", on_bad=on_bad):
        if problem := _problem(example):
            on_bad(BadRow(f"{example.name}: {problem}"))
        else:
            yield example


def count(path: Path) -> int | None:
    """The number of rows of a folder or a table; None for a file that would have to be unpacked for it."""
    return count_labelled(path) if path.is_dir() or path.suffix == ".csv" else None


def mode_of(example: Labelled, mode: Mode) -> Mode:
    """The mode in which the example is read: by its kind, or else `mode`."""
    if not example.kind:
        return mode
    return "number" if example.kind == "number" or len(example.label) > 1 else "digit"


def _problem(example: Labelled) -> str | None:
    kind, digits = example.kind, len(example.label)
    if kind and kind not in KINDS:
        return f"the kind {kind!r} is none of {', '.join(KINDS)}."
    wanted = {"single": digits == 1, "number": digits > 0, "none": digits == 0}
    return None if wanted.get(kind, True) else f"the label {example.label!r} doesn't fit the kind {kind!r}."


__all__ = ["LabelledSetError", "count", "mode_of", "read"]
