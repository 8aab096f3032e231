"""A model's inference as a compiled function, on each backend."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network import winograd
from ml.network.backend import computes_on_cpu, keras

CompiledModel = Callable[[NDArray[np.float32]], NDArray[np.float32]]

ONE_GLYPH = 28 * 28
"""Values in the smallest batch."""


def compile_model(model: Any) -> CompiledModel:
    """The model's inference as a compiled function from a float32 batch to the float32 outputs. Thread-safe.

    It compiles once for each shape of the batch. The weights are frozen at their present values.
    """
    if keras.backend.backend() == "tensorflow":
        return _compile_tensorflow(model)
    if keras.backend.backend() == "jax":
        return _compile_jax(model)
    return lambda pixels: np.asarray(keras.ops.convert_to_numpy(model(pixels, training=False)))


def _compile_tensorflow(model: Any) -> CompiledModel:
    import tensorflow as tf

    on_cpu = computes_on_cpu()
    frozen = type(model).from_config(model.get_config())
    frozen.set_weights(model.get_weights())
    if winograd.is_worthwhile():
        winograd.use_winograd(frozen, frozen=True)

    def forward(pixels: Any) -> Any:
        return frozen(pixels, training=False)

    # XLA halves the time for one glyph. For many it gains nothing and takes longer to compile, and for a photo it takes
    # nearly twice as long. On a GPU it needs CUDA files that TensorFlow doesn't.
    compiled: dict[tuple[int, ...], Any] = {}
    compiling = threading.Lock()

    def call(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        shape = pixels.shape
        with compiling:
            if shape not in compiled:
                function = tf.function(forward, autograph=False, jit_compile=on_cpu and pixels.size <= ONE_GLYPH)
                compiled[shape] = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
        return np.asarray(compiled[shape](tf.constant(pixels)).numpy())

    return call


def _compile_jax(model: Any) -> CompiledModel:
    import jax

    trainable = [variable.value for variable in model.trainable_variables]
    fixed = [variable.value for variable in model.non_trainable_variables]
    forward = jax.jit(lambda pixels: model.stateless_call(trainable, fixed, pixels, training=False)[0])
    return lambda pixels: np.asarray(forward(pixels))
