"""Labelled sets as arrays: NumPy's NPZ and MNIST's IDX files."""

import gzip
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.pictures.decoding import PIXELS_LIMIT
from ml.pictures.picture import Picture
from ml.sources.labelled.files import UNREADABLE, FileSet, check_unpacked, opened_zip, too_much
from ml.sources.labelled.rows import SIDES, Labelled, LabelledSetError, Make, labelled, named_side, plain
from ml.sources.labelled.scaling import Scaler, as_texts, in_shape, scale

NON_DIGIT_LABEL = -1
"""Label for "not a digit" in an NPZ. Not 10, which could be the label of a number."""
GLYPH_SIDE = 32
"""Pixels: pictures with no side longer than this show one digit. More digits in a label mean a class, as of letters."""
LABELS_LIMIT = 2**26
PIECE = 2**20
"""Bytes of an IDX file that are read at once to find its scale."""
NAMES = {
    "images": ("images", "imgs", "x", "pixels", "data"),
    "labels": ("labels", "label", "y", "targets", "target"),
    "writers": ("writers",),
    "sides": ("sides",),
}
"""Names of an NPZ's arrays, the first is taken if there are several. A side may stand with it: x_train, test_images."""


def is_idx(name: str) -> bool:
    """Whether the file is an IDX file of pictures."""
    path = Path(name)
    return "idx3-ubyte" in path.name and path.suffix in {"", ".gz", ".idx3-ubyte"}


def npz(files: FileSet, name: str) -> Iterator[Make]:
    """Pictures and labels under one of NAMES, with optional `writers` [N] and `sides` [N]."""
    groups = _groups(_arrays(files.path(name), name, files.unpacked_limit))
    if not groups or not all({"images", "labels"} <= set(group) for group in groups.values()):
        found = ", ".join(key for group in groups.values() for key, _ in group.values()) or "neither"
        raise LabelledSetError(
            f"{name} must hold `images` [N, height, width(, 3)] and `labels` [N], or x_train, y_train and so on. It"
            f" holds {found}."
        )
    sets = [_columns(group, side or named_side(name), name) for side, group in groups.items()]
    scaler = scale([images for images, *_ in sets], name)
    for images, *columns in sets:
        yield from glyphs(name, iter(images), *columns, scaler=scaler)


def _groups(arrays: dict[str, NDArray[Any]]) -> dict[str, dict[str, tuple[str, NDArray[Any]]]]:
    """By side and by kind, the name and the array."""
    groups: dict[str, dict[str, tuple[str, NDArray[Any]]]] = {}
    for kind, names in NAMES.items():
        for wanted in names:
            for key, array in arrays.items():
                words = re.split(r"[-_. ]", key.lower())
                side = next((SIDES[word] for word in words if word in SIDES), "")
                if [word for word in words if word not in SIDES] == [wanted]:
                    groups.setdefault(side, {}).setdefault(kind, (key, array))
    return groups


def _columns(
    group: dict[str, tuple[str, NDArray[Any]]], side: str, name: str
) -> tuple[NDArray[Any], list[str], list[str], list[str], list[str]]:
    """Pictures, labels, writers, sides and the names of the rows. Raises LabelledSetError."""
    key = group["images"][0]
    images = in_shape(group["images"][1], f"{name}: {key}")
    labels = as_texts(group["labels"][1], f"{name}: {group['labels'][0]}")
    labels = ["none" if label == str(NON_DIGIT_LABEL) else label for label in labels]
    count = len(images)
    writers = [known_writer(value) for value in group["writers"][1].ravel()] if "writers" in group else [""] * count
    sides = [str(value) for value in group["sides"][1].ravel()] if "sides" in group else [side] * count
    if {len(labels), len(writers), len(sides)} != {count}:
        lengths = ", ".join(f"{key} {len(array)}" for key, array in group.values())
        raise LabelledSetError(f"{name}: its arrays must be of one length, not {lengths}.")
    return images, labels, writers, sides, [f"{name}, {key} {row}" for row in range(count)]


