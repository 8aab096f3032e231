"""One labelled example, and the errors of a row that can't be read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml.pictures.decoding import PictureError, decode
from ml.pictures.picture import Picture

SIDES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "t10k": "test",
}
"""The names of sides in data sets, and our name for each."""

NO_DIGIT = {"none", "not_a_digit", "not a digit"}


class LabelledSetError(Exception):
    """The set can't be read; the message names the row or the file, and says what is expected."""


class BadRow(LabelledSetError):
    """One row of a set can't be read; the others may be."""


@dataclass(frozen=True)
class Labelled:
    """One example. `strokes` are in the API's form where the set holds strokes; `name` says which row it is.

    `side` is "train", "validation" or "test" where the set says so, else "".
    """

    picture: Picture
    label: str
    writer: str
    name: str
    strokes: dict[str, Any] | None = None
    side: str = ""


Make = Callable[[], Labelled]
"""Makes an example of a row; raises BadRow."""


def example(data: bytes, label: str, writer: str, name: str, side: str = "") -> Labelled:
    """The example of a picture file's content. Raises BadRow."""
    try:
        return labelled(decode(data), label, writer, name, side)
    except PictureError as error:
        raise BadRow(f"{name}: {error}") from error


def labelled(picture: Picture, label: str, writer: str, name: str, side: str) -> Labelled:
    """The example, its label, writer and side checked. Raises BadRow."""
    said = checked_label(label, name), checked_writer(writer, name)
    return Labelled(picture, *said, name, side=checked_side(side, name))


def checked_label(label: str, name: str) -> str:
    """Digits, or "" for "not a digit". Raises BadRow."""
    label = label.strip()
    label = "" if label.lower() in NO_DIGIT else label
    if not re.fullmatch(r"[0-9]{0,32}", label):
        raise BadRow(f'{name}: the label {label!r} is neither digits nor empty (or "none") for "not a digit".')
    return label


def checked_writer(writer: str, name: str) -> str:
    """A name that a database can hold. Raises BadRow."""
    if re.search("[\0\ud800-\udfff]", writer):
        raise BadRow(f"{name}: the name {writer!r} has characters that no name has.")
    return writer


def checked_side(side: str, name: str) -> str:
    """Raises BadRow."""
    side = side.strip().lower()
    if side and side not in SIDES:
        raise BadRow(f"{name}: the side {side!r} is none of train, validation and test.")
    return SIDES.get(side, "")
