"""A model's inference as a compiled function, on each backend."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network import backend, winograd
from ml.network.backend import keras

CompiledModel = Callable[[NDArray[np.float32]], NDArray[np.float32]]


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

    frozen = type(model).from_config(model.get_config())
    frozen.set_weights(model.get_weights())
    if backend.computes_on_cpu():
        winograd.use_winograd(frozen, frozen=True)
    function = tf.function(lambda pixels: frozen(pixels, training=False), autograph=False)
    compiled: dict[tuple[int, ...], Any] = {}
    compiling = threading.Lock()

    def call(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        with compiling:
            if pixels.shape not in compiled:
                compiled[pixels.shape] = function.get_concrete_function(tf.TensorSpec(pixels.shape, tf.float32))
        return np.asarray(compiled[pixels.shape](tf.constant(pixels)).numpy())

    return call


def _compile_jax(model: Any) -> CompiledModel:
    import jax

    trainable = [variable.value for variable in model.trainable_variables]
    fixed = [variable.value for variable in model.non_trainable_variables]
    forward = jax.jit(lambda pixels: model.stateless_call(trainable, fixed, pixels, training=False)[0])
    return lambda pixels: np.asarray(forward(pixels))