def _arrays(path: Path, name: str, unpacked_limit: int) -> dict[str, NDArray[Any]]:
    with opened_zip(path, name, "an NPZ") as archive:
        check_unpacked(archive, name, unpacked_limit)
        found = {}
        for member in archive.namelist():
            try:
                with archive.open(member) as file:
                    found[member.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
            except Exception as error:  # NumPy's reader raises all kinds of errors on corrupt bytes
                raise LabelledSetError(f"{name} can't be read as an NPZ: {member}: {error}") from error
    return found


def idx(files: FileSet, name: str) -> Iterator[Make]:
    """The pictures of an IDX file, with labels from the file beside it and the side (train, t10k …) from its name."""
    folder, slash, file = name.rpartition("/")
    beside = folder + slash + file.replace("images", "labels").replace("idx3", "idx1")
    if not files.has(beside):
        raise LabelledSetError(f"{name} holds pictures, but their labels file {Path(beside).name} is not beside it.")
    path = files.path(name)
    try:
        with _opened(files.path(beside), beside) as said:
            labels = [str(label) for label in said.read(min(_shape(said, 1)[0], LABELS_LIMIT))]
        with _opened(path, name) as pictures:
            count, height, width = _shape(pictures, 3)
            if not 0 < height * width <= PIXELS_LIMIT:
                raise ValueError(f"its header gives the pictures {width}×{height} pixels")
            if count != len(labels):
                raise ValueError(f"it has {count} pictures, but {len(labels)} labels")
            if count * height * width > files.unpacked_limit:
                raise ValueError(f"it {too_much(files.unpacked_limit)}")
            pieces = iter(partial(pictures.read, PIECE), b"")
            scaler = scale((np.frombuffer(piece, np.uint8) for piece in pieces), name)
            pictures.seek(16)
            data = (pictures.read(height * width) for _ in labels)
            # The first picture that isn't there is too short for its shape.
            images = (np.frombuffer(pixels, np.uint8).reshape(height, width) for pixels in data)
            rows = [f"{name}, picture {index}" for index in range(count)]
            nothing = [""] * count, [named_side(name)] * count
            yield from glyphs(name, images, labels, *nothing, rows, scaler=scaler, turned=is_emnist(name))
    except (IndexError, *UNREADABLE) as error:
        raise LabelledSetError(f"{name} can't be read as an IDX file: {error}") from error


def glyphs(
    name: str,
    images: Iterable[NDArray[Any]],
    labels: Sequence[str],
    writers: Sequence[str],
    sides: Sequence[str],
    rows: Sequence[str],
    *,
    scaler: Scaler,
    turned: bool = False,
) -> Iterator[Make]:
    """The examples of a set `name` of arrays. `turned`: the pictures are transposed. Raises LabelledSetError."""
    for place, (*said, image) in enumerate(zip(labels, writers, sides, rows, images, strict=True)):
        if place == 0:
            _check_digits(name, labels, max(image.shape[:2]))
        yield partial(_glyph, image.swapaxes(0, 1) if turned else image, scaler, *said)


def is_emnist(name: str) -> bool:
    """Whether it is one of EMNIST's files, as IDX or as a table: their pictures are transposed."""
    return "emnist" in name.lower()


def _check_digits(name: str, labels: Sequence[str], side: int) -> None:
    """Raises LabelledSetError if the set's labels are letters: all of it, because the label 7 would be a G."""
    classes = side <= GLYPH_SIDE and any(re.fullmatch("[0-9]{2,}", plain(label)) for label in labels)
    if classes or "letters" in name.lower():
        most = max((plain(label) for label in labels), key=lambda label: (len(label), label), default="")
        raise LabelledSetError(
            f"{name}: its labels go up to {most}: they may be letters. Give a set of digits, 0 to 9."
        )


def _glyph(image: NDArray[Any], scaler: Scaler, label: str, writer: str, side: str, name: str) -> Labelled:
    return labelled(_shown(scaler(image)), label, writer, name, side)


def _shown(image: NDArray[np.uint8]) -> Picture:
    """The array as a picture. A grey array is a glyph as in MNIST, where 0 is paper, and is inverted."""
    return np.asarray(Image.fromarray(255 - image).convert("RGB")) if image.ndim == 2 else image


def known_writer(writer: Any) -> str:
    """The writer's name; "" for 0, which means unknown."""
    return "" if writer is None or str(writer) == "0" else str(writer)


def _opened(path: Path, name: str) -> IO[bytes]:
    return gzip.open(path) if name.endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _shape(file: IO[bytes], dimensions: int) -> tuple[int, ...]:
    head = file.read(4 + 4 * dimensions)
    if head[:4] != bytes((0, 0, 8, dimensions)) or len(head) < 4 + 4 * dimensions:
        raise ValueError(f"its header isn't that of unsigned bytes in {dimensions} dimensions")
    return tuple(int.from_bytes(head[start : start + 4], "big") for start in range(4, len(head), 4))
