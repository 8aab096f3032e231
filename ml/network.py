"""The networks: from 28x28x1 in [0, 1] to the digits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml.backend import keras

NOT_A_DIGIT = 10
"""Index of the eleventh output."""


@dataclass(frozen=True)
class Preset:
    """`make` gives the network; `outputs` is 10, or 11 with "not a digit"; `logits`: no softmax at its end."""

    make: Callable[[], Any]
    outputs: int
    logits: bool


def build(preset: str = "reader", seed: int = 0) -> Any:
    """A new keras.Model with weights drawn from the seed. Raises KeyError for an unknown preset."""
    maker = PRESETS[preset].make
    keras.utils.set_random_seed(seed)
    return maker()


def gives_logits(model: Any) -> bool:
    """Whether the model's outputs are logits rather than probabilities."""
    return bool(model.layers[-1].activation is keras.activations.linear)


def _reader() -> Any:
    """Pairs of 3x3 convolutions with batch normalisation, then what is anywhere and what is everywhere.

    439,000 parameters, 27 million multiplications. The first two convolutions need no padding: glyphs have a margin
    of four pixels.
    """
    layers = keras.layers
    inputs = layers.Input((28, 28, 1))
    x = _convolutions(inputs, (32, 32), "valid")
    x = layers.MaxPooling2D(2)(x)
    x = _convolutions(x, (64, 64), "same")
    x = layers.MaxPooling2D(2)(x)
    x = _convolutions(x, (128, 128, 128), "same")
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    return keras.Model(inputs, layers.Dense(11)(x), name="reader")


def _convolutions(x: Any, filters: tuple[int, ...], padding: str) -> Any:
    for count in filters:
        x = keras.layers.Conv2D(count, 3, padding=padding, use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    return x


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
