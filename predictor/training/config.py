"""The options of a training."""

import hashlib
import json
from dataclasses import dataclass

from ml import glyphs
from predictor.models import Dataset

FINE_TUNING_EPOCHS = 3
FROM_SCRATCH_EPOCHS = 12
NETWORKS = ("reader", "deepcnn")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The options of a training. With `epochs` None it takes the usual number of epochs."""

    epochs: int | None = None
    from_scratch: bool = False
    network: str = "reader"
    seed: int = 0
    promote: bool = True
    mnist: str = ""
    tensorboard: str = ""

    def effective_epochs(self) -> int:
        return self.epochs or (FROM_SCRATCH_EPOCHS if self.from_scratch else FINE_TUNING_EPOCHS)

    def fingerprint(self, dataset: Dataset) -> str:
        """A hash over everything the candidate depends on except the champion."""
        parts = [dataset.sha256, self.effective_epochs(), self.from_scratch, self.network, self.seed, glyphs.VERSION]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
