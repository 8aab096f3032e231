"""Decoding any bytes, and re-encoding any picture."""

import base64
import io
import subprocess
import sys
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ml.pictures import decoding
from ml.pictures.picture import Picture

pillow_heif.register_heif_opener()
KINDS = {
    "PNG": "RGB",
    "HEIF": "RGB",
    "AVIF": "RGB",
    "JPEG": "RGB",
    "GIF": "P",
    "WEBP": "RGBA",
    "BMP": "RGB",
    "TIFF": "RGB",
}


@cache
def _saved(kind: str, mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> bytes:
    out = io.BytesIO()
    shades = np.linspace(0, 255, size[0] * size[1]).astype(np.uint8).reshape(size[::-1])
    Image.fromarray(shades).convert(mode).save(out, kind)
    return out.getvalue()


def _decodes_or_is_refused(data: bytes) -> None:
    """Decoding gives a picture or a PictureError."""
    with suppress(decoding.PictureError):
        picture = decoding.decode(data)
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.shape[2] == 3


@given(st.binary(max_size=400))
def test_random_bytes_raise_only_picture_errors(data: bytes) -> None:
    _decodes_or_is_refused(data)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_files_raise_only_picture_errors(data: Any) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    whole = bytearray(_saved(kind, KINDS[kind]))
    for _ in range(data.draw(st.integers(0, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    _decodes_or_is_refused(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


@st.composite
def pictures(draw: Any, longest: int) -> Picture:
    """Uniform to noisy pictures of any shape."""
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    noise = draw(st.sampled_from([0, 0, 3, 60, 255]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shade = draw(st.integers(0, 255))
    values = shade + rng.integers(-noise, noise + 1, (height, width, 3))
    return np.clip(values, 0, 255).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(pictures(longest=900))
def test_what_is_kept_is_small_and_decodes(picture: Picture) -> None:
    kept = decoding.keep(picture)
    assert len(kept.data) <= 256 * 1024
    assert (kept.height, kept.width) == picture.shape[:2]
    shown = decoding.decode(kept.data)
    assert shown.shape[0] <= kept.height
    assert shown.shape[1] <= kept.width


@settings(max_examples=40, deadline=None)
@given(pictures(longest=200))
def test_a_drawing_is_kept_without_loss_and_keeping_it_again_changes_nothing(picture: Picture) -> None:
    kept = decoding.keep(picture)
    assert kept.content_type == "image/png"
    assert np.array_equal(decoding.decode(kept.data), picture)
    assert decoding.keep(decoding.decode(kept.data)).data == kept.data


@pytest.mark.parametrize("size", [(1, 1), (1, 30_000), (30_000, 1), (2, 641)])
def test_a_picture_of_an_odd_shape_is_kept(size: tuple[int, int]) -> None:
    kept = decoding.keep(np.full((size[1], size[0], 3), 255, np.uint8))
    assert (kept.width, kept.height) == size
    assert min(decoding.decode(kept.data).shape[:2]) >= 1


@pytest.mark.parametrize("kind", KINDS)
def test_each_format_is_decoded_upright_in_colour(kind: str) -> None:
    picture = decoding.decode(_saved(kind, KINDS[kind]))
    assert picture.shape == (16, 24, 3)
    assert picture[0, 0].max() < 30
    assert picture[-1, -1].min() > 225


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(orientation: int, kind: str) -> None:
    upright = np.full((40, 24, 3), 255, np.uint8)
    upright[:20, :12] = 0
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(upright)
    if orientation in turns:
        image = image.transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    assert np.array_equal(decoding.decode(out.getvalue()), upright)


def test_too_many_bytes_are_refused_before_decoding() -> None:
    with pytest.raises(decoding.PictureTooLarge):
        decoding.decode(bytes(decoding.BYTES_LIMIT + 1))


def test_too_many_pixels_are_refused_before_decoding() -> None:
    """The header declares 200 million pixels; the file has none."""
    header = bytearray(_saved("PNG", "L", (20, 10)))
    header[16:24] = (20_000).to_bytes(4, "big") + (10_000).to_bytes(4, "big")
    with pytest.raises(decoding.PictureError):
        decoding.decode(bytes(header))


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "1"), ("PNG", "P"), ("PNG", "I;16")]
)
def test_a_large_picture_is_scaled_down_and_keeps_the_size_it_had(kind: str, mode: str) -> None:
    """48 million pixels, as phones take them, taken sideways."""
    image = Image.new("L", (8064, 6048), 255)
    image.paste(0, (0, 0, 4032, 3024))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.convert(mode).save(out, kind, exif=exif)
    kept = decoding.decode_and_keep(out.getvalue())
    assert (kept.width, kept.height) == (6048, 8064)
    picture = decoding.decode(kept.data)
    assert picture.shape == (1280, 960, 3)
    assert picture[:630, 490:].max() < 30
    assert picture[650:].min() > 225
    assert picture[:, :470].min() > 225


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_large_heic_is_scaled_down_upright(mode: str) -> None:
    image = Image.new(mode, (4200, 3000), "white")
    image.paste("black", (0, 0, 2100, 1500))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "HEIF", exif=exif.tobytes(), quality=80)
    kept = decoding.decode_and_keep(out.getvalue())
    assert (kept.width, kept.height) == (3000, 4200)
    picture = decoding.decode(kept.data)
    assert picture.shape == (1280, 914, 3)
    assert picture[:630, 470:].max() < 30
    assert picture[650:].min() > 225
    assert picture[:, :440].min() > 225


def test_more_than_the_largest_phones_pictures_are_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9400, 7000)).save(out, "PNG")
    with pytest.raises(decoding.PictureTooLarge, match="9400×7000 pixels; as PNG, at most 9342×6957"):
        decoding.decode(out.getvalue())


def test_heic_is_read_and_its_library_loaded_only_then() -> None:
    program = """
import base64, sys
from ml.pictures import decoding
png, heic = (base64.b64decode(part) for part in sys.argv[1:])
decoding.decode(png)
assert "pillow_heif" not in sys.modules
print(decoding.decode(heic).shape)
"""
    pillow_heif.register_heif_opener()
    files = [base64.b64encode(_saved(kind)).decode() for kind in ("PNG", "HEIF")]
    done = subprocess.run([sys.executable, "-c", program, *files], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("(16, 24, 3)\n", "")
