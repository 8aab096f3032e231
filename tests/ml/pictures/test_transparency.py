"""Transparent pictures get the ground that shows their ink."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from ml.pictures.picture import Picture, Plane
from ml.pictures.transparency import flattened

INK = np.zeros((40, 40), bool)
INK[10:30, 18:22] = INK[10:14, 12:28] = True
ALL = np.full((40, 40), 255, np.uint8)


def flat(colours: Picture, alpha: Plane, mode: str = "RGBA") -> Picture:
    return np.asarray(flattened(Image.fromarray(np.dstack([colours, alpha])).convert(mode)))


def sheet(ink: int, paper: int) -> Picture:
    return np.repeat(np.where(INK, ink, paper).astype(np.uint8)[..., None], 3, axis=2)


def round_corner() -> Plane:
    alpha = ALL.copy()
    alpha[:6, :6] = np.tri(6)[::-1] * 255
    return alpha


def hole() -> Plane:
    alpha = ALL.copy()
    alpha[2:12, 30:38] = 0
    return alpha


def shadow() -> Plane:
    """A window of 32 × 32 pixels that fills most of the picture, over a shadow."""
    alpha = np.zeros_like(ALL)
    alpha[4:] = 140
    alpha[2:36, 4:36] = 255
    return alpha


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (230, 90), (20, 120), (200, 240)])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("alpha_of", [round_corner, hole, shadow])
def test_a_sheet_that_lacks_a_part_is_filled_with_its_paper(
    alpha_of: Callable[[], Plane], mode: str, ink: int, paper: int
) -> None:
    whole, alpha = sheet(ink, paper), alpha_of()
    seen = np.where(alpha[..., None] == 255, whole, 0).astype(np.uint8)
    assert np.array_equal(flat(seen, alpha, mode), whole)


@pytest.mark.parametrize(("ink", "ground"), [(255, 0), (180, 0), (90, 255), (0, 255)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_ink_alone_is_laid_on_what_is_further_from_it(mode: str, ink: int, ground: int) -> None:
    assert np.array_equal(flat(np.full((40, 40, 3), ink, np.uint8), INK * np.uint8(255), mode), sheet(ink, ground))


def test_a_straight_one_that_fills_its_box_is_no_sheet() -> None:
    alpha = np.zeros_like(ALL)
    alpha[5:35, 18:22] = 255
    picture = flat(np.full((40, 40, 3), 255, np.uint8), alpha)
    assert (picture[20, 20] == 255).all()
    assert (picture[0, 0] == 0).all()


def test_a_digit_cut_out_of_a_sheet_stays_visible() -> None:
    picture = flat(np.full((40, 40, 3), 240, np.uint8), 255 - INK * np.uint8(255))
    assert (picture[20, 20] == 0).all()
    assert (picture[0, 0] == 240).all()


def test_a_palette_and_a_grey_that_stand_for_nothing_are_transparent() -> None:
    grey = Image.fromarray(np.where(INK, 255, 7).astype(np.uint8))
    grey.info["transparency"] = 7
    palette = grey.convert("L").quantize(2)
    palette.info["transparency"] = palette.getpixel((0, 0))
    for image in (grey, palette):
        assert np.array_equal(np.asarray(flattened(image)), sheet(255, 0))


def test_nothing_visible_is_one_colour() -> None:
    assert len(np.unique(flat(sheet(0, 255), ALL * 0))) == 1
