"""Batches of composed photos: the same for the same seed, and no shared memory is left behind."""

from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pytest

from ml.glyphs.looks import SIDE
from ml.training import photo_batches
from ml.training.photo_batches import PhotoBatches, example, hands_of
from tests.ml.sources.photos.test_scene import composed


@pytest.fixture(scope="module")
def made(cache: Path, mnist) -> Iterator[PhotoBatches]:
    with PhotoBatches(cache, 2, seed=3, workers=2) as batches:
        yield batches


def test_batches_come_in_order_with_their_true_ink(made: PhotoBatches) -> None:
    batches = list(made.batches(0, 7))
    assert len(batches) == 7
    for pictures, coverage in batches:
        assert pictures.shape == coverage.shape == (2, SIDE, SIDE, 3)
        assert pictures.dtype == coverage.dtype == np.uint8
    assert len({pictures.tobytes() for pictures, _ in batches}) == 7
    assert any(coverage.any() for _, coverage in batches)


def test_a_batch_is_the_same_whenever_it_is_made(made: PhotoBatches, cache: Path) -> None:
    late = next(made.batches(5, 1))
    *_, again = made.batches(3, 3)
    with PhotoBatches(cache, 2, seed=3, workers=1) as others:
        alone = next(others.batches(5, 1))
    with PhotoBatches(cache, 2, seed=4, workers=1) as others:
        other_seed = next(others.batches(5, 1))
    for one, two, three in zip(late, again, alone, strict=True):
        assert np.array_equal(one, two)
        assert np.array_equal(one, three)
    assert not np.array_equal(late[0], other_seed[0])


def test_batches_that_were_left_early_do_not_disturb_the_next(made: PhotoBatches) -> None:
    wanted = [pictures for pictures, _ in made.batches(10, 3)]
    for _ in made.batches(0, 8):
        break
    for pictures, whole in zip((pictures for pictures, _ in made.batches(10, 3)), wanted, strict=True):
        assert np.array_equal(pictures, whole)


def test_no_batches_are_none(made: PhotoBatches) -> None:
    assert list(made.batches(0, 0)) == []


@pytest.mark.parametrize("fails", [False, True])
def test_no_shared_memory_is_left_behind(cache: Path, mnist, *, fails: bool) -> None:
    names: list[str] = []

    def train() -> None:
        with PhotoBatches(cache, 1, workers=1) as batches:
            names.extend(slot.name for slot in batches._slots)
            for _ in batches.batches(0, 4):
                if fails:
                    raise RuntimeError("the loss is not a number")

    if fails:
        with pytest.raises(RuntimeError, match="not a number"):
            train()
    else:
        train()
    assert names
    for name in names:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=name)


def test_no_shared_memory_is_left_behind_if_there_is_not_enough(
    cache: Path, mnist, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    def create(**options) -> SharedMemory:
        if len(names) == 3:
            raise OSError("no space left on device")
        slot = SharedMemory(**options)
        names.append(slot.name)
        return slot

    monkeypatch.setattr(photo_batches, "SharedMemory", create)
    with pytest.raises(OSError, match="no space"):
        PhotoBatches(cache, 1, workers=2)
    for name in names:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=name)


def test_the_hands_of_validation_are_others(cache: Path, mnist) -> None:
    training, validation = hands_of(cache), hands_of(cache, validation=True)
    assert len(training._images) == len(mnist.fit_indices)
    assert np.array_equal(validation._images, mnist.train_images[mnist.validation_indices])


def test_an_example_is_as_the_finder_sees_it() -> None:
    photo = composed("plain", "47", 0, side=100)
    picture, coverage = example(photo)
    assert picture.shape == coverage.shape == (SIDE, SIDE, 3)
    for plane, channel in zip((photo.writing, photo.digit, photo.signs), range(3), strict=True):
        assert coverage[..., channel].mean() == pytest.approx(plane.mean(), abs=1)
