"""Soft targets: what the teacher believes, and where the label stands against it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.network.architectures import build
from ml.network.artifact import load
from ml.network.classes import NOT_A_DIGIT
from ml.network.manifest import BUNDLED, MODEL_FILE, Manifest
from ml.tools.train_base import make
from ml.training.config import TrainingConfig
from ml.training.data import draw_digits, hard_set
from ml.training.distillation import Lessons, soften
from ml.training.loop import fit


@pytest.fixture(scope="module")
def teacher():
    return load(BUNDLED / MODEL_FILE, Manifest.read(BUNDLED))


@pytest.fixture(scope="module")
def sevens() -> np.ndarray:
    return draw_digits(np.full(4, 7), seed=3)


def test_a_belief_is_a_distribution_that_knows_a_seven(teacher, sevens: np.ndarray) -> None:
    targets = soften([teacher], hard_set(sevens, np.full(4, 7), NOT_A_DIGIT + 1), hard_share=0).targets
    assert (targets < 1).all()
    assert targets.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (targets.argmax(axis=1) == 7).all()


def test_a_label_the_teacher_contradicts_stands_unless_it_is_doubted(teacher, sevens: np.ndarray) -> None:
    doubted = np.array([False, True, False, True])
    wrong = replace(hard_set(sevens, np.full(4, 1), NOT_A_DIGIT + 1), doubted=doubted)
    targets = soften([teacher], wrong, hard_share=0.5).targets
    assert (targets[~doubted] == wrong.targets[~doubted]).all()
    assert targets[doubted][:, [1, 7]] == pytest.approx(0.5, abs=0.1)


def test_a_batch_is_softened_by_the_same_rule(teacher, sevens: np.ndarray) -> None:
    doubted = np.array([False, True, False, True])
    wrong = replace(hard_set(sevens, np.full(4, 1), NOT_A_DIGIT + 1), doubted=doubted)
    pixels = sevens[..., None].astype(np.float32) / 255
    taught = Lessons([teacher, teacher], 0.5)(pixels, wrong.targets, doubted)
    assert taught == pytest.approx(soften([teacher], wrong, hard_share=0.5).targets, abs=1e-5)


def test_the_teacher_is_asked_about_what_the_network_sees(teacher, sevens: np.ndarray) -> None:
    """Each batch as it is distorted, with its own labels' doubt."""
    asked = []

    def teach(pixels: np.ndarray, targets: np.ndarray, doubted: np.ndarray) -> np.ndarray:
        asked.append((pixels, doubted))
        return targets

    dataset = replace(hard_set(sevens, np.full(4, 7), NOT_A_DIGIT + 1), doubted=np.array([True, False, False, False]))
    config = TrainingConfig(epochs=2, batch_size=4, plain_epochs=1)
    fit(build("reader", seed=1), dataset, config, teach=teach)
    (distorted, first), (plain, second) = asked
    seen = {glyph.tobytes() for glyph in plain}
    assert seen == {(glyph[..., None].astype(np.float32) / np.float32(255)).tobytes() for glyph in sevens}
    assert not seen.issuperset(glyph.tobytes() for glyph in distorted)
    assert first.sum() == second.sum() == 1


@pytest.mark.parametrize("keep", [0.5, -0.1, 1.5])
def test_what_is_kept_is_a_share_of_a_network_to_start_from(keep: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="share"):
        make(cache=tmp_path, out=tmp_path, config=TrainingConfig(), keep=keep)
