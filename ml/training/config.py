"""What a network is trained on, and how."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.training.augmentation import Strength


@dataclass(frozen=True)
class TrainingSet:
    """`pixels`: uint8 [N, 28, 28]. `targets`: float32 [N, outputs], rows of probabilities. `weights`: float32 [N].
    `doubted`: bool [N], labels that may be wrong, so that a teacher may know better.
    """

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    doubted: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of glyphs."""
        return len(self.pixels)


@dataclass(frozen=True)
class TrainingConfig:
    """`learning_rate`: peak rate, reached after the share `warmup` of all steps. `epoch_size`: glyphs per epoch, newly
    sampled for each; None takes all. `strength`: of the distortions; None for no distortions. `plain_epochs`: number of
    final epochs without distortions. `sources`: SHA-256 of the starting network and the teachers.
    """

    preset: str = "reader"
    epochs: int = 10
    epoch_size: int | None = None
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup: float = 0.05
    seed: int = 0
    strength: Strength | None = field(default_factory=Strength)
    plain_epochs: int = 0
    sources: tuple[str, ...] = ()

    def steps(self, glyphs: int) -> int:
        """Batches per epoch for a set of this many glyphs."""
        return -(-min(glyphs, self.epoch_size or glyphs) // self.batch_size)
