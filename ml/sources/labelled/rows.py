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
"""Names of the sides (train, validation, test) in data sets, and our name for each."""

NO_DIGIT = {"none", "not_a_digit", "not a digit"}


class LabelledSetError(Exception):
    """The set can't be read; the message names the row or the file, and says what is expected."""


class BadRow(LabelledSetError):
    """One row of a set can't be read; other rows may be readable."""


@dataclass(frozen=True)
class Labelled:
    """One example. `strokes`: in the API's form, if the set has strokes. `name`: identifies the row.

    `side`: "train", "validation" or "test"; "" if the set doesn't say. `kind` and `paper`: a table's columns of these
    names, in lower case; "" if it doesn't say.
    """

    picture: Picture
    label: str
    writer: str
    name: str
    strokes: dict[str, Any] | None = None
    side: str = ""
    kind: str = ""
    paper: str = ""


Make = Callable[[], Labelled]
"""Makes the example of one row. Raises BadRow."""


def example(data: bytes, label: str, writer: str, name: str, side: str = "") -> Labelled:
    """The example for a picture file's content. Raises BadRow."""
    try:
        return labelled(decode(data), label, writer, name, side)
    except PictureError as error:
        raise BadRow(f"{name}: {error}") from error


def labelled(picture: Picture, label: str, writer: str, name: str, side: str) -> Labelled:
    """The example, after checking label, writer and side. Raises BadRow."""
    said = checked_label(label, name), checked_writer(writer, name)
    return Labelled(picture, *said, name, side=checked_side(side, name))


def checked_label(label: str, name: str) -> str:
    """The label as digits, or "" for "not a digit". Raises BadRow."""
    label = label.strip()
    label = "" if label.lower() in NO_DIGIT else label
    if not re.fullmatch(r"[0-9]{0,32}", label):
        raise BadRow(f'{name}: the label {label!r} is neither digits nor empty (or "none") for "not a digit".')
    return label


def checked_writer(writer: str, name: str) -> str:
    """The writer's name, if a database can store it. Raises BadRow."""
    if re.search("[\0\ud800-\udfff]", writer):
        raise BadRow(f"{name}: the name {writer!r} has characters that are not allowed in a name.")
    return writer


def checked_side(side: str, name: str) -> str:
    """The side under our name for it. Raises BadRow."""
    side = side.strip().lower()
    if side and side not in SIDES:
        raise BadRow(f"{name}: the side {side!r} is not train, validation or test.")
    return SIDES.get(side, "")
