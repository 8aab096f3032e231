"""Imports Keras and its backend without log noise, and configures threads, devices and determinism.

Every module imports Keras from here, so that TensorFlow's messages on import stay out of the logs.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ml.network.onnx_runtime import count_threads
from ml.network.quiet_stderr import quiet_stderr

# TensorFlow leaves oneDNN off on CPUs without AVX-512, although it saves a third of a training step there too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

with quiet_stderr():
    import keras


def configure() -> None:
    """Lets the GPU's memory grow as needed, and limits the threads. No effect once TensorFlow has started."""
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
        # Too late: TensorFlow has started, and its settings are fixed for this process.
        return


def make_deterministic(seed: int) -> None:
    """Makes training on a CPU reproducible for the rest of the process: same seed and data, same weights."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def describe() -> dict[str, str]:
    """Names and versions of the backend and its device, to record with a training run."""
    facts = {"backend": keras.backend.backend(), "keras": keras.__version__, "numpy": np.__version__}
    if facts["backend"] == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        named = [tf.config.experimental.get_device_details(each).get("device_name", "GPU") for each in devices]
        return facts | {"tensorflow": tf.__version__, "device": ", ".join(named) or "CPU"}
    if facts["backend"] == "jax":
        import jax

        return facts | {"jax": jax.__version__, "device": ", ".join(each.device_kind for each in jax.devices())}
    return facts


def computes_on_cpu() -> bool:
    """Whether the backend is TensorFlow without a GPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def scalar_writer(folder: Path) -> Callable[[str, float, int], None]:
    """A function (name, value, epoch) that writes TensorBoard scalars to `folder`. Needs TensorFlow on any backend."""
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(folder))

    def write(name: str, value: float, epoch: int) -> None:
        with writer.as_default(step=epoch):
            tf.summary.scalar(name, value)
        writer.flush()

    return write


__all__ = [
    "computes_on_cpu",
    "configure",
    "describe",
    "keras",
    "make_deterministic",
    "scalar_writer",
]
