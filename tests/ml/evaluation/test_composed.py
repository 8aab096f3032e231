"""The grid's composed photos: each kind of ground, written by hands that nothing is trained on."""

import numpy as np
import pytest

from ml.evaluation import composed, robustness
from ml.evaluation.composed import Ground
from ml.glyphs.glyph import Glyph
from ml.isolation import Isolated
from ml.network.reader import Classification, classify
from ml.sources.photos.handwriting import Hands
from ml.sources.photos.legibility import is_legible
from ml.sources.photos.scene import KINDS


@pytest.fixture(scope="module")
def hands(mnist) -> Hands:
    return composed.hands(mnist)


def test_each_kind_of_ground_has_digits_and_some_have_numbers() -> None:
    grounds = composed.grounds()
    assert [ground.kind for ground in grounds if ground.mode == "digit"] == list(KINDS)
    assert [ground.name for ground in grounds[-4:]] == [
        *("ground: row of boxes, number", "ground: pattern, number", "ground: squares, number", "empty grounds")
    ]
    assert len({ground.name for ground in grounds}) == len(grounds)


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_shows_its_label_where_it_can_be_read(hands: Hands, kind: str) -> None:
    for index in (3, 14):
        photo = composed.photo(Ground(kind, "digit"), index, hands)
        assert photo.text == composed.label(Ground(kind, "digit"), index) == str(index % 10)
        assert is_legible(photo.picture, photo.digit, 1)
        again = composed.photo(Ground(kind, "digit"), index, hands)
        assert np.array_equal(photo.picture, again.picture)


@pytest.mark.parametrize("kind", composed.NUMBERS)
def test_a_number_is_all_on_its_photo(hands: Hands, kind: str) -> None:
    ground = Ground(kind, "number")
    labels = [composed.label(ground, index) for index in range(60)]
    assert {len(label) for label in labels} == set(range(2, 8))
    for index in range(6):
        photo = composed.photo(ground, index, hands)
        assert photo.text == labels[index]
        assert not any(edge.any() for edge in (photo.writing[0], photo.writing[-1], *photo.writing[:, [0, -1]].T))
        assert not ((photo.signs > 127) & (photo.writing > 127)).any(), "a sign over a digit makes it another"


def test_empty_grounds_are_of_every_kind_but_neighbours_and_without_ink(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: list[str] = []
    compose = composed.compose

    def compose_and_note(*arguments, kind: str, **options):
        kinds.append(kind)
        return compose(*arguments, kind=kind, **options)

    monkeypatch.setattr(composed, "compose", compose_and_note)
    for index in range(len(KINDS)):
        photo = composed.photo(Ground("", None), index, hands)
        assert photo.text == ""
        assert not photo.writing.any()
    assert set(kinds) == set(KINDS) - {"neighbours"}


def test_the_digits_are_held_out(mnist, hands: Hands) -> None:
    held_out = {mnist.train_images[index].tobytes() for index in mnist.holdout_indices}
    assert {image.tobytes() for image in hands._images} <= held_out
    assert hands._fonts is None


def test_there_is_a_tenth_as_many_photos_as_digits() -> None:
    assert [composed.size(Ground("plain", "digit"), count) for count in (1000, 25, 1)] == [100, 2, 1]
    assert composed.size(Ground("", None), 1000) == 10 * len(KINDS)


def test_the_grids_photos_are_isolated_in_their_mode(mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[str] = []

    def isolate_and_note(picture: np.ndarray, mode: str, **options) -> Isolated:
        modes.append(mode)
        return Isolated()

    monkeypatch.setattr(robustness, "isolate", isolate_and_note)
    monkeypatch.setattr(composed, "grounds", lambda: [Ground("table", "digit"), Ground("squares", "number")])
    _, table, squares = robustness.parts(mnist, 20, factors=["ground"], jobs=0)
    assert modes == ["digit"] * 20 + ["digit"] * 2 + ["number"] * 2
    assert (table.name, table.labels) == ("ground: table", ["0", "1"])
    assert squares.labels == [composed.label(Ground("squares", "number"), index) for index in range(2)]
    assert robustness.total(20, ["ground"]) == len(modes)
    assert max(table.draw(0).shape) <= 256


class _Doubter:
    """Reads a four in everything, and is never sure."""

    sure_threshold = 0.9

    def read(self, pixels: np.ndarray, augment: np.ndarray) -> Classification:
        logits = np.zeros((len(pixels), 11), np.float32)
        logits[:, 4] = 2
        return classify(logits, 1.0, 0.9)


def test_an_unsure_reading_of_empty_ground_is_right(mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Glyph((0, 0, 9, 9), np.full((28, 28), 9, np.uint8), 0, 0, 1)
    monkeypatch.setattr(robustness, "isolate", lambda *_, **__: Isolated([one]))
    monkeypatch.setattr(composed, "grounds", lambda: [Ground("table", "digit"), Ground("", None)])
    _, table, empty = robustness.parts(mnist, 1, factors=["ground"], jobs=0)
    assert (empty.name, empty.cell, set(empty.labels)) == (composed.EMPTY, None, {""})
    assert list(empty.read(_Doubter()).texts) == ["4"] * len(KINDS)
    assert empty.read(_Doubter()).right.all()
    assert not table.read(_Doubter()).right.any()


def test_another_factor_leaves_the_photos_out(mnist) -> None:
    assert robustness.total(10, ["turn"]) == 70
