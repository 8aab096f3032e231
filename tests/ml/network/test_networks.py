"""The presets, training them, and resuming an interrupted training."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.network.architectures import PRESETS, build, gives_logits
from ml.network.backend import keras
from ml.network.forward import Forward
from ml.training.augmentation import Strength, augment
from ml.training.batches import batches
from ml.training.config import TrainingConfig, TrainingSet
from ml.training.finetuning import blend
from ml.training.loop import TrainingProgress, fit

TINY = TrainingConfig(epochs=2, batch_size=16, seed=3)


@pytest.fixture(scope="module")
def glyphs() -> TrainingSet:
    """Bars at eleven positions: easy to learn."""
    rng = np.random.default_rng(0)
    labels = np.arange(88) % 11
    pixels = rng.integers(0, 60, (88, 28, 28)).astype(np.uint8)
    for index, label in enumerate(labels):
        pixels[index, 4:24, 3 + 2 * label : 6 + 2 * label] = 255
    return TrainingSet(pixels, np.eye(11, dtype=np.float32)[labels], np.ones(88, np.float32), np.zeros(88, bool))


def small() -> keras.Model:
    """A network that trains in a second."""
    keras.utils.set_random_seed(1)
    layers = keras.layers
    inputs = layers.Input((28, 28, 1))
    x = layers.BatchNormalization(momentum=0.5)(layers.AveragePooling2D(2)(inputs))
    return keras.Model(inputs, layers.Dense(11)(layers.Flatten()(x)))


def test_the_reader_is_small_and_has_an_output_for_non_digits() -> None:
    model = build("reader")
    assert model.count_params() <= 1_500_000
    assert model.output_shape == (None, 11)
    assert gives_logits(model)


def test_the_deepcnn_has_18_344_138_parameters() -> None:
    model = build("deepcnn")
    assert model.count_params() == 18_344_138
    assert model.output_shape == (None, 10)
    assert not gives_logits(model)


def test_presets_describe_their_outputs() -> None:
    for preset in PRESETS.values():
        model = preset.make()
        assert model.output_shape[-1] == preset.outputs
        assert gives_logits(model) is preset.logits


def test_the_seed_determines_the_initial_weights() -> None:
    one, same, other = (build("reader", seed).get_weights()[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_same_seed_trains_the_same_network(glyphs: TrainingSet) -> None:
    models = small(), small()
    for model in models:
        fit(model, glyphs, TINY)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_last_epochs_are_not_augmented(glyphs: TrainingSet) -> None:
    config = TrainingConfig(epochs=3, batch_size=88, plain_epochs=1)
    seen = [next(iter(batches(glyphs, config, epoch))).pixels.sum(axis=(1, 2, 3)) * 255 for epoch in range(3)]
    plain = np.sort(glyphs.pixels.astype(np.float64).sum(axis=(1, 2)))
    assert not np.allclose(np.sort(seen[1]), plain, rtol=1e-4)
    np.testing.assert_allclose(np.sort(seen[2]), plain, rtol=1e-4)


def test_training_learns_and_reports(glyphs: TrainingSet) -> None:
    seen: list[TrainingProgress] = []
    config = TrainingConfig(epochs=5, batch_size=16, learning_rate=3e-2, strength=None)
    model = small()
    history = fit(model, glyphs, config, validation=glyphs, on_progress=seen.append)
    assert history[-1].loss < history[0].loss
    assert history[-1].validation_accuracy == 1
    assert (seen[-1].epoch, seen[-1].epochs, seen[-1].step, seen[-1].steps) == (4, 5, 6, 6)
    assert np.mean(Forward(model)(glyphs.pixels).argmax(axis=1) == glyphs.targets.argmax(axis=1)) == 1


def test_an_interrupted_training_resumes_with_the_same_result(glyphs: TrainingSet, tmp_path: Path) -> None:
    whole = small()
    fit(whole, glyphs, TINY)

    def interrupt(progress: TrainingProgress) -> None:
        if progress.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), glyphs, TINY, on_progress=interrupt, checkpoint=tmp_path / "run")
    resumed = small()
    seen: list[TrainingProgress] = []
    history = fit(resumed, glyphs, TINY, on_progress=seen.append, checkpoint=tmp_path / "run")
    assert {progress.epoch for progress in seen} == {1}
    assert [epoch.epoch for epoch in history] == [0, 1]
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("other", [{"seed": 4}, {"sources": ("another teacher's",)}])
def test_a_checkpoint_of_another_training_is_not_resumed(
    glyphs: TrainingSet, tmp_path: Path, other: dict[str, Any]
) -> None:
    fit(small(), glyphs, TINY, checkpoint=tmp_path / "run")
    seen: list[TrainingProgress] = []
    fit(small(), glyphs, replace(TINY, **other), on_progress=seen.append, checkpoint=tmp_path / "run")
    assert {progress.epoch for progress in seen} == {0, 1}


def test_glyphs_of_weight_zero_teach_nothing(glyphs: TrainingSet) -> None:
    half = np.where(np.arange(88) < 44, 1, 0).astype(np.float32)
    spoiled = glyphs.targets.copy()
    spoiled[44:] = spoiled[44:, ::-1]
    config = TrainingConfig(epochs=1, batch_size=88, strength=None)
    models = [small(), small()]
    for model, targets in zip(models, (glyphs.targets, spoiled), strict=True):
        fit(model, TrainingSet(glyphs.pixels, targets, half, glyphs.doubted), config)
    np.testing.assert_allclose(models[0].get_weights()[0], models[1].get_weights()[0], atol=1e-6)


def test_an_epochs_size_can_be_limited(glyphs: TrainingSet) -> None:
    seen: list[TrainingProgress] = []
    fit(small(), glyphs, TrainingConfig(epochs=1, batch_size=16, epoch_size=32), on_progress=seen.append)
    assert seen[-1].steps == 2


def test_training_without_glyphs_is_refused() -> None:
    empty = TrainingSet(
        np.zeros((0, 28, 28), np.uint8), np.zeros((0, 11), np.float32), np.zeros(0, np.float32), np.zeros(0, bool)
    )
    with pytest.raises(ValueError, match="no glyphs"):
        fit(small(), empty, TINY)


def test_tensorboard_logs_are_written_on_request(glyphs: TrainingSet, tmp_path: Path) -> None:
    fit(small(), glyphs, TINY, tensorboard=tmp_path / "logs")
    assert list((tmp_path / "logs").glob("events.*"))


def test_augmentation_keeps_the_ink_in_range_and_follows_the_seed() -> None:
    pixels = np.zeros((4, 28, 28), np.uint8)
    pixels[:, 6:22, 12:16] = 255
    one, other = (augment(pixels, np.random.default_rng(seed)) for seed in (0, 1))
    assert one.shape == (4, 28, 28, 1)
    assert one.dtype == np.float32
    assert 0 <= one.min() <= one.max() <= 1
    assert not np.array_equal(one, other)
    assert np.array_equal(one, augment(pixels, np.random.default_rng(0)))
    assert one.sum() == pytest.approx(pixels.sum() / 255, rel=0.4)


def test_a_share_of_the_glyphs_is_not_augmented(glyphs: TrainingSet) -> None:
    seen = augment(glyphs.pixels, np.random.default_rng(0), Strength(plain_share=0.5))[..., 0]
    stays = np.all(np.isclose(seen, glyphs.pixels / 255, atol=1e-6), axis=(1, 2))
    assert 0.3 < stays.mean() < 0.7
    assert not np.isclose(
        augment(glyphs.pixels, np.random.default_rng(0), Strength(plain_share=0.0))[..., 0], seen
    ).all()


def test_a_network_trained_in_bfloat16_reads_the_same_in_float32(glyphs: TrainingSet) -> None:
    coarse, exact = build("reader", 3, "mixed_bfloat16"), build("reader", 4)
    exact.set_weights(coarse.get_weights())
    assert exact.layers[1].compute_dtype == "float32"
    difference = Forward(exact)(glyphs.pixels) - Forward(coarse)(glyphs.pixels)
    assert np.abs(difference).max() < 0.1
    assert build("reader", 3).layers[1].compute_dtype == "float32"


def test_blended_weights_lie_between() -> None:
    old, new = [np.zeros(3, np.float32)], [np.ones(3, np.float32)]
    assert blend(old, new, 0.3)[0] == pytest.approx(0.7)


@pytest.fixture(autouse=True)
def _forget_models() -> Iterator[None]:
    yield
    keras.utils.clear_session()
