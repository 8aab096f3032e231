"""The ink finder's architecture."""

from typing import Any

from ml.network.backend import keras


def build_finder(seed: int) -> Any:
    """A new keras.Model from [H, W, 3] in [0, 1] to logits [H, W, 2], with weights initialised from the seed."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = layers.Input((None, None, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, layers.Conv2D(2, 3, padding="same", dtype="float32")(x), name="finder")
