"""A second look: at what is doubtful, and at nothing else."""

import numpy as np
import pytest

from ml.network.reader import Reader
from ml.network.test_time_augmentation import VIEWS, look, seen_from
from ml.training.data import draw_digits

CERTAIN = np.array([9.0, 0.0, 0.0], np.float32)
DOUBTFUL = np.array([1.0, 0.5, 0.0], np.float32)


@pytest.fixture(scope="module")
def glyphs() -> np.ndarray:
    return draw_digits(np.arange(10), seed=5)


class Network:
    """Is certain of glyphs with ink, in doubt about blank ones, and more in doubt when it sees those again."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        self.asked.append(len(pixels))
        doubtful = DOUBTFUL if len(self.asked) == 1 else -DOUBTFUL
        return np.stack([CERTAIN if glyph.any() else doubtful for glyph in pixels])


def test_what_is_certain_is_looked_at_once(glyphs: np.ndarray) -> None:
    network = Network()
    assert (look(network, glyphs) == CERTAIN).all()
    assert network.asked == [10]


def test_what_is_doubtful_is_the_mean_of_all_views(glyphs: np.ndarray) -> None:
    network = Network()
    logits = look(network, np.concatenate([glyphs[:3], np.zeros((2, 28, 28), np.uint8)]))
    assert network.asked == [5, 2 * len(VIEWS)]
    assert (logits[:3] == CERTAIN).all()
    assert logits[3:] == pytest.approx(np.stack([DOUBTFUL * (1 - len(VIEWS)) / (1 + len(VIEWS))] * 2))


def test_a_view_is_slanted_about_its_middle_or_shifted(glyphs: np.ndarray) -> None:
    assert (seen_from(glyphs, 0, 0, 0) == glyphs).all()
    assert (seen_from(glyphs, 0, 1, 0)[:, :, :-1] == glyphs[:, :, 1:]).all()
    assert (seen_from(glyphs, 0, 0, 1)[:, :-1] == glyphs[:, 1:]).all()
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[:, :, 14] = 255
    places = seen_from(bar, 0.2, 0, 0)[0].argmax(axis=1)
    assert places[[0, 27]].tolist() == [14 + 3, 14 - 3]
    assert places[[13, 14]].tolist() == [14, 14]


def test_a_glyph_is_read_alike_alone_and_among_others(glyphs: np.ndarray) -> None:
    reader = Reader.bundled()
    blurred = (glyphs // 3 + glyphs[::-1] // 2).astype(np.uint8)  # two digits over each other: all doubtful
    together = reader.read(np.concatenate([glyphs, blurred]))
    alone = np.concatenate([reader.read(glyph[None]).confidence for glyph in (*glyphs, *blurred)])
    assert together.confidence == pytest.approx(alone, abs=1e-4)
    assert (together.confidence[10:] < 0.99).any()
