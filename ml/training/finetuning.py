"""Fine-tuning on people's corrections, with rehearsal against forgetting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network.architectures import PRESETS, build
from ml.network.backend import keras
from ml.network.classes import NOT_A_DIGIT
from ml.progress import ReportProgress
from ml.sources.mnist import Mnist
from ml.training import augmentation, data, mixture
from ml.training.config import TrainingConfig, TrainingSet
from ml.training.distillation import soften
from ml.training.loop import TrainingProgress, fit

REHEARSED = 8_000
GENERATED = 1_500
"""Numbers of rehearsed MNIST pictures, three quarters of them as served, and of generated digits and non-digits."""

CORRECTION_SHARE = 0.15
"""The corrections' share of the training set's total weight, whatever their number."""

MOST_COPIES, LEAST_COPIES = 40, 4
KEPT_SHARE = 0.5
"""The champion's share in the resulting weights (Wortsman et al., 2022: robust fine-tuning)."""


def fine_tune(  # noqa: PLR0913
    champion: Any,
    corrections_x: NDArray[np.uint8],
    corrections_y: NDArray[np.integer],
    rehearsal: Mnist,
    cache: Path,
    *,
    weights: NDArray[np.floating] | None = None,
    epochs: int = 3,
    seed: int = 0,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    checkpoint: Path | None = None,
    report: ReportProgress | None = None,
) -> Any:
    """A copy of the champion, fine-tuned on uint8 [n, 28, 28] corrections with labels 0 to 9, or 10 for "not a digit".

    The corrections are repeated, distorted differently each time. They are mixed with rehearsed glyphs: MNIST training
    pictures (as served and raw; never the holdout), generated digits and non-digits. A rehearsed glyph's target is the
    champion's own prediction if that is right, else the label, so that little changes but the errors.

    `weights`: float [n] from 0 to 1, how much each correction counts (None: all alike); rare labels count more. `cache`
    keeps the rehearsed glyphs of a seed. The champion isn't changed. Raises ValueError if there are no corrections, or
    if the network has no output for a label.
    """
    outputs = int(champion.output_shape[-1])
    if len(corrections_x) == 0:
        raise ValueError("no corrections to learn from")
    if int(np.max(corrections_y)) >= outputs:
        raise ValueError(f"the network has no output for label {int(np.max(corrections_y))}")
    candidate = type(champion).from_config(champion.get_config())
    candidate.set_weights(champion.get_weights())
    # Keep the champion's batch statistics: those of a few thousand glyphs would be worse, and can't be blended.
    _set_normalisation_trainable(candidate, trainable=False)
    rehearsed = _rehearsed(champion, rehearsal, outputs, seed, cache, report)
    dataset = data.join(rehearsed, _repeated(corrections_x, corrections_y, weights, outputs, len(rehearsed)))
    config = TrainingConfig(
        preset=champion.name,
        epochs=epochs,
        learning_rate=3e-4,
        weight_decay=0.0,
        warmup=0.1,
        seed=seed,
        strength=augmentation.Strength(),
    )
    fit(candidate, dataset, config, on_progress=on_progress, checkpoint=checkpoint)
    _set_normalisation_trainable(candidate, trainable=True)
    candidate.set_weights(blend(champion.get_weights(), candidate.get_weights(), KEPT_SHARE))
    return candidate


def train_from_scratch(  # noqa: PLR0913
    preset: str,
    corrections_x: NDArray[np.uint8],
    corrections_y: NDArray[np.integer],
    rehearsal: Mnist,
    cache: Path,
    *,
    epochs: int,
    weights: NDArray[np.floating] | None = None,
    seed: int = 0,
    on_progress: Callable[[TrainingProgress], None] | None = None,
    checkpoint: Path | None = None,
    tensorboard: Path | None = None,
    report: ReportProgress | None = None,
) -> Any:
    """A new network of the preset, trained on the bundled network's training data and on the corrections, if any.

    `cache` keeps the generated glyphs. Corrections are weighted as in `fine_tune`.
    """
    outputs = PRESETS[preset].outputs
    dataset = mixture.assemble(rehearsal, cache, outputs=outputs, seed=seed, report=report)
    known = corrections_y < outputs
    if np.any(known):
        counted = None if weights is None else weights[known]
        dataset = data.join(
            dataset, _repeated(corrections_x[known], corrections_y[known], counted, outputs, len(dataset))
        )
    model = build(preset, seed)
    config = TrainingConfig(preset=preset, epochs=epochs, seed=seed)
    fit(model, dataset, config, on_progress=on_progress, checkpoint=checkpoint, tensorboard=tensorboard)
    return model


def blend(
    champion: list[NDArray[np.float32]], candidate: list[NDArray[np.float32]], share: float
) -> list[NDArray[np.float32]]:
    """Interpolated weights: `share` of the champion, the rest of the candidate."""
    return [share * old + (1 - share) * new for old, new in zip(champion, candidate, strict=True)]


def _set_normalisation_trainable(model: Any, *, trainable: bool) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = trainable


def _repeated(
    pixels: NDArray[np.uint8],
    labels: NDArray[np.integer],
    weights: NDArray[np.floating] | None,
    outputs: int,
    others: int,
) -> TrainingSet:
    """Several copies of each correction, with CORRECTION_SHARE of the total weight; the `others` have weight 1 each.

    A single correction weighs at most as much as MOST_COPIES rehearsed glyphs, so that a few don't dominate.
    """
    counted = _balanced(labels, np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64))
    total = CORRECTION_SHARE / (1 - CORRECTION_SHARE) * others
    copies = int(np.clip(round(total / len(pixels)), LEAST_COPIES, MOST_COPIES))
    each = counted * min(1.0, total / max(copies * counted.sum(), 1e-9))
    once = data.hard_set(np.asarray(pixels), np.asarray(labels), outputs)
    return TrainingSet(
        np.repeat(once.pixels, copies, axis=0),
        np.repeat(once.targets, copies, axis=0),
        np.repeat(each, copies).astype(np.float32),
        np.repeat(once.doubted, copies),
    )


def _balanced(labels: NDArray[np.integer], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights, reduced for common labels: a label with n times the weight of the rarest gets √n times that weight.

    Frequent corrections still count more, but don't drown out rare ones.
    """
    totals = np.bincount(np.asarray(labels, np.int64), weights)
    factors = np.zeros(len(totals))
    present = totals > 0
    factors[present] = np.sqrt(totals[present].min() / totals[present])
    return np.asarray(weights * factors[labels])


def _rehearsed(
    champion: Any, mnist: Mnist, outputs: int, seed: int, cache: Path, report: ReportProgress | None
) -> TrainingSet:
    rng = np.random.default_rng([seed, 7])
    rows = rng.choice(mnist.fit_indices, min(REHEARSED, len(mnist.fit_indices)), replace=False)
    raw, enlarged = np.split(mnist.train_images[rows], [len(rows) // 4])
    drawn, digits = data.generated_digits(GENERATED, seed, cache, report)
    pixels = [raw, data.served_once(enlarged, cache, report), drawn]
    labels = [mnist.train_labels[rows], digits]
    if outputs > NOT_A_DIGIT:
        pixels.append(data.generated_non_digits(GENERATED, seed, cache, report))
        labels.append(np.full(GENERATED, NOT_A_DIGIT, dtype=np.uint8))
    truth = data.hard_set(np.concatenate(pixels), np.concatenate(labels), outputs)
    return soften([champion], truth, hard_share=0)
