"""MNIST's digits recombined: seeded, whole, legible, and of the pictures to train on alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from ml.network.reader import Reader
from ml.sources.mnist import Mnist
from ml.training.data import served
from ml.training.recombination import recombine, recombined


@pytest.fixture(scope="module")
def pictures(mnist: Mnist) -> np.ndarray:
    return recombined(mnist, np.arange(100) % 10, 3)


def test_the_reader_that_ships_names_them(pictures: np.ndarray) -> None:
    read = Reader.bundled().read(served(pictures))
    assert (read.digits == np.arange(100) % 10).mean() > 0.94


def test_held_back_pictures_have_no_part_in_them(mnist: Mnist, pictures: np.ndarray) -> None:
    images = mnist.train_images.copy()
    images[mnist.holdout_indices] = 255
    images[mnist.validation_indices] = 255
    assert np.array_equal(recombined(replace(mnist, train_images=images), np.arange(20) % 10, 3), pictures[:20])


def test_they_are_new(mnist: Mnist, pictures: np.ndarray) -> None:
    known = {image.tobytes() for image in mnist.train_images}
    assert sum(picture.tobytes() in known for picture in pictures) < 15


def test_sticks_get_flags_and_feet_and_sevens_bars() -> None:
    stick = np.zeros((28, 28), dtype=np.uint8)
    stick[4:24, 13:16] = 255
    widths = {
        np.ptp(np.flatnonzero(recombine(1, stick[None], np.random.default_rng(seed)).any(axis=0))) for seed in range(12)
    }
    assert min(widths) < 5
    assert max(widths) > 8
    seven = np.zeros((28, 28), dtype=np.uint8)
    seven[4:7, 7:20] = seven[4:24, 17:20] = 255
    barred = max((recombine(7, seven[None], np.random.default_rng(seed)) for seed in range(12)), key=np.sum)
    assert (barred[12:18, 21:25] > 100).any()
    assert ndimage.label(barred > 100)[1] == 1
