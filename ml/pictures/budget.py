"""What decoding a picture costs in memory, told from its header, and a process's room for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from ml.pictures import animation

BYTES_LIMIT = 300 * 2**20
"""Decoding a picture takes at most this much memory, and so does all decoding of a process at the same time."""
WAIT_SECONDS = 3.0
"""How long a picture waits for room."""

WORKING = 12 * 2**20
"""Bytes that every large picture needs besides its pixels, for tiles and the result."""
SCALED = 10
"""Bytes for each pixel of the result, while it is laid on its ground, copied and encoded again."""
ROW = 16
"""Bytes that Pillow needs for each row besides its pixels."""
LINE = 8
"""Bytes a pixel of the two lines that a decoder unpacks at once: at most four channels of 16 bits."""
SCANS_LIMIT = 64
"""The most scans of a JPEG that is sent in several; usual are 10. Each costs time for the whole picture."""

STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
"""Bytes a pixel in Pillow's memory, by mode; 4 for all others."""
COPIES = {"WEBP": 16, "AVIF": 12, "HEIF": 5}
"""Bytes a pixel of the formats that are decoded as a whole: the library's buffers, their copy, and Pillow's picture.
Pillow makes none of a large HEIF.
"""
ANIMATED = 16
"""Bytes a pixel of an animation: Pillow's picture, the one before it, what it disposes of, and the best so far."""


class NoRoom(Exception):
    """Other pictures are being decoded, and need the process's memory."""


def bytes_to_decode(image: Image.Image, size: tuple[int, int], data: bytes, scaled: int) -> int:
    """The most memory that decoding an opened picture takes at the same time, by its header.

    `size`: its width and height before any scaling by the decoder. `scaled`: pixels of the result.
    """
    form = str(image.format)
    pixels = size[0] * size[1]
    width, height = image.size  # as decoded: a JPEG may be scaled
    each = STORED.get(image.mode, 4)
    stored = 0
    if form in animation.FORMATS and getattr(image, "is_animated", False):
        stored = pixels * ANIMATED
    if form in COPIES:
        stored += pixels * COPIES[form]
    elif not stored:
        # Pillow begins each row at a multiple of 4 bytes.
        stored = height * (ROW + (width * each + 3) // 4 * 4) + 2 * LINE * width
    if form == "TIFF":
        stored += _strip(image)
    if form == "JPEG":
        stored += _coefficients(image, size, data)
    return stored + min(WORKING, 16 * pixels) + SCALED * min(scaled, pixels)


def scans(data: bytes) -> int:
    """How many scans a JPEG has, if its coefficients are kept until the last one came; else 0."""
    at = 2
    components = 0
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            is_whole = data[at + 4 : at + 5] == bytes([components])
            return 0 if is_whole else data.count(b"\xff\xda", at)
        if marker in range(0xC0, 0xD0) and marker not in {0xC4, 0xC8, 0xCC}:
            # Only a sequential picture whose first scan has all components needs none of the others.
            components = data[at + 9] if marker in {0xC0, 0xC1} and at + 9 < len(data) else 0
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0


def _coefficients(image: Image.Image, size: tuple[int, int], data: bytes) -> int:
    """Bytes of the coefficients that a JPEG in several scans keeps: two for each sample."""
    layers = getattr(image, "layer", [])
    if not layers or not scans(data):
        return 0
    across, down = (max(layer[axis] for layer in layers) for axis in (1, 2))
    samples: float = sum(layer[1] * layer[2] for layer in layers) / (across * down)
    return round(2 * samples * size[0] * size[1])


def _strip(image: Image.Image) -> int:
    """Bytes of a TIFF's largest strip or tile, which is unpacked as a whole."""
    tags = getattr(image, "tag_v2", {})
    width, height = (int(tags.get(322, image.width)), int(tags.get(323, tags.get(278, image.height))))
    bits = int(max(tags.get(258, (1,)))) * int(tags.get(277, 1))
    return width * (height if 322 in tags else min(height, image.height)) * max(bits // 8, 4)


class Room:
    """Memory that the threads of a process share: each waits until its picture has room."""

    def __init__(self, size: int = BYTES_LIMIT, *, seconds: float = WAIT_SECONDS) -> None:
        self._free, self._seconds = size, seconds
        self._changed = threading.Condition()

    @contextmanager
    def take(self, size: int) -> Iterator[None]:
        """Room for `size` bytes. Raises NoRoom if there is none within the room's `seconds`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= size, timeout=self._seconds):
                raise NoRoom
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()


ROOM = Room()
