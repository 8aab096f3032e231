"""Learning from corrections, on a tiny scale."""

from pathlib import Path

import numpy as np
import pytest

from ml.network.classes import NOT_A_DIGIT
from ml.network.forward import Forward
from ml.network.manifest import BUNDLED, MODEL_FILE, Manifest
from ml.sources.mnist import Mnist
from ml.training import finetuning
from ml.training.data import draw_digits
from ml.training.finetuning import fine_tune


@pytest.fixture(scope="module")
def champion():
    from ml.network.artifact import load

    return load(BUNDLED / MODEL_FILE, Manifest.read(BUNDLED))


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetuning, "REHEARSED", 150)
    monkeypatch.setattr(finetuning, "GENERATED", 50)


@pytest.mark.usefixtures("_small")
def test_a_new_habit_is_learned_and_the_champion_is_left_alone(champion, mnist: Mnist, tmp_path: Path) -> None:
    # A writer whose fours all are drawn as this network's nines.
    corrections = draw_digits(np.full(20, 9), seed=40)
    labels = np.full(20, 4)
    before = champion.get_weights()
    candidate = fine_tune(champion, corrections, labels, mnist, tmp_path, epochs=2, seed=1)
    assert all(np.array_equal(one, other) for one, other in zip(before, champion.get_weights(), strict=True))
    old, new = (Forward(model)(corrections)[:, 4].mean() for model in (champion, candidate))
    assert new > old
    images, truth = mnist.train_images[mnist.validation_indices], mnist.train_labels[mnist.validation_indices]
    kept = truth != 9
    assert np.mean(Forward(candidate)(images[kept]).argmax(axis=1) == truth[kept]) > 0.95


@pytest.fixture
def seen(_small: None, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The glyphs that each training would learn from; nothing is learned."""
    glyphs: list[np.ndarray] = []
    monkeypatch.setattr(finetuning, "fit", lambda model, dataset, *_args, **_options: glyphs.append(dataset.pixels))
    return glyphs


def test_rehearsal_never_touches_the_holdout(champion, mnist: Mnist, seen: list[np.ndarray], tmp_path: Path) -> None:
    fine_tune(champion, mnist.train_images[mnist.fit_indices[:2]], np.array([5, NOT_A_DIGIT]), mnist, tmp_path)
    rehearsed = {picture.tobytes() for picture in seen[0]}
    held = {picture.tobytes() for picture in mnist.train_images[mnist.holdout_indices]}
    assert not rehearsed & held


def test_what_is_rehearsed_is_made_once_for_each_seed(
    champion, mnist: Mnist, seen: list[np.ndarray], tmp_path: Path
) -> None:
    said: list[set[str]] = []
    for seed in 0, 0, 1:
        now: set[str] = set()
        fine_tune(
            champion,
            mnist.train_images[:1],
            np.array([5]),
            mnist,
            tmp_path,
            seed=seed,
            report=lambda what, *_, now=now: now.add(what),
        )
        said.append(now)
    assert said == [{"isolating MNIST", "drawing digits", "drawing non-digits"}, set(), said[0]]
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_no_corrections_are_refused(champion, mnist: Mnist, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no corrections"):
        fine_tune(champion, np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), mnist, tmp_path)


def test_the_corrections_share_doesnt_grow_with_their_number() -> None:
    shares = []
    for count in (1, 40, 500, 5_000):
        repeated = finetuning._repeated(np.zeros((count, 28, 28), np.uint8), np.zeros(count, int), None, 11, 12_000)
        shares.append(repeated.weights.sum() / (repeated.weights.sum() + 12_000))
    assert shares[0] < shares[1] < finetuning.CORRECTION_SHARE + 0.01
    assert max(shares) < finetuning.CORRECTION_SHARE + 0.01


def test_what_weighs_nothing_counts_for_nothing_and_a_rare_label_for_more() -> None:
    labels, weights = np.array([1] * 9 + [7, 7]), np.array([1.0] * 9 + [1.0, 0.0])
    repeated = finetuning._repeated(np.zeros((11, 28, 28), np.uint8), labels, weights, 11, 12_000)
    each = repeated.weights.reshape(11, -1).sum(axis=1)
    assert each[10] == 0
    assert each[9] == pytest.approx(3 * each[0], rel=1e-5)
