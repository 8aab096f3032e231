"""A training's progress, for people who watch it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from predictor.models import RunStatus, TrainingRun
from predictor.percentages import duration

STAGES = {
    "data": "Base data and corrections",
    "pictures": "Evaluation pictures",
    "training": "Training",
    "comparing": "Comparing with the champion",
}
"""The stages of a training, in order, with their labels."""

ATTEMPT_START = "pace"
"""Key in `TrainingRun.record`: when and where this attempt began its stage. The key is that of older releases."""


@dataclass(frozen=True)
class StageProgress:
    """`state`: "done", "now" or "ahead". `seconds`: time spent over all attempts, None if unknown."""

    name: str
    label: str
    state: str
    seconds: float | None


@dataclass(frozen=True)
class RunProgress:
    """`progress`: of the current stage, 0 to 1. `remaining`, `elapsed`: seconds, for the whole training."""

    status: str
    over: bool
    stages: list[StageProgress]
    detail: str
    progress: float
    remaining: float | None
    elapsed: int
    curves: list[dict[str, float]]

    @property
    def time(self) -> str:
        """`elapsed` and `remaining` as text. Empty before the training begins."""
        if self.status == RunStatus.QUEUED:
            return ""
        so_far = f"{duration(self.elapsed)} so far"
        return so_far if self.remaining is None else f"{so_far}, about {duration(self.remaining)} left"


def of(run: TrainingRun) -> RunProgress:
    return RunProgress(
        status=run.status,
        over=run.is_over,
        stages=list(_stages(run)),
        detail=run.detail,
        progress=run.progress,
        remaining=remaining(run),
        elapsed=round(elapsed(run)),
        curves=run.curves,
    )


def elapsed(run: TrainingRun) -> float:
    """Seconds of work over all attempts, without the time between them."""
    seconds = sum(run.record.get("seconds", {}).values())
    return float(seconds) + (_since_stage_began(run) if run.status == RunStatus.RUNNING else 0.0)


def remaining(run: TrainingRun) -> float | None:
    """Estimated seconds left. None if there is nothing to estimate from.

    Later stages are assumed to take as long as in the last training of this kind.
    """
    start = run.record.get(ATTEMPT_START)
    if run.status != RunStatus.RUNNING or not start or run.progress <= start["progress"]:
        return None
    since = (timezone.now() - datetime.fromisoformat(start["at"])).total_seconds()
    left = since * (1 - run.progress) / (run.progress - start["progress"])
    return float(round(left + _later_stages(run), 1))


def _later_stages(run: TrainingRun) -> float:
    kind = bool(run.config.get("from_scratch"))
    done = TrainingRun.objects.filter(status=RunStatus.DONE, config__from_scratch=kind).order_by("-pk")
    record = done.values_list("record", flat=True).first() or {}
    names = list(STAGES)
    later = names[names.index(run.stage) + 1 :] if run.stage in names else []
    return float(sum(record.get("seconds", {}).get(name, 0.0) for name in later))


def _stages(run: TrainingRun) -> Iterator[StageProgress]:
    names = list(STAGES)
    at = names.index(run.stage) if run.stage in names else len(names) if run.status == RunStatus.DONE else -1
    for index, (name, label) in enumerate(STAGES.items()):
        state = "done" if index < at else "now" if index == at and run.status == RunStatus.RUNNING else "ahead"
        yield StageProgress(name, label, state, run.record.get("seconds", {}).get(name))


def _since_stage_began(run: TrainingRun) -> float:
    began = run.record.get("stage_began_at")
    return (timezone.now() - datetime.fromisoformat(began)).total_seconds() if began else 0.0
