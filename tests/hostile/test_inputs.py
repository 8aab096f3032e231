"""Small files that cost much to decode: refused before they are decoded, or decoded within the budget."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

import pytest
from PIL import Image

from tests.e2e.support.stack import Site
from tests.hostile.others import DRAWINGS, attackers, p95, slowest, statuses, watching
from tests.reliability import Note

pytestmark = pytest.mark.slow

SIDE = 6320
MOST_MEGABYTES = 600
PATIENCE = 20.0
"""Seconds. The report has the figures; this only says that the site goes on, on a slow machine, too."""


def webp() -> bytes:
    """6320 × 6320 RGBA in 36 bytes: of a picture of one colour, a pixel takes no bit, so only the sides are written."""
    out = io.BytesIO()
    Image.new("RGBA", (16, 16)).save(out, "WEBP", lossless=True)
    data = bytearray(out.getvalue())
    at = data.index(b"VP8L") + 9
    rest = int.from_bytes(data[at : at + 4], "little") >> 28
    data[at : at + 4] = (rest << 28 | (SIDE - 1) << 14 | (SIDE - 1)).to_bytes(4, "little")
    assert Image.open(io.BytesIO(data)).size == (SIDE, SIDE)
    return bytes(data)


def png(kind: int, channels: int) -> bytes:
    """A PNG of 40 megapixels in one colour. `kind`: the number of its colour type."""
    deflate, row = zlib.compressobj(1), bytes(1 + SIDE * channels)
    rows = b"".join(deflate.compress(row) for _ in range(SIDE)) + deflate.flush()
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, kind, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def saved(mode: str, kind: str, **options: str) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (SIDE, SIDE)).save(out, kind, **options)
    return out.getvalue()


PICTURES: dict[str, tuple[Callable[[], bytes], set[int]]] = {
    "WebP, RGBA": (webp, {413}),
    "PNG, RGBA": (partial(png, 6, 4), {201, 202}),
    "PNG, grey and alpha": (partial(png, 4, 2), {201, 202}),
    "TIFF of 32 bits": (partial(saved, "F", "TIFF", compression="tiff_adobe_deflate"), {201, 202}),
    "JPEG": (partial(saved, "RGB", "JPEG"), {201, 202}),
}
"""How each is made, and what it is answered."""


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_costs_much_stays_within_the_budget(
    site: Site, reliability: Note, name: str, count: int
) -> None:
    make, right = PICTURES[name]
    data = make()
    ask = {"method": "POST", "url": f"{site.url}{DRAWINGS}", "files": {"image": ("x", data)}}
    with attackers() as attack, watching(site) as others:
        took = attack([ask] * count)
    # Whoever finds no room within 3 s is told to come again.
    assert statuses(took) <= right | ({503} if count > 1 else set()), took
    assert statuses(others.before + others.during) <= {201, 202}
    assert others.more_memory <= MOST_MEGABYTES
    assert slowest(took) < PATIENCE
    assert p95(others.during) < PATIENCE
    tried = f"{name}, 40 megapixels in {_size(data)}, {'one' if count == 1 else f'{count} at once'}"
    answers = ", ".join(str(status) for _, status in took)
    reliability("inputs", tried, f"{answers} within {slowest(took):.2f} s; {others}")


def _size(data: bytes) -> str:
    return f"{len(data)} bytes" if len(data) < 1000 else f"{len(data) / 1000:.0f} KB"
