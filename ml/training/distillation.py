"""Distillation: targets that mix the label with the teachers' predictions (Hinton, Vinyals and Dean, 2015)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.network.architectures import gives_logits
from ml.network.compilation import compile_model
from ml.network.forward import Forward
from ml.training.config import TrainingSet
from ml.training.loop import softmax

Targets = NDArray[np.float32]


def soften(teachers: Sequence[Any], hard: TrainingSet, *, hard_share: float) -> TrainingSet:
    """The set with mixed targets: `hard_share` of the label, the rest from the teachers' mean prediction.

    Where the teachers are wrong, the target is the label alone, so that the network learns what they don't know.
    `doubted` labels are mixed even then, because the label itself may be wrong.
    """
    belief = np.mean([softmax(Forward(teacher)(hard.pixels)) for teacher in teachers], axis=0)
    return replace(hard, targets=_mixed(belief, hard.targets, hard.doubted, hard_share))


class Lessons:
    """Mixes targets as `soften` does, but per distorted batch, so that the teachers see the same pixels as the network
    (Beyer et al., 2022: knowledge distillation is function matching).
    """

    def __init__(self, teachers: Sequence[Any], hard_share: float) -> None:
        self._teachers = [(teacher, compile_model(teacher)) for teacher in teachers]
        self._hard_share = hard_share

    def __call__(self, pixels: NDArray[np.float32], targets: Targets, doubted: NDArray[np.bool_]) -> Targets:
        """Targets float32 [B, outputs] for pixels float32 [B, 28, 28, 1] in [0, 1]."""
        belief = np.mean([_shares(teacher, forward(pixels)) for teacher, forward in self._teachers], axis=0)
        return _mixed(belief, targets, doubted, self._hard_share)


def _shares(teacher: Any, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    return softmax(outputs) if gives_logits(teacher) else outputs.astype(np.float64)


def _mixed(belief: NDArray[np.float64], targets: Targets, doubted: NDArray[np.bool_], hard_share: float) -> Targets:
    mixed = doubted | (np.argmax(belief, axis=1) == np.argmax(targets, axis=1))
    taught = np.where(mixed[:, None], hard_share * targets + (1 - hard_share) * belief, targets)
    return taught.astype(np.float32)
