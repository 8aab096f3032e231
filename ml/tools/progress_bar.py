"""A terminal progress bar for long-running commands."""

from typing import Any

from tqdm import tqdm

from ml.training.loop import TrainingProgress


class ProgressBar:
    """A progress bar for making glyphs, then for training."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] = tqdm(unit="step", dynamic_ncols=True)
        self._stage = ""

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def report(self, what: str, done: int, of: int) -> None:
        """Shows the progress of making glyphs."""
        self._show(what, done, of)

    def train(self, progress: TrainingProgress) -> None:
        """Shows the progress of training."""
        stage = f"epoch {progress.epoch + 1}/{progress.epochs}"
        self._bar.set_postfix(loss=f"{progress.loss:.4f}", accuracy=f"{progress.accuracy:.4f}", refresh=False)
        self._show(stage, progress.step, progress.steps)

    def _show(self, stage: str, done: int, of: int) -> None:
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(of)
            self._bar.set_description(stage)
        self._bar.update(done - self._bar.n)
