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
    "testing": "test",
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
    """The label as digits, or "" for "not a digit". Raises BadRow, also for an empty label: it is a missing one."""
    label = plain(label)
    if not label:
        raise BadRow(f'{name}: it has no label. Give its digits, or "none" for "not a digit".')
    if label.lower() in NO_DIGIT:
        return ""
    if not re.fullmatch(r"[0-9]{1,32}", label):
        raise BadRow(f'{name}: the label {label[:40]!r} is neither digits nor "none" (for "not a digit").')
    return label


def plain(label: str) -> str:
    """The label without spaces around it, and without a decimal part of zeros: 7.0, 7,0 and 7.000000e+00 are 7.

    Three zeros after a point or comma may be thousands, and stay.
    """
    label = label.strip()
    if whole := re.fullmatch(r"([0-9]+)(\.0{0,2}|\.0{4,}|,0)", label):
        return whole[1]
    if re.fullmatch(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}", label) and float(label).is_integer():
        return str(int(float(label)))
    return label


def named_side(name: str) -> str:
    """The side that a file's name or one of its folders gives (mnist_train.csv, test/7/a.png); "" for none."""
    *folders, file = name.lower().split("/")
    words = [*folders, *re.split(r"[-._]", file)]
    return next((SIDES[word] for word in reversed(words) if word in SIDES), "")


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


def bad_row(message: str) -> Labelled:
    """A row that is known to be bad: raises BadRow."""
    raise BadRow(message)
