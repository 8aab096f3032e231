"""The training loop, from scratch or from a given network.

The optimizer is AdamW (Loshchilov and Hutter, 2019) with a short warm-up and a cosine that ends near 0. The same
seed, data and machine give the same network on a CPU.
"""

import json
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.atomic_files import replacing
from ml.network import backend, winograd
from ml.network.architectures import gives_logits
from ml.network.backend import keras
from ml.network.forward import Forward
from ml.training.batches import batches
from ml.training.config import TrainingConfig, TrainingSet

_REPORT_EVERY = 10


@dataclass(frozen=True)
class TrainingProgress:
    """`epoch` of `epochs` from 0, `step` of `steps` of that epoch from 1, and the epoch's mean loss so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochMetrics:
    """Metrics of one epoch, counted from 0. The validation metrics are None without validation data."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float


Teach = Callable[[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]], NDArray[np.float32]]
"""Computes a batch's new targets from its distorted pixels, its targets and its `doubted` flags."""


def fit(
    model: Any,
    dataset: TrainingSet,
    config: TrainingConfig,
    *,
    validation: TrainingSet | None = None,
    teach: Teach | None = None,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    checkpoint: Path | None = None,
    tensorboard: Path | None = None,
) -> list[EpochMetrics]:
    """Trains `model` in place and returns the metrics of all epochs.

    `checkpoint`: file for the last finished epoch. If it holds one with the same configuration and data, even from
    another call, training continues from there. `teach`: softens each batch's targets, as
    `ml.training.distillation.Lessons` does. `tensorboard`: folder for scalars. An exception from `on_progress` ends
    the training.
    """
    if len(dataset) == 0:
        raise ValueError("no glyphs to train on")
    backend.configure()
    if backend.computes_on_cpu():
        winograd.use_winograd(model)
    _compile(model, config, config.steps(len(dataset)))
    saved = _Checkpoint(checkpoint, _fingerprint(dataset, config)) if checkpoint else None
    history = saved.restore(model) if saved else []
    write = backend.scalar_writer(tensorboard) if tensorboard else None
    for epoch in range(len(history), config.epochs):
        history.append(_epoch(model, dataset, config, epoch, validation, teach, on_progress))
        if saved:
            saved.keep(model, history)
        if write:
            _write_scalars(write, history[-1])
    return history


def _compile(model: Any, config: TrainingConfig, steps: int) -> None:
    total = steps * config.epochs
    warmup = max(1, round(config.warmup * total))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 25,
        decay_steps=max(1, total - warmup),
        alpha=0.002,
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    loss = keras.losses.CategoricalCrossentropy(from_logits=gives_logits(model))
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    model.compile(optimizer=optimizer, loss=loss, weighted_metrics=[accuracy], jit_compile=_jit())


def _jit() -> bool:
    return bool(keras.backend.backend() == "jax")


def _epoch(
    model: Any,
    dataset: TrainingSet,
    config: TrainingConfig,
    epoch: int,
    validation: TrainingSet | None,
    teach: Teach | None,
    on_progress: Callable[[TrainingProgress], None] | None,
) -> EpochMetrics:
    started = time.monotonic()
    losses, hits = _Mean(), _Mean()
    steps = config.steps(len(dataset))
    for step, batch in enumerate(batches(dataset, config, epoch), start=1):
        # Keras 3 reports metrics since the last reset, and its releases differ in whether they reset per batch.
        model.reset_metrics()
        targets = teach(batch.pixels, batch.targets, batch.doubted) if teach else batch.targets
        result = model.train_on_batch(batch.pixels, targets, batch.weights, return_dict=True)
        losses.add(float(result["loss"]), len(batch.weights))
        hits.add(float(result["accuracy"]), float(batch.weights.sum()))
        if on_progress and (step % _REPORT_EVERY == 0 or step == steps):
            on_progress(TrainingProgress(epoch, config.epochs, step, steps, losses.value, hits.value))
    loss, right = validate(model, validation) if validation else (None, None)
    seconds = time.monotonic() - started
    return EpochMetrics(epoch, losses.value, hits.value, loss, right, seconds)


class _Mean:
    """A running weighted mean."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._weight = 0.0

    def add(self, value: float, weight: float) -> None:
        self._sum += value * weight
        self._weight += weight

    @property
    def value(self) -> float:
        return self._sum / max(self._weight, 1e-12)


def validate(model: Any, data: TrainingSet) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of the model on the data, undistorted."""
    logits = Forward(model)(data.pixels)
    logs = np.log(np.maximum(softmax(logits), 1e-12))
    loss = -np.sum(data.targets * logs, axis=1).mean()
    right = np.argmax(logits, axis=1) == np.argmax(data.targets, axis=1)
    return float(loss), float(right.mean())


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Softmax along the last axis."""
    shares = np.exp(np.asarray(logits, dtype=np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _fingerprint(dataset: TrainingSet, config: TrainingConfig) -> str:
    """Identifies configuration and data. A run resumes only from a checkpoint with the same fingerprint."""
    crc = 0
    for array in (dataset.pixels, dataset.targets, dataset.weights):
        crc = zlib.crc32(np.ascontiguousarray(array).data, crc)
    return json.dumps({"config": asdict(config), "data": crc}, sort_keys=True)


def _write_scalars(write: Callable[[str, float, int], None], metrics: EpochMetrics) -> None:
    for name, value in asdict(metrics).items():
        if name != "epoch" and value is not None:
            write(name, float(value), metrics.epoch)


class _Checkpoint:
    """The last finished epoch: a `.keras` file with model and optimizer, and a JSON file with the history."""

    def __init__(self, file: Path, fingerprint: str) -> None:
        self._model_file = file.with_suffix(".keras")
        self._state_file = file.with_suffix(".json")
        self._fingerprint = fingerprint

    def keep(self, model: Any, history: list[EpochMetrics]) -> None:
        self._model_file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self._model_file) as part:
            model.save(part)
            # Delete the old history before the new model appears: a model without history is ignored.
            self._state_file.unlink(missing_ok=True)
        state = {"fingerprint": self._fingerprint, "history": [asdict(metrics) for metrics in history]}
        with replacing(self._state_file) as part:
            part.write_text(json.dumps(state), encoding="utf-8")

    def restore(self, model: Any) -> list[EpochMetrics]:
        """Restores the model from the checkpoint and returns the history so far; [] if there is no checkpoint."""
        if not (self._state_file.is_file() and self._model_file.is_file()):
            return []
        state = json.loads(self._state_file.read_text(encoding="utf-8"))
        if state["fingerprint"] != self._fingerprint:
            return []
        kept = keras.models.load_model(self._model_file)
        # Copy all variables, not only the weights, to continue a dropout's random state too.
        for own, other in zip(model.variables, kept.variables, strict=True):
            own.assign(other)
        model.optimizer.build(model.trainable_variables)
        kept.optimizer.build(kept.trainable_variables)
        for own, other in zip(model.optimizer.variables, kept.optimizer.variables, strict=True):
            own.assign(other)
        return [EpochMetrics(**metrics) for metrics in state["history"]]
