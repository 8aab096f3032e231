"""Composed photographs: every kind of ground, and the ink where the truth says that it is."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.sources.photos import scene
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.legibility import is_legible
from ml.sources.photos.scene import KINDS, Photo, compose
from tests.ml.sources.photos.hands import Sticks, generated

HANDS = generated()


def composed(kind: str, text: str | None, seed: int, hands: Hands = HANDS, side: int = 192) -> Photo:
    return compose(hands, np.random.default_rng([5, seed]), kind=kind, text=text, side=side)


@pytest.mark.parametrize("kind", KINDS)
def test_a_digit_on_each_kind_of_ground_can_be_read(kind: str) -> None:
    for seed in range(8):
        photo = composed(kind, str(seed), seed)
        assert photo.picture.dtype == np.uint8
        assert max(photo.picture.shape[:2]) <= 192
        assert photo.writing.shape == photo.digit.shape == photo.signs.shape
        assert photo.text == str(seed)
        assert is_legible(photo.picture, photo.digit, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_ink_is_where_the_truth_says_and_not_beside(kind: str) -> None:
    """Moved aside by a tenth of the picture, the true ink covers what looks more like the ground."""
    stronger = []
    for seed in range(6):
        photo = composed(kind, str(seed), seed)
        moved = [np.roll(photo.digit, shift, axis) for axis in (0, 1) for shift in (-20, 20)]
        stronger.append(_contrast(photo, photo.digit) > np.mean([_contrast(photo, plane) for plane in moved]))
    assert sum(stronger) >= 5


def _contrast(photo: Photo, coverage: np.ndarray) -> float:
    """How far the covered points differ from those beside them, in the channel where they do so most."""
    plane = cv2.resize(coverage, photo.picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    near = cv2.dilate(plane, np.ones((9, 9), np.uint8))
    inked, beside = plane > plane.max() // 2, (near > 100) & (plane < 10)
    if not beside.any():
        beside = plane < 10
    return float(np.abs(np.median(photo.picture[inked], axis=0) - np.median(photo.picture[beside], axis=0)).max())


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_photo(kind: str) -> None:
    one, again, other = composed(kind, None, 1), composed(kind, None, 1), composed(kind, None, 2)
    assert np.array_equal(one.picture, again.picture)
    assert np.array_equal(one.writing, again.writing)
    assert (one.text, one.several) == (again.text, again.several)
    assert one.picture.shape != other.picture.shape or not np.array_equal(one.picture, other.picture)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "neighbours"])
def test_a_photo_of_nothing_has_no_ink(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "OTHER_SHARE", 0)
    monkeypatch.setattr(scene, "STRAY_SHARE", 0)
    for seed in range(6):
        photo = composed(kind, "", seed)
        assert photo.text == ""
        assert not photo.several
        assert max(plane.max() for plane in (photo.writing, photo.digit, photo.signs)) == 0


def test_what_reaches_in_from_the_edges_is_writing_but_not_the_digit() -> None:
    beside = 0
    for seed in range(10):
        photo = composed("neighbours", "4", seed, Sticks())
        assert cv2.connectedComponents((photo.digit > 127).astype(np.uint8))[0] == 2
        assert (photo.writing >= photo.digit).all()
        beside += int(photo.writing.astype(int).sum() > photo.digit.astype(int).sum())
    assert beside >= 5


@settings(max_examples=30, deadline=None)
@given(st.none() | st.text("0123456789", max_size=7), st.integers(0, 10_000), st.sampled_from(list(KINDS)))
def test_any_text_composes_with_its_ink_inside_the_writing(text: str | None, seed: int, kind: str) -> None:
    photo = composed(kind, text, seed, side=96)
    assert photo.text == text or (text is None and len(photo.text) <= 7)
    assert photo.several or len(photo.text) <= 1
    assert (photo.digit <= photo.writing).all()


def test_a_random_text_is_now_nothing_now_a_digit_now_a_number() -> None:
    lengths = [len(composed("row of boxes", None, seed, side=64).text) for seed in range(60)]
    assert {0, 1} < set(lengths)
    assert max(lengths) > 4


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="marble"):
        composed("marble", "1", 0)
