"""The networks: from 28x28x1 in [0, 1] to the digits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml.network.backend import keras

NOT_A_DIGIT = 10
"""Index of the eleventh output."""


@dataclass(frozen=True)
class Preset:
    """`make` gives the network; `outputs` is 10, or 11 with "not a digit"; `logits`: no softmax at its end."""

    make: Callable[[], Any]
    outputs: int
    logits: bool


def build(preset: str = "reader", seed: int = 0, precision: str = "float32") -> Any:
    """A new keras.Model with weights drawn from the seed. Raises KeyError for an unknown preset.

    `precision`: "float32", or "mixed_bfloat16" to train in a little more than half the time on processors that
    multiply bfloat16 (AVX512-BF16, AMX) and on GPUs; its weights, float32 all the same, are then those of a network of
    "float32".
    """
    maker = PRESETS[preset].make
    keras.utils.set_random_seed(seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return maker()
    finally:
        keras.config.set_dtype_policy(before)


def gives_logits(model: Any) -> bool:
    """Whether the model's outputs are logits rather than probabilities."""
    return bool(model.layers[-1].activation is keras.activations.linear)


def _reader() -> Any:
    """Six convolutions with batch normalisation, then what is anywhere and what is everywhere.

    842,000 parameters, 44 million multiplications. The first convolution needs no padding: glyphs have a margin of
    four pixels. One of 5x5 there sees what two of 3x3 see, for a tenth of the multiplications and half of the memory
    moved at full size, where a CPU's time goes.
    """
    layers = keras.layers
    inputs = layers.Input((28, 28, 1))
    x = _convolution(inputs, 48, 5, "valid")
    x = layers.MaxPooling2D(2)(x)
    for _ in range(2):
        x = _convolution(x, 96, 3)
    x = layers.MaxPooling2D(2)(x)
    for _ in range(3):
        x = _convolution(x, 176, 3)
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    # Logits of bfloat16 would be too coarse to be calibrated.
    return keras.Model(inputs, layers.Dense(11, dtype="float32")(x), name="reader")


def _convolution(x: Any, filters: int, size: int, padding: str = "same") -> Any:
    x = keras.layers.Conv2D(filters, size, padding=padding, use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    return keras.layers.ReLU()(x)


def _deepcnn() -> Any:
    """The ancestor: four blocks of two 3x3 convolutions, two dense layers of 2048; 18,344,138 parameters."""
    layers = keras.layers
    inputs = layers.Input((28, 28, 1))
    x = inputs
    for block, filters in enumerate((64, 128, 256, 512)):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        if block:
            x = layers.MaxPooling2D(2)(x)
        x = layers.BatchNormalization()(x)
    x = layers.Flatten()(x)
    for _ in range(2):
        x = layers.Dense(2048, activation="relu")(x)
        x = layers.Dropout(0.25)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x), name="deepcnn")


PRESETS: dict[str, Preset] = {
    "reader": Preset(_reader, outputs=11, logits=True),
    "deepcnn": Preset(_deepcnn, outputs=10, logits=False),
}
