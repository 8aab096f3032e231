"""Test-time augmentation: of uncertain glyphs, and of no others."""

import numpy as np
import pytest

from ml.network.reader import Reader
from ml.network.test_time_augmentation import VIEWS, augmented_logits, transformed
from ml.training.data import draw_digits

CERTAIN = np.array([9.0, 0.0, 0.0], np.float32)
UNCERTAIN = np.array([1.0, 0.5, 0.0], np.float32)


@pytest.fixture(scope="module")
def glyphs() -> np.ndarray:
    return draw_digits(np.arange(10), seed=5)


class Network:
    """Certain of glyphs with ink, uncertain about blank ones; gives those the negative logits on later calls."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        self.asked.append(len(pixels))
        uncertain = UNCERTAIN if len(self.asked) == 1 else -UNCERTAIN
        return np.stack([CERTAIN if glyph.any() else uncertain for glyph in pixels])


def test_certain_glyphs_are_not_augmented(glyphs: np.ndarray) -> None:
    network = Network()
    assert (augmented_logits(network, glyphs) == CERTAIN).all()
    assert network.asked == [10]


def test_glyphs_that_may_not_be_augmented_are_not(glyphs: np.ndarray) -> None:
    network = Network()
    blank = np.zeros((2, 28, 28), np.uint8)
    logits = augmented_logits(network, blank, np.array([False, True]))
    assert network.asked == [2, len(VIEWS)]
    assert (logits[0] == UNCERTAIN).all()


def test_uncertain_glyphs_get_the_mean_logits_of_all_views(glyphs: np.ndarray) -> None:
    network = Network()
    logits = augmented_logits(network, np.concatenate([glyphs[:3], np.zeros((2, 28, 28), np.uint8)]))
    assert network.asked == [5, 2 * len(VIEWS)]
    assert (logits[:3] == CERTAIN).all()
    assert logits[3:] == pytest.approx(np.stack([UNCERTAIN * (1 - len(VIEWS)) / (1 + len(VIEWS))] * 2))


def test_a_view_is_sheared_about_its_middle_or_shifted(glyphs: np.ndarray) -> None:
    assert (transformed(glyphs, 0, 0, 0) == glyphs).all()
    assert (transformed(glyphs, 0, 1, 0)[:, :, :-1] == glyphs[:, :, 1:]).all()
    assert (transformed(glyphs, 0, 0, 1)[:, :-1] == glyphs[:, 1:]).all()
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[:, :, 14] = 255
    places = transformed(bar, 0.2, 0, 0)[0].argmax(axis=1)
    assert places[[0, 27]].tolist() == [14 + 3, 14 - 3]
    assert places[[13, 14]].tolist() == [14, 14]


def test_a_glyph_is_read_the_same_alone_and_in_a_batch(glyphs: np.ndarray) -> None:
    reader = Reader.bundled()
    blurred = (glyphs // 3 + glyphs[::-1] // 2).astype(np.uint8)  # two digits over each other: all uncertain
    together = reader.read(np.concatenate([glyphs, blurred]))
    alone = np.concatenate([reader.read(glyph[None]).confidence for glyph in (*glyphs, *blurred)])
    assert together.confidence == pytest.approx(alone, abs=1e-4)
    assert (together.confidence[10:] < 0.99).any()
