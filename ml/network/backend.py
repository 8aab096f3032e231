"""Keras, and the only lines that know which backend it runs on.

Every module that needs Keras takes it from here, so that TensorFlow's chatter on import stays out of the logs.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network.quiet_stderr import quiet_stderr

# TensorFlow leaves oneDNN off on processors without AVX-512, where it saves a third of a training step all the same.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

with quiet_stderr():
    import keras

THREADS_VARIABLE = "DIGITSITE_ML_THREADS"
"""Environment variable: threads for TensorFlow's operations; unset: one a core."""

Forward = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def configure() -> None:
    """Takes the accelerator's memory as needed and limits the threads; later calls change nothing."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    threads = count_threads()
    with quiet_stderr():
        devices = tf.config.list_physical_devices("GPU")
    try:
        for device in devices:
            tf.config.experimental.set_memory_growth(device, True)
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        # TensorFlow has already started: its settings are fixed for this process.
        return


def make_deterministic(seed: int) -> None:
    """From now on, and for the whole process, the same seed and data give the same weights on a CPU."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def describe() -> dict[str, str]:
    """The backend and the versions of what trains, and on what."""
    said = {"backend": keras.backend.backend(), "keras": keras.__version__, "numpy": np.__version__}
    if said["backend"] == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        named = [tf.config.experimental.get_device_details(each).get("device_name", "GPU") for each in devices]
        return said | {"tensorflow": tf.__version__, "device": ", ".join(named) or "CPU"}
    if said["backend"] == "jax":
        import jax

        return said | {"jax": jax.__version__, "device": ", ".join(each.device_kind for each in jax.devices())}
    return said


def computes_on_cpu() -> bool:
    """Whether TensorFlow computes, and without a GPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def count_threads() -> int:
    """Threads wanted for TensorFlow's operations; 0: TensorFlow's own choice. Raises ValueError on nonsense."""
    value = os.environ.get(THREADS_VARIABLE, "")
    threads = int(value or 0)
    if threads < 0:
        raise ValueError(f"{THREADS_VARIABLE} must be 0 or more, not {value}")
    return threads


def compile_forward(model: Any) -> Forward:
    """The model's inference as a compiled function from float32 [N, 28, 28, 1] to float32 [N, outputs].

    It is compiled once for each N that it is called with; its weights are frozen as they are now.
    """
    if keras.backend.backend() == "tensorflow":
        return _compile_tensorflow(model)
    if keras.backend.backend() == "jax":
        return _compile_jax(model)
    return lambda pixels: np.asarray(keras.ops.convert_to_numpy(model(pixels, training=False)))


def _compile_tensorflow(model: Any) -> Forward:
    import tensorflow as tf

    from ml.network.winograd import quicken

    on_cpu = computes_on_cpu()
    frozen = type(model).from_config(model.get_config())
    frozen.set_weights(model.get_weights())
    if on_cpu:
        quicken(frozen, frozen=True)

    def forward(pixels: Any) -> Any:
        return frozen(pixels, training=False)

    # For one glyph XLA's code takes half of the time of TensorFlow's own, for many as long, and longer to compile. On a
    # GPU it needs files of CUDA that TensorFlow itself does without.
    compiled: dict[int, Any] = {}

    def call(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        count = len(pixels)
        if count not in compiled:
            signature = tf.TensorSpec((count, *pixels.shape[1:]), tf.float32)
            function = tf.function(forward, autograph=False, jit_compile=on_cpu and count == 1)
            compiled[count] = function.get_concrete_function(signature)
        return np.asarray(compiled[count](tf.constant(pixels)).numpy())

    return call


def _compile_jax(model: Any) -> Forward:
    import jax

    trainable = [variable.value for variable in model.trainable_variables]
    fixed = [variable.value for variable in model.non_trainable_variables]
    forward = jax.jit(lambda pixels: model.stateless_call(trainable, fixed, pixels, training=False)[0])
    return lambda pixels: np.asarray(forward(pixels))


def scalar_writer(folder: Path) -> Callable[[str, float, int], None]:
    """A function (name, value, epoch) that writes TensorBoard scalars into `folder`; needs TensorFlow on any
    backend.
    """
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))

    def write(name: str, value: float, epoch: int) -> None:
        with writer.as_default(step=epoch):
            tf.summary.scalar(name, value)
        writer.flush()

    return write


__all__ = [
    "THREADS_VARIABLE",
    "Forward",
    "compile_forward",
    "configure",
    "count_threads",
    "describe",
    "keras",
    "make_deterministic",
    "scalar_writer",
]
