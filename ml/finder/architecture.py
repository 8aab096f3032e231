"""The ink finder's architecture: a small U-Net (Ronneberger et al., 2015, https://arxiv.org/abs/1505.04597)."""

from typing import Any

from ml.network.backend import keras

OUTPUTS = ("writing", "digit", "signs")
"""The outputs in their order: all handwriting but signs; the ink of the digit that is meant; signs between digits."""

FILTERS = (24, 40, 56, 80, 112)
"""Filters on each level; the first has half the picture's resolution, each further one half of the one before."""

STRIDE = 2 ** len(FILTERS)
"""Both sides of the input are multiples of this."""


def build_finder(seed: int = 0) -> Any:
    """An untrained finder: float32 [N, H, W, 3] pictures from 0 to 1, to logits [N, H, W, 3] in the order of OUTPUTS.

    Skip connections are added, not concatenated, which halves the multiplications of the finest level.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    picture = layers.Input((None, None, 3), name="picture")
    flow = _convolved(picture, FILTERS[0], 5, strides=2)
    flow = _convolved(flow, FILTERS[0], 3)
    skips = []
    for filters in FILTERS[1:]:
        skips.append(flow)
        flow = _convolved(flow, filters, 3, strides=2)
        flow = _convolved(flow, filters, 3)
    flow = _convolved(flow, FILTERS[-1], 3, dilation_rate=2)
    for skip in reversed(skips):
        flow = _convolved(flow, skip.shape[-1], 1)
        flow = layers.Add()([layers.UpSampling2D(2, interpolation="bilinear")(flow), skip])
        flow = _convolved(flow, skip.shape[-1], 3)
    logits = layers.Conv2DTranspose(len(OUTPUTS), 4, strides=2, padding="same", dtype="float32", name="logits")(flow)
    return keras.Model(picture, logits, name="finder")


def _convolved(flow: Any, filters: int, size: int, **options: Any) -> Any:
    flow = keras.layers.Conv2D(filters, size, padding="same", use_bias=False, **options)(flow)
    return keras.layers.Activation("relu")(keras.layers.BatchNormalization(momentum=0.95)(flow))
