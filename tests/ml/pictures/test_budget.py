"""What decoding costs is known before it, and kept to."""

import io
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.pictures import budget, decoding

SIDE = 6320

MEASURED = """
import sys
from pathlib import Path
from ml.pictures import decoding

def of_this_process(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

data = Path(sys.argv[1]).read_bytes()
decoding.decode_and_keep(Path(sys.argv[2]).read_bytes())
before = of_this_process("VmRSS")
try:
    kept = decoding.decode_and_keep(data)
    print(kept.width, kept.height)
except decoding.PictureTooLarge as error:
    print(*error.most)
print(of_this_process("VmHWM") - before)
"""


def _saved(image: Image.Image, kind: str, **options: int | str | bool) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _measured(data: bytes, folder: Path) -> tuple[str, float]:
    """The size that is read, and the megabytes that decoding took at its peak."""
    (folder / "picture").write_bytes(data)
    (folder / "small").write_bytes(_saved(Image.new("RGB", (3, 3)), "PNG"))
    files = [str(folder / name) for name in ("picture", "small")]
    done = subprocess.run([sys.executable, "-c", MEASURED, *files], capture_output=True, text=True, check=True)
    size, peak = done.stdout.splitlines()
    return size, float(peak)


def test_a_webp_of_a_few_bytes_costs_nothing_and_is_told_what_would_be_read(tmp_path: Path) -> None:
    bomb = _saved(Image.new("RGBA", (SIDE, SIDE)), "WEBP", lossless=True, method=0)
    assert len(bomb) < 50
    size, peak = _measured(bomb, tmp_path)
    width, height = map(int, size.split())
    assert 3500 < width == height < SIDE
    assert peak < 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "kind", "side"),
    [
        ("RGBA", "WEBP", 3900),
        ("RGB", "AVIF", 4500),
        ("RGBA", "PNG", SIDE),
        ("RGBA", "PNG", 3839),
        ("LA", "PNG", SIDE),
        ("RGB", "PNG", SIDE),
        ("I;16", "PNG", SIDE),
        ("P", "GIF", 8000),
        ("1", "PNG", 8000),
        ("I", "TIFF", SIDE),
        ("F", "TIFF", SIDE),
        ("RGB", "JPEG", 8000),
    ],
)
def test_no_picture_takes_more_than_the_budget(mode: str, kind: str, side: int, tmp_path: Path) -> None:
    options = {"WEBP": {"lossless": True, "method": 0}, "TIFF": {"compression": "tiff_adobe_deflate"}}
    size, peak = _measured(_saved(Image.new(mode, (side, side)), kind, **options.get(kind, {})), tmp_path)
    assert size == f"{side} {side}"
    assert peak < 300


@pytest.mark.parametrize("size", [(1, 60_000_000), (60_000_000, 1)])
def test_lines_that_cost_more_than_their_pixels_are_refused(size: tuple[int, int]) -> None:
    header = bytearray(_saved(Image.new("L", (1, 1)), "PNG"))
    header[16:24] = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big")
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(decoding.PictureTooLarge):
        decoding.decode(bytes(header))


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    shades = np.linspace(0, 255, 64 * 64).astype(np.uint8).reshape(64, 64)
    progressive = _saved(Image.fromarray(shades), "JPEG", progressive=True)
    assert budget.scans(_saved(Image.fromarray(shades), "JPEG")) == 0
    assert 1 < budget.scans(progressive) < 20
    decoding.decode(progressive)
    last = progressive.rindex(b"\xff\xda")
    repeated = progressive[:-2] + progressive[last:-2] * 100 + progressive[-2:]
    with pytest.raises(decoding.PictureTooLarge, match="scans"):
        decoding.decode(repeated)


def test_a_png_of_very_many_chunks_is_refused() -> None:
    whole = _saved(Image.new("L", (3, 3)), "PNG")
    empty = b"\0\0\0\0IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big")
    with pytest.raises(decoding.DamagedPicture):
        decoding.decode(whole[:33] + empty * (decoding.CHUNKS_LIMIT + 1) + whole[33:])


def test_pictures_wait_until_there_is_room_and_give_it_back() -> None:
    room = budget.Room(100, seconds=30)
    began, entered = threading.Event(), threading.Event()

    def wait() -> None:
        began.set()
        with room.take(50):
            entered.set()

    with room.take(60):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert began.wait(30)
        assert not entered.is_set()
    waiting.join(30)
    assert entered.is_set()
    with room.take(100):
        pass


def test_without_room_a_picture_is_refused_and_what_failed_holds_none() -> None:
    room = budget.Room(100, seconds=0)
    with pytest.raises(ZeroDivisionError), room.take(100):
        raise ZeroDivisionError
    with room.take(60), pytest.raises(budget.NoRoom), room.take(50):
        pass
