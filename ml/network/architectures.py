"""The network architectures: from 28×28×1 in [0, 1] to 10 or 11 outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml.network.backend import keras


@dataclass(frozen=True)
class Preset:
    """`make` returns a new network. `outputs`: 10, or 11 with "not a digit". `logits`: whether it has no softmax."""

    make: Callable[[], Any]
    outputs: int
    logits: bool


def build(preset: str = "reader", seed: int = 0, precision: str = "float32") -> Any:
    """A new keras.Model with weights initialised from the seed. Raises KeyError for an unknown preset.

    `precision`: "float32", or "mixed_bfloat16", which trains in a little more than half the time on CPUs with bfloat16
    (AVX512-BF16, AMX) and on GPUs. The weights are float32 in both cases and fit a network of either precision.
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
    """Six convolutions with batch normalisation, then global maximum and average pooling.

    842,000 parameters, 44 million multiplications. The first convolution needs no padding, because glyphs have a margin
    of four pixels. A 5×5 kernel has the receptive field of two 3×3 ones, with a tenth of the multiplications and half
    of the memory traffic at full resolution, where a CPU spends most time.
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
    # bfloat16 logits would be too coarse for calibration.
    return keras.Model(inputs, layers.Dense(11, dtype="float32")(x), name="reader")


def _convolution(x: Any, filters: int, size: int, padding: str = "same") -> Any:
    x = keras.layers.Conv2D(filters, size, padding=padding, use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    return keras.layers.ReLU()(x)


def _deepcnn() -> Any:
    """The project's first network, kept for comparison: four blocks of two 3×3 convolutions, then two dense layers of
    2048. 18,344,138 parameters.
    """
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
