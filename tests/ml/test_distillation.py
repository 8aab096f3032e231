"""Soft targets: what the teacher believes, and where the label stands against it."""

import numpy as np
import pytest

from ml.artifact import load
from ml.distillation import soften
from ml.manifest import BUNDLED, MODEL_FILE, Manifest
from ml.network import NOT_A_DIGIT
from ml.training_data import draw_digits, hard_set


@pytest.fixture(scope="module")
def teacher():
    return load(BUNDLED / MODEL_FILE, Manifest.read(BUNDLED))


@pytest.fixture(scope="module")
def sevens() -> np.ndarray:
    return draw_digits(np.full(4, 7), seed=3)


def test_a_belief_is_a_distribution_that_knows_a_seven(teacher, sevens: np.ndarray) -> None:
    hard, certain = hard_set(sevens, np.full(4, 7), NOT_A_DIGIT + 1), np.zeros(4, bool)
    targets = soften([teacher], hard, hard_share=0, doubted=certain, views=1).targets
    assert (targets < 1).all()
    assert targets.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (targets.argmax(axis=1) == 7).all()


def test_a_label_the_teacher_contradicts_stands_unless_it_is_doubted(teacher, sevens: np.ndarray) -> None:
    wrong = hard_set(sevens, np.full(4, 1), NOT_A_DIGIT + 1)
    doubted = np.array([False, True, False, True])
    targets = soften([teacher], wrong, hard_share=0.5, doubted=doubted, views=1).targets
    assert (targets[~doubted] == wrong.targets[~doubted]).all()
    assert targets[doubted][:, [1, 7]] == pytest.approx(0.5, abs=0.1)


def test_a_right_label_is_softened_alike_by_the_same_seed(teacher, sevens: np.ndarray) -> None:
    hard, certain = hard_set(sevens, np.full(4, 7), NOT_A_DIGIT + 1), np.zeros(4, bool)
    first, again = (soften([teacher], hard, hard_share=0.5, doubted=certain, views=3, seed=2).targets for _ in range(2))
    assert (first == again).all()
    assert (first[:, 7] > 0.5).all()
    assert (first < 1).any(axis=1).all()
