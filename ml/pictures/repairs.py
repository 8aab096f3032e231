"""Reads what can be read of files that were damaged on their way."""

import struct
import zlib

import numpy as np
from PIL import Image

from ml.pictures.picture import Picture

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
END_OF_JPEG = b"\xff\xd9"
LEAST_READ = 0.6
"""Least share of a JPEG's rows that must be there."""


def without_broken_notes(data: bytes, most: int) -> bytes:
    """A PNG without the chunks that a reader may skip (texts, times) and whose checksum is wrong. Other data as is.

    Raises ValueError for a PNG of more than `most` chunks.
    """
    if not data.startswith(PNG_SIGNATURE):
        return data
    kept, at = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunk = data[at : at + 12 + length]
        is_needed = chunk[4:5].isupper()
        if is_needed or zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big"):
            kept.append(chunk)
        at += len(chunk)
        if len(kept) > most:
            raise ValueError("too many chunks")
    return b"".join([*kept, data[at:]])


def fill_missing_rows(image: Image.Image) -> Image.Image | None:
    """RGB: the rows that a JPEG cut short lacks get the colour of the last ones. None if too few are there.

    libjpeg leaves blocks without data exactly mid-grey.
    """
    picture: Picture = np.array(image.convert("RGB"))
    is_missing = (picture[:, -8:] == 128).all(axis=(1, 2))
    there = len(picture) - int(np.argmin(is_missing[::-1])) if not is_missing.all() else 0
    if there < LEAST_READ * len(picture):
        return None
    picture[there:] = np.median(picture[max(0, there - 16) : there], axis=(0, 1))
    return Image.fromarray(picture)
