"""Pens, light and cameras: ink shows, the truth moves along with the picture, and faults stay in bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.sources.photos import grounds, marks, optics
from ml.sources.photos.legibility import is_legible
from ml.sources.photos.pens import PENS, grain, ink_colour, lay

Colour = st.tuples(*[st.floats(0, 1)] * 3)


@given(Colour, st.sampled_from(list(PENS)), st.integers(0, 1000))
def test_ink_stands_out_from_any_paper(paper: tuple[float, float, float], pen: str, seed: int) -> None:
    tone = np.array(paper, np.float32)
    colour = ink_colour(pen, tone, np.random.default_rng(seed))
    assert 0 <= colour.min() <= colour.max() <= 1
    assert np.abs(colour - tone).max() > 0.2


@pytest.mark.parametrize("pen", PENS)
def test_ink_changes_what_it_covers_and_nothing_else(pen: str) -> None:
    sheet = np.ones((60, 80, 3), np.float32)
    coverage = np.zeros((60, 80), np.uint8)
    coverage[20:30, 10:50] = 255
    lay(sheet, coverage, np.zeros(3, np.float32), PENS[pen], 1.0, np.random.default_rng(0))
    assert sheet[coverage > 0].mean() < 0.6
    assert (sheet[coverage == 0] == 1).all()


def test_grain_is_of_its_seed_alone() -> None:
    first = grain((40, 50), 0.0, np.random.default_rng(1))
    grain((40, 50), 0.5, np.random.default_rng(2))
    assert np.array_equal(first, grain((40, 50), 0.0, np.random.default_rng(1)))
    assert first.std() == pytest.approx(1, abs=0.1)
    rng, untouched = np.random.default_rng(1), np.random.default_rng(1)
    grain((40, 50), 0.0, rng)
    assert rng.random() == untouched.random()
    assert not np.array_equal(grain((40, 50), 0.0, rng), grain((40, 50), 0.0, rng))


@pytest.mark.parametrize("seed", range(6))
def test_the_truth_moves_along_with_the_sheet(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plane = np.zeros((120, 120), np.uint8)
    plane[50:70, 55:65] = 255
    sheet = np.repeat(plane[..., None] / np.float32(255), 3, axis=2)
    matrix = optics.view((120, 120), rng)
    seen, truth = optics.warp(sheet, matrix), optics.warp_plane(plane, matrix)
    assert np.abs(seen[..., 0] - truth / 255).max() < 0.05
    on_desk, matrix = optics.on_a_desk(sheet, rng, 0.6)
    moved = optics.warp_plane(plane, matrix) > 200
    assert moved.any()
    assert on_desk[moved].min() > 0.6


EFFECTS = [optics.shadow, optics.slope, optics.glare, optics.thumb, optics.moire, optics.strip_of_desk, marks.crease,
           marks.stains]  # fmt: skip


@pytest.mark.parametrize("effect", EFFECTS)
def test_each_effect_changes_the_sheet_and_keeps_it_a_picture(effect) -> None:
    changed = 0
    for seed in range(10):
        sheet = np.full((60, 90, 3), 0.8, np.float32)
        effect(sheet, np.random.default_rng(seed))
        assert sheet.dtype == np.float32
        assert -0.3 < sheet.min() <= sheet.max() < 1.4
        changed += int(np.abs(sheet - 0.8).max() > 0.01)
    assert changed >= 8


def test_a_camera_without_faults_shows_what_is_there() -> None:
    sheet = np.random.default_rng(0).random((30, 40, 3), dtype=np.float32)
    taken = [optics.expose(sheet, np.random.default_rng(seed), quality=1.0) for seed in range(10)]
    same = sum(np.abs(picture / 255 - sheet).max() < 0.01 for picture in taken)
    grey = sum(np.ptp(picture, axis=2).max() == 0 for picture in taken)
    assert same >= 6
    assert same + grey == 10


def test_a_bad_camera_shows_something_else() -> None:
    sheet = np.full((60, 60, 3), 0.5, np.float32)
    picture = optics.expose(sheet, np.random.default_rng(0), quality=0.0)
    assert picture.shape == (60, 60, 3)
    assert picture.std() > 0.3


@given(st.sampled_from([grounds.paper, grounds.blackboard, grounds.screen]), st.integers(0, 10_000))
def test_grounds_are_pictures_of_their_size(ground, seed: int) -> None:
    sheet = ground((20, 30), np.random.default_rng(seed))
    assert sheet.shape == (20, 30, 3)
    assert sheet.dtype == np.float32
    assert -0.2 < sheet.min() <= sheet.max() < 1.5


# ── legibility ──


def bar(level: int, high: int = 40, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    picture = np.full((100, 100, 3), 200.0)
    coverage = np.zeros((100, 100), np.uint8)
    coverage[50 - high // 2 : 50 + high // 2, 46:54] = 255
    picture[coverage > 0] = level
    picture += np.random.default_rng(0).normal(0, noise, (100, 100, 1))
    return np.clip(picture, 0, 255).astype(np.uint8), coverage


def test_ink_that_stands_out_is_legible() -> None:
    assert is_legible(*bar(120), 1)


@pytest.mark.parametrize(
    ("picture", "coverage"),
    [bar(190), bar(120, high=8), bar(160, noise=40), (bar(120)[0], np.zeros((100, 100), np.uint8))],
    ids=["faint", "small", "in noise", "no ink"],
)
def test_other_ink_is_not(picture: np.ndarray, coverage: np.ndarray) -> None:
    assert not is_legible(picture, coverage, 1)


def test_a_digit_half_under_glare_is_not_legible() -> None:
    picture, coverage = bar(120)
    picture[:50] = 255
    assert not is_legible(picture, coverage, 1)
