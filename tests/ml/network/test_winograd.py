"""Winograd's convolutions give the same outputs as Keras's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.network.architectures import build
from ml.network.backend import keras
from ml.network.compilation import compile_model
from ml.network.winograd import FEWEST, use_winograd
from ml.training.config import TrainingConfig, TrainingSet
from ml.training.loop import fit


def model_of(*layers: Any, sides: tuple[int | None, int] = (12, 12), channels: int = 3) -> Any:
    inputs = keras.Input((*sides, channels))
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)


def copy_of(model: Any) -> Any:
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy


def direct_convolutions(model: Any, glyphs: int) -> int:
    """How many convolutions TensorFlow computes itself for so many glyphs."""
    shape = tf.TensorSpec((glyphs, *model.input_shape[1:]), tf.float32)
    graph = tf.function(lambda x: model(x, training=False), autograph=False).get_concrete_function(shape).graph
    return sum(operation.type == "Conv2D" for operation in graph.get_operations())


@settings(deadline=None, max_examples=15)
@given(
    high=st.integers(1, 3), wide=st.integers(1, 3), channels=st.integers(1, 5), filters=st.integers(1, 5),
    bias=st.booleans(), seed=st.integers(0, 1000),
)  # fmt: skip
def test_the_outputs_are_those_of_a_convolution(
    high: int, wide: int, channels: int, filters: int, bias: bool, seed: int
) -> None:
    keras.utils.set_random_seed(seed)
    layer = keras.layers.Conv2D(filters, 3, padding="same", use_bias=bias, bias_initializer="random_normal")
    model = model_of(layer, sides=(6 * high, 6 * wide), channels=channels)
    pixels = np.random.default_rng(seed).normal(size=(FEWEST, *model.input_shape[1:])).astype(np.float32)
    wanted = np.asarray(model(pixels))
    use_winograd(model)
    np.testing.assert_allclose(np.asarray(model(pixels)), wanted, atol=1e-4)


def test_all_but_the_readers_first_convolution_are_replaced_in_large_batches() -> None:
    model = build("reader")
    use_winograd(model)
    assert direct_convolutions(model, FEWEST) == 1
    assert direct_convolutions(model, FEWEST - 1) == 6


@pytest.mark.parametrize(
    "options",
    [{"strides": 2}, {"padding": "valid"}, {"dilation_rate": 2}, {"groups": 3}, {"kernel_size": 5},
     {"dtype": "mixed_bfloat16"}],
    ids=str,
)  # fmt: skip
def test_other_convolutions_are_left_alone(options: dict[str, Any]) -> None:
    layer = keras.layers.Conv2D(**{"filters": 3, "kernel_size": 3, "padding": "same"} | options)
    # Without padding 14 points become 12.
    assert_left_alone(model_of(layer, sides=(14, 14) if layer.padding == "valid" else (12, 12)))


@pytest.mark.parametrize("sides", [(14, 12), (12, 14), (None, 12)])
def test_maps_of_other_sizes_are_left_alone(sides: tuple[int | None, int]) -> None:
    assert_left_alone(model_of(keras.layers.Conv2D(3, 3, padding="same"), sides=sides))


def assert_left_alone(model: Any) -> None:
    sides = [side or 12 for side in model.input_shape[1:3]]
    pixels = np.random.default_rng(0).normal(size=(FEWEST, *sides, 3)).astype(np.float32)
    before = np.asarray(keras.ops.cast(model(pixels), "float32"))
    use_winograd(model)
    # A replaced convolution would round differently.
    assert np.array_equal(np.asarray(keras.ops.cast(model(pixels), "float32")), before)


def test_frozen_weights_stay_and_others_are_followed() -> None:
    pixels = np.ones((FEWEST, 12, 12, 3), np.float32)
    free = model_of(keras.layers.Conv2D(3, 3, padding="same"))
    frozen = copy_of(free)
    use_winograd(free)
    use_winograd(frozen, frozen=True)
    before = np.asarray(free(pixels))
    for model in free, frozen:
        model.set_weights([2 * weights for weights in model.get_weights()])
    np.testing.assert_allclose(np.asarray(free(pixels)), 2 * before, atol=1e-4)
    np.testing.assert_allclose(np.asarray(frozen(pixels)), before, atol=1e-4)


def test_a_compiled_network_reads_with_the_weights_it_was_compiled_with() -> None:
    model = build("reader")
    pixels = np.random.default_rng(0).random((FEWEST, 28, 28, 1), dtype=np.float32)
    forward = compile_model(model)
    before = [forward(pixels[:count]) for count in (1, 8, FEWEST)]
    model.set_weights([0 * weights for weights in model.get_weights()])
    for wanted in before:
        assert np.abs(wanted).max() > 0
        np.testing.assert_allclose(forward(pixels[: len(wanted)]), wanted, atol=1e-5)


@pytest.mark.parametrize("on_cpu", [True, False])
def test_it_is_used_for_reading_and_training_on_a_cpu_only(on_cpu: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def record(model: Any, *, frozen: bool = False) -> None:
        asked.append(frozen)

    monkeypatch.setattr("ml.network.backend.computes_on_cpu", lambda: on_cpu)
    monkeypatch.setattr("ml.network.winograd.use_winograd", record)
    model = model_of(keras.layers.Flatten(), keras.layers.Dense(11), sides=(28, 28), channels=1)
    compile_model(model)
    one = np.ones(1, np.float32)
    dataset = TrainingSet(np.zeros((1, 28, 28), np.uint8), np.eye(11, dtype=np.float32)[:1], one, one < 0)
    fit(model, dataset, TrainingConfig(epochs=1))
    assert asked == ([True, False] if on_cpu else [])


def test_training_learns_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    glyphs = rng.integers(0, 256, (2 * FEWEST, 28, 28)).astype(np.uint8)
    labels = np.eye(11, dtype=np.float32)[rng.integers(0, 11, len(glyphs))]
    dataset = TrainingSet(glyphs, labels, np.ones(len(glyphs), np.float32), np.zeros(len(glyphs), bool))
    quick, plain = build("reader", 3), build("reader", 3)
    # Later steps would amplify differences of rounding.
    config = TrainingConfig(epochs=1, batch_size=FEWEST)
    losses = []
    for model, doing in (quick, use_winograd), (plain, lambda _: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ml.network.winograd.use_winograd", doing)
            losses += [epoch.loss for epoch in fit(model, dataset, config)]
    assert direct_convolutions(quick, FEWEST) < direct_convolutions(plain, FEWEST)
    np.testing.assert_allclose(*losses, rtol=1e-5)
    quick.save(tmp_path / "quick.keras")
    kept = keras.models.load_model(tmp_path / "quick.keras")
    assert direct_convolutions(kept, FEWEST) == direct_convolutions(plain, FEWEST)
