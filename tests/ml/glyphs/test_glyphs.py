"""Properties of the isolation: which changes of a drawing leave its glyph the same, and what gives no glyph."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from ml.finder.finder import Finder
from ml.isolation import isolate
from ml.network.reader import Reader
from ml.pictures.picture import Picture
from ml.pictures.strokes import render
from ml.reading import read
from ml.sources import non_digits, paper
from ml.sources.mnist import Mnist
from tests.ml import golden_glyphs
from tests.ml.drawing import draw, place, plain_strokes

DIGITS = st.integers(0, 9)
COLOUR = st.tuples(*[st.integers(0, 255)] * 3)


def glyph(picture: Picture) -> np.ndarray:
    found = isolate(picture, "digit").glyphs
    assert len(found) == 1
    return found[0].pixels.astype(int)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference in levels after the best shift by at most a pixel."""
    shifted = [np.roll(other, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return float(min(np.abs(one - moved).mean() for moved in shifted))


@settings(max_examples=40, deadline=None)
@given(DIGITS, st.integers(0, 400), st.integers(0, 200))
def test_moving_the_drawing_leaves_the_glyph_the_same(digit: int, x: int, y: int) -> None:
    picture = draw(plain_strokes(digit))
    moved = place(picture, x, y, width=700, height=500)
    assert np.abs(glyph(picture) - glyph(moved)).max() <= 1


@settings(max_examples=40, deadline=None)
@given(DIGITS, st.integers(100, 900))
def test_scaling_the_drawing_leaves_the_glyph_nearly_the_same(digit: int, side: int) -> None:
    strokes = plain_strokes(digit)
    assert difference(glyph(draw(strokes)), glyph(draw(strokes, side=side, pen=side / 25))) < 6


@settings(max_examples=40, deadline=None)
@given(DIGITS, COLOUR, COLOUR)
def test_recolouring_the_drawing_leaves_the_glyph_nearly_the_same(
    digit: int, ink: tuple[int, int, int], paper: tuple[int, int, int]
) -> None:
    if max(abs(a - b) for a, b in zip(ink, paper, strict=True)) < 40:
        return
    strokes = plain_strokes(digit)
    recoloured = draw(strokes, ink=f"#{bytes(ink).hex()}", paper=f"#{bytes(paper).hex()}")
    assert difference(glyph(draw(strokes)), glyph(recoloured)) < 3


@pytest.mark.parametrize("digit", range(10))
def test_inverting_the_drawing_leaves_the_glyph_the_same(digit: int) -> None:
    picture = draw(plain_strokes(digit))
    assert np.abs(glyph(picture) - glyph(255 - picture)).max() <= 1


@settings(max_examples=40, deadline=None)
@given(DIGITS, st.floats(1, 18))
def test_any_fine_pen_gives_nearly_the_same_glyph(digit: int, pen: float) -> None:
    strokes = plain_strokes(digit)
    assert difference(glyph(draw(strokes)), glyph(draw(strokes, pen=pen))) < 7


@pytest.mark.parametrize("pen", [1, 6, 15, 25, 40])
@pytest.mark.parametrize("digit", [1, 7])
def test_every_pen_is_normalised_to_mnists_stroke_widths(digit: int, pen: int) -> None:
    ink = glyph(draw(plain_strokes(digit), pen=pen)) / 255
    across = np.median([row.sum() for row in ink[12:20] if row.sum()])
    assert 1.8 <= across <= 4.4


def test_a_stroke_of_mnists_width_is_not_changed() -> None:
    drawn = draw([[[0.5, 0.0], [0.5, 1.0]]], side=200, pen=17)
    ink = glyph(drawn) / 255
    assert abs(ink[10:18].sum(axis=1).mean() / 20 - 17 / isolate(drawn, "digit").glyphs[0].box[3]) < 0.015


def test_thickening_leaves_a_loop_open() -> None:
    strokes = plain_strokes(8, "two_circles")
    flat = [[[1.5 * x, 0.35 * y] for x, y in stroke] for stroke in strokes]
    _, holes = ndimage.label(np.pad(glyph(draw(flat, pen=2)) < 100, 1, constant_values=True))
    assert holes == 3


@pytest.mark.parametrize("name", list(golden_glyphs.pictures()))
def test_the_golden_pixels_hold(name: str) -> None:
    with np.load(golden_glyphs.FILE) as kept:
        difference = np.abs(kept[name].astype(int) - glyph(golden_glyphs.pictures()[name]))
    assert difference.mean() < 0.5


def test_a_glyph_fits_the_inner_box_and_is_centred_by_mass() -> None:
    for digit in range(10):
        pixels = glyph(draw(plain_strokes(digit)))
        rows, columns = np.nonzero(pixels > 64)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20, 21)
        y, x = (pixels.sum(axis=1) @ np.arange(28), pixels.sum(axis=0) @ np.arange(28)) / pixels.sum()
        assert abs(x - 13.5) < 0.6
        assert abs(y - 13.5) < 0.6


def test_the_box_is_in_the_pictures_own_pixels() -> None:
    line = render([{"colour": "#000", "width": 10, "points": [[100, 50], [100, 250]]}], width=300, height=300)
    x, y, width, height = isolate(line, "digit").glyphs[0].box
    assert (abs(x - 95), abs(y - 45), abs(width - 10), abs(height - 210)) <= (1, 1, 2, 2)
    large = np.kron(line, np.ones((8, 8, 1), dtype=np.uint8))
    assert np.abs(np.array(isolate(large, "digit").glyphs[0].box) - 8 * np.array((x, y, width, height))).max() <= 24


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_blank_is_read_as_nothing(level: int) -> None:
    for shape in ((1, 1, 3), (28, 28, 3), (300, 400, 3)):
        for mode in ("digit", "number"):
            assert isolate(np.full(shape, level, dtype=np.uint8), mode).glyphs == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1, 80), st.integers(20, 300))
