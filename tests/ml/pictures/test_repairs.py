"""Files that were damaged on their way."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ml.pictures import decoding
from ml.pictures.picture import Picture


def page(*, mode: str = "RGB", kind: str = "JPEG", **options: Any) -> bytes:
    """Grainy light paper with a dark stroke across its upper half."""
    grain = np.random.default_rng(0).integers(200, 220, (320, 320))
    grain[60:80, 40:280] = 30
    out = io.BytesIO()
    Image.fromarray(grain.astype(np.uint8)).convert(mode).save(out, kind, **options)
    return out.getvalue()


def cut(data: bytes, share: float) -> Picture:
    return decoding.decode(data[: round(share * len(data))])


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}, {"mode": "L"}])
def test_a_jpeg_is_read_as_far_as_it_goes(options: dict[str, Any]) -> None:
    picture = cut(page(**options), 0.75)
    assert picture.shape == (320, 320, 3)
    assert picture[70, 50:270].max() < 80
    assert np.quantile(picture[100:], 0.001) > 150, "what is missing has the paper's colour"


def test_a_jpeg_that_lacks_only_its_end_is_complete() -> None:
    assert np.array_equal(decoding.decode(page()[:-2]), decoding.decode(page()))


def test_a_cut_jpeg_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert cut(page(exif=exif), 0.8)[50:270, -70].max() < 80


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_a_jpeg_that_lacks_most_is_refused(share: float) -> None:
    with pytest.raises(decoding.DamagedPicture, match="cut short"):
        cut(page(), share)


def test_a_png_is_read_despite_a_broken_note() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Title", "a page")
    whole = page(kind="PNG", pnginfo=notes)
    broken = whole.replace(b"a page", b"a pa\0e")
    assert broken != whole
    assert np.array_equal(decoding.decode(broken), decoding.decode(whole))


def test_a_png_with_broken_pixels_is_refused() -> None:
    whole = bytearray(page(kind="PNG"))
    whole[len(whole) // 2] ^= 255
    with pytest.raises(decoding.DamagedPicture):
        decoding.decode(bytes(whole))
