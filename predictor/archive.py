"""A ZIP written while it is sent, in memory that doesn't grow with the number of its files.

Python's own writer keeps an object for each file until the end, for the directory that stands there;
here the directory waits in a temporary file. Format: PKWARE's APPNOTE 6.3, with ZIP64 where a count, a
place or a size is too large for the old fields.
"""

import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Self

CHUNK = 2**16
NARROW = 0xFFFFFFFF
NARROW_COUNT = 0xFFFF
UTF8_NAMES = 0x800
STORED, DEFLATED = 0, 8
VERSION = 45
"""What a reader must know: ZIP64."""


class Archive:
    """`add`, `add_file` and `end` return what is to be sent next. A context: at its end nothing stays on disk."""

    def __init__(self) -> None:
        self._directory = TemporaryFile()  # noqa: SIM115 – closed by __exit__
        self._count = 0
        self._at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.close()

    def add(self, name: str, data: bytes, *, made: datetime, squeeze: bool = False) -> bytes:
        """A file that is at hand. `squeeze`: worth compressing."""
        sent = zlib.compress(data, 6, wbits=-zlib.MAX_WBITS) if squeeze else data
        method = DEFLATED if squeeze else STORED
        return self._head(name, zlib.crc32(data), len(sent), len(data), method, made) + self._count_in(sent)

    def add_file(self, name: str, file: IO[bytes], *, made: datetime) -> Iterator[bytes]:
        """A file on disk, from its beginning; read twice, since its checksum goes first."""
        checksum, size = 0, 0
        file.seek(0)
        while chunk := file.read(CHUNK):
            checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
        yield self._head(name, checksum, size, size, STORED, made)
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield self._count_in(chunk)

    def end(self) -> Iterator[bytes]:
        """The directory, and where it lies."""
        start, size = self._at, self._directory.tell()
        self._directory.seek(0)
        while chunk := self._directory.read(CHUNK):
            yield self._count_in(chunk)
        if self._count >= NARROW_COUNT or start >= NARROW or size >= NARROW:
            record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, VERSION, VERSION, 0, 0, *[self._count] * 2, size, start)
            yield record + struct.pack("<4sIQI", b"PK\6\7", 0, self._at, 1)
        count = min(self._count, NARROW_COUNT)
        yield struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, min(size, NARROW), min(start, NARROW), 0)

    def _head(self, name: str, checksum: int, sent: int, size: int, method: int, made: datetime) -> bytes:
        """What stands before a file's content; the same is noted for the directory."""
        path, place = name.encode(), self._at
        fields = (UTF8_NAMES, method, *_dos(made), checksum)
        sizes = _wide(size, sent)
        narrow = (NARROW, NARROW) if sizes else (sent, size)
        head = struct.pack("<4s5H3I2H", b"PK\3\4", VERSION, *fields, *narrow, len(path), len(sizes)) + path + sizes
        wide = _wide(*((size, sent, place) if sizes else (place,)))
        where = NARROW if wide else place
        entry = struct.pack("<4s6H3I5H", b"PK\1\2", VERSION, VERSION, *fields, *narrow, len(path), len(wide), 0, 0, 0)
        self._directory.write(entry + struct.pack("<2I", 0, where) + path + wide)
        self._count += 1
        return self._count_in(head)

    def _count_in(self, sent: bytes) -> bytes:
        self._at += len(sent)
        return sent


def _wide(*values: int) -> bytes:
    """The extra field for values of which one doesn't fit into 32 bits; nothing where all do."""
    if max(values) < NARROW:
        return b""
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def _dos(moment: datetime) -> tuple[int, int]:
    """A time and a day as MS-DOS wrote them, to two seconds, from 1980 on."""
    day = max(0, moment.year - 1980) << 9 | moment.month << 5 | moment.day
    return moment.hour << 11 | moment.minute << 5 | moment.second // 2, day
