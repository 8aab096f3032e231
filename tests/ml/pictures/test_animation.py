"""Which frame of an animation is read."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ml.pictures import decoding

OPTIONS: dict[str, dict[str, Any]] = {"GIF": {}, "WEBP": {"lossless": True}, "PNG": {}, "AVIF": {"quality": 100}}


def frame(columns: int) -> Image.Image:
    """White, with as many columns of ink."""
    picture = np.full((32, 32, 3), 255, np.uint8)
    picture[4:28, 4 : 4 + columns] = 0
    return Image.fromarray(picture)


def columns_read(kind: str, *columns: int) -> int:
    first, *rest = map(frame, columns)
    out = io.BytesIO()
    first.save(out, kind, save_all=True, append_images=rest, duration=100, **OPTIONS[kind])
    return int(np.count_nonzero(decoding.decode(out.getvalue())[16, :, 0] < 128))


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(("columns", "read"), [((0, 3, 9), 9), ((3, 9, 0), 9), ((5, 0), 5), ((0, 0), 0)])
def test_the_last_frame_with_something_on_it_is_read(kind: str, columns: tuple[int, ...], read: int) -> None:
    assert columns_read(kind, *columns) == read


def test_a_grey_animation_is_read() -> None:
    """Pillow says of its second frame that it has a palette, and gives none."""
    shades = np.arange(256, dtype=np.uint8).reshape(16, 16)
    out = io.BytesIO()
    Image.fromarray(shades).save(out, "GIF", save_all=True, append_images=[Image.new("L", (16, 16))])
    assert np.array_equal(decoding.decode(out.getvalue())[..., 0], shades)


def test_no_more_frames_are_decoded_than_a_large_picture_has_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "FRAMES_LIMIT", 2 * 2**16)
    assert columns_read("GIF", 3, 5, 9) == 5