def test_noise_is_read_as_nothing(seed: int, deviation: float, side: int) -> None:
    noise = np.random.default_rng(seed).normal(128, deviation, (side, side, 3))
    assert isolate(np.clip(noise, 0, 255).astype(np.uint8), "digit").glyphs == []


@pytest.mark.parametrize("shape", ["across", "down", "slanting", "round", "waves"])
def test_a_smooth_gradient_is_read_as_nothing(shape: str) -> None:
    y, x = np.mgrid[0:300, 0:300]
    planes = {
        "across": x * 0.8,
        "down": 255 - y * 0.8,
        "slanting": (x + y) * 0.4,
        "round": 255 - np.hypot(x - 150, y - 150),
        "waves": 120 + 60 * np.sin(x / 60),
    }
    picture = np.repeat(planes[shape][..., None], 3, axis=2).clip(0, 255).astype(np.uint8)
    assert isolate(picture, "digit").glyphs == []


@pytest.mark.parametrize("pen", [1, 3, 8, 20, 40])
def test_a_lone_speck_is_read_as_nothing(pen: int) -> None:
    speck = render([{"colour": "#000", "width": pen, "points": [[150, 140]]}], width=300, height=300)
    assert isolate(speck, "digit").glyphs == []


@pytest.mark.parametrize("made", [non_digits.blank, non_digits.noise, non_digits.gradient, non_digits.ruled_paper])
def test_empty_paper_is_read_as_nothing(made: Callable[[np.random.Generator], Picture]) -> None:
    assert [seed for seed in range(25) if isolate(made(np.random.default_rng(seed)), "digit").glyphs] == []


@pytest.mark.parametrize("share", [0.05, 0.15, 0.25, 0.3])
def test_salt_and_pepper_is_read_as_nothing(share: float) -> None:
    """The grains merge into a hundred components and more, some far larger than the rest."""
    for seed in range(8):
        grains = np.random.default_rng(seed).random((300, 300, 3))
        picture = np.where(grains < share / 2, 0, np.where(grains > 1 - share / 2, 255, 132)).astype(np.uint8)
        assert isolate(picture, "digit").glyphs == []


def test_a_few_scattered_specks_are_read_as_nothing() -> None:
    pictures = (non_digits.specks(np.random.default_rng(seed)) for seed in range(25))
    assert [seed for seed, picture in enumerate(pictures) if isolate(picture, "digit").glyphs] == []


def test_specks_beside_a_digit_are_ignored() -> None:
    picture = draw(plain_strokes(3))
    spoiled = picture.copy()
    for x, y in ((5, 5), (290, 20), (10, 280)):
        spoiled[y : y + 3, x : x + 3] = 0
    assert np.array_equal(glyph(picture), glyph(spoiled))


@pytest.mark.parametrize("deviation", [5, 15, 30])
def test_a_digit_on_noisy_paper_is_found(deviation: int) -> None:
    picture = draw(plain_strokes(8))
    noise = np.random.default_rng(0).normal(0, deviation, picture.shape)
    noisy = np.clip(picture * 0.7 + 40 + noise, 0, 255).astype(np.uint8)
    assert difference(glyph(picture), glyph(noisy)) < 6


@pytest.mark.parametrize("ruling", list(paper.RULINGS))
@pytest.mark.parametrize(("ink", "pen"), [("#000000", 12), ("#1a3a8f", 3)])
def test_a_digit_on_ruled_paper_is_found(ruling: str, ink: str, pen: float) -> None:
    picture = draw(plain_strokes(6), ink=ink, pen=pen)
    assert difference(glyph(picture), glyph(paper.ruled(picture, ruling))) < 4


