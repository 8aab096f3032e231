"""Damages bytes in the ways that find faults in decoders: in any place, but most often in the head."""

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
BYTES = (0, 1, 2, 7, 8, 16, 32, 64, 127, 128, 254, 255)
NUMBERS = (0, 1, 2, 255, 256, 4096, 2**15 - 1, 2**15, 2**16 - 1, 2**16, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
LONGEST = 2**18
"""Bytes that a mutated file may grow to."""

Change = Callable[[bytearray, Random], None]


def mutated(data: bytes, rng: Random) -> bytes:
    """The data with one to sixteen changes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 8, 16))):
        if changed:
            rng.choice(CHANGES)(changed, rng)
    return bytes(changed[:LONGEST])


def mutated_png(data: bytes, rng: Random) -> bytes:
    """A PNG whose chunks are changed, and have right checksums all the same."""
    chunks = _chunks(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = rng.randrange(len(chunks))
        name, body = chunks[place]
        way = rng.randrange(6)
        if way == 0 and name == b"IDAT":
            with contextlib.suppress(zlib.error):  # damaged already
                rows = bytearray(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")))
                rng.choice(CHANGES)(rows, rng)
                chunks[place] = (name, zlib.compress(bytes(rows)))
        elif way == 1:
            chunks.insert(rng.randrange(len(chunks) + 1), (name, body))
        elif way == 2:
            del chunks[place]
        elif way == 3:
            chunks[place] = (rng.choice((b"tRNS", b"PLTE", b"acTL", b"fcTL", b"fdAT", b"iCCP", b"eXIf", b"zTXt")), body)
        else:
            chunks[place] = (name, mutated(body, rng))
        if not chunks:
            break
    return PNG_SIGNATURE + b"".join(_chunk(*each) for each in chunks)


def mutated_zip(data: bytes, rng: Random) -> bytes:
    """A ZIP whose files are changed, and have right checksums all the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        names = whole.namelist()
        hit = rng.choice(names)
        for name in names:
            content = whole.read(name)
            shown = rng.choice((name, name, name, f"../{name}", name.upper(), f"a/{name}", ".", "x" * 300))
            changed.writestr(shown if name == hit else name, mutated(content, rng) if name == hit else content)
    return out.getvalue()


def _place(data: bytearray, rng: Random) -> int:
    return int(len(data) * rng.random() ** rng.choice((1, 4)))


def _span(data: bytearray, rng: Random) -> slice:
    start = _place(data, rng)
    return slice(start, start + rng.choice((1, 2, 4, 16, 256, len(data))))


def _flip(data: bytearray, rng: Random) -> None:
    data[_place(data, rng)] ^= 1 << rng.randrange(8)


def _set(data: bytearray, rng: Random) -> None:
    data[_place(data, rng)] = rng.choice((*BYTES, rng.randrange(256)))


def _number(data: bytearray, rng: Random) -> None:
    """A number of 16 or 32 bits, as lengths, sizes and offsets are."""
    form = rng.choice(("<H", ">H", "<I", ">I"))
    number = rng.choice(NUMBERS) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
    start = _place(data, rng)
    data[start : start + struct.calcsize(form)] = struct.pack(form, number)


def _delete(data: bytearray, rng: Random) -> None:
    del data[_span(data, rng)]


def _repeat(data: bytearray, rng: Random) -> None:
    start = _place(data, rng)
    data[start:start] = data[_span(data, rng)] * rng.choice((1, 2, 50))
    del data[LONGEST:]


def _insert(data: bytearray, rng: Random) -> None:
    start = _place(data, rng)
    data[start:start] = rng.randbytes(rng.choice((1, 2, 8, 64)))


def _zero(data: bytearray, rng: Random) -> None:
    span = _span(data, rng)
    data[span] = bytes(len(data[span]))


def _cut(data: bytearray, rng: Random) -> None:
    del data[rng.randrange(len(data)) :]


def _move(data: bytearray, rng: Random) -> None:
    span = _span(data, rng)
    taken = data[span]
    del data[span]
    start = _place(data, rng)
    data[start:start] = taken


CHANGES: tuple[Change, ...] = (
    _flip,
    _flip,
    _set,
    _set,
    _number,
    _number,
    _delete,
    _repeat,
    _insert,
    _zero,
    _cut,
    _move,
)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(PNG_SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
