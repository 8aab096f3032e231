"""Greys of more than 8 bits, as files."""

import io

import numpy as np
import pytest
from PIL import Image

from ml.pictures import decoding

SHADES = np.linspace(0, 1, 256).reshape(16, 16)


def saved(values: np.ndarray, kind: str = "TIFF", **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(values).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_white_is_the_brightest_of_the_bits_that_are_used(kind: str, bits: int) -> None:
    grey = decoding.decode(saved(np.round(SHADES * (2**bits - 1)).astype(np.uint16), kind))[..., 0]
    assert np.abs(grey - SHADES * 255).max() <= 1


@pytest.mark.parametrize("white", [255, 4095, 2**31 - 1])
def test_greys_of_32_bits_are_scaled_alike(white: int) -> None:
    grey = decoding.decode(saved(np.round(SHADES * white).astype(np.int32)))[..., 0]
    assert np.abs(grey - SHADES * 255).max() <= 1


@pytest.mark.parametrize(("black", "white"), [(0, 1), (0, 255), (0, 4095), (-1, 1), (-40, 60)])
def test_floats_are_scaled_alike(black: float, white: float) -> None:
    values = (black + SHADES * (white - black)).astype(np.float32)
    values[3, 3] = np.nan
    grey = decoding.decode(saved(values))[..., 0].astype(int)
    assert grey.max() - grey[0, 0] > 130
    assert np.all(np.diff(grey[8:].ravel()) >= 0)


@pytest.mark.parametrize("values", [np.zeros((4, 4), np.uint16), np.full((4, 4), 9, np.uint16)])
def test_a_dark_sheet_stays_dark(values: np.ndarray) -> None:
    assert decoding.decode(saved(values)).max() <= 9


def test_a_grey_of_16_bits_can_be_transparent() -> None:
    ink = np.full((30, 30), 5000, np.uint16)
    ink[5:25, 14:16] = 65000
    picture = decoding.decode(saved(ink, "PNG", transparency=5000))
    assert picture[0, 0].max() == 0
    assert picture[15, 15].min() > 250