@pytest.mark.parametrize("shading", paper.SHADINGS)
@pytest.mark.parametrize("digit", [1, 5, 8])
def test_a_digit_in_uneven_light_is_found(shading: str, digit: int) -> None:
    picture = draw(plain_strokes(digit))
    shaded = paper.shaded(picture, shading, np.random.default_rng(digit))
    assert difference(glyph(picture), glyph(shaded)) < 6


@pytest.mark.parametrize("form", ["box", "lines"])
@pytest.mark.parametrize("digit", [0, 1, 7])
def test_a_frame_around_a_digit_is_removed(form: str, digit: int) -> None:
    picture = draw(plain_strokes(digit), margin=0.25)
    corners = [[12, 10], [285, 12], [287, 288], [12, 286], [12, 10]]
    lines = [corners] if form == "box" else [corners[0:2], corners[2:4]]
    framed = render([{"colour": "#000", "width": 4, "points": line} for line in lines], width=300, height=300)
    shown = np.minimum(picture, framed)
    guesses = isolate(shown, "digit", find=Finder.bundled()).glyphs
    assert min(difference(glyph(picture), guess.pixels) for guess in guesses) < 12
    [reading] = read(Reader.bundled(), [isolate(shown, "digit", find=Finder.bundled())])
    assert reading.text == str(digit)


def test_a_dotted_zero_as_large_as_the_picture_is_no_frame() -> None:
    strokes = plain_strokes(0, "dotted")
    wide = [[[1.4 * x, y] for x, y in stroke] for stroke in strokes]
    assert glyph(draw(wide, margin=0.02, pen=8))[4:8].sum() > 1_000


@pytest.mark.parametrize("pen", [1, 2, 30])
@pytest.mark.parametrize("ends", [((10, 10), (250, 10)), ((150, 5), (150, 290)), ((0, 0), (299, 299))])
def test_a_straight_line_is_one_glyph(pen: int, ends: tuple[tuple[int, int], ...]) -> None:
    line = render([{"colour": "#000", "width": pen, "points": [list(end) for end in ends]}], width=300, height=300)
    assert glyph(line).sum() > 5_000


def test_a_raw_mnist_sized_picture_is_read() -> None:
    small = draw(plain_strokes(5), side=28, pen=2.5)
    assert difference(glyph(draw(plain_strokes(5), pen=2.5 * 300 / 28)), glyph(small)) < 14


def test_a_thin_line_survives_a_huge_picture() -> None:
    assert difference(glyph(draw(plain_strokes(4))), glyph(draw(plain_strokes(4), side=4000, pen=4))) < 9


@pytest.mark.parametrize("form", ["two_strokes", "lifted_bar"])
def test_the_components_of_a_digit_stay_together(form: str) -> None:
    strokes = plain_strokes(5, form)
    apart = [strokes[0], [[x, y - 0.08] for x, y in strokes[1]]]
    assert glyph(draw(apart))[:9].sum() > 2_000


@pytest.mark.parametrize(
    "bad", [np.zeros((3, 3), np.uint8), np.zeros((3, 3, 3), np.float32), np.zeros((0, 3, 3), np.uint8)]
)
def test_an_array_that_is_no_picture_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a picture is"):
        isolate(bad, "digit")


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="mode"):
        isolate(np.zeros((3, 3, 3), np.uint8), "word")  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(DIGITS, st.floats(4, 40), st.booleans())
def test_isolating_a_glyph_gives_the_same_glyph_dark_or_light(digit: int, pen: float, is_dark: bool) -> None:
    once = glyph(draw(plain_strokes(digit), pen=pen)).astype(np.uint8)
    shown = 255 - once if is_dark else once
    assert np.array_equal(glyph(np.repeat(shown[..., None], 3, axis=2)), once)


def test_mnists_pictures_are_not_normalised_again(mnist: Mnist) -> None:
    images = mnist.train_images[mnist.validation_indices[:300]]
    same = [np.array_equal(glyph(np.repeat(image[..., None], 3, axis=2)), image) for image in images]
    assert np.mean(same) > 0.95


@pytest.mark.parametrize("change", ["noise", "off the middle", "small", "coloured"])
def test_another_picture_of_the_same_size_is_isolated(change: str) -> None:
    once = glyph(draw(plain_strokes(3))).astype(np.uint8)
    picture = np.repeat(once[..., None], 3, axis=2)
    if change == "noise":
        picture = np.maximum(picture, np.random.default_rng(1).integers(1, 9, picture.shape, dtype=np.uint8))
    elif change == "off the middle":
        picture = np.roll(picture, 2, axis=0)
    elif change == "small":
        picture = np.pad(picture[::2, ::2], ((7, 7), (7, 7), (0, 0)))
    else:
        picture[..., 0] //= 2
    assert not np.array_equal(glyph(picture), picture[..., 0])
