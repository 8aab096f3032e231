"""What the benchmark does in the database of its site: a training to read beside, and a look for lost drawings.

Run it in a process of its own, in the site's environment. It prints JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

EPOCHS = 1000
"""More than a training makes while it is measured."""
ENDED_WITHIN = 60.0
"""Seconds."""


def run(command: str, *arguments: str) -> dict[str, object]:
    """`train`, `cancel`, or `lost FILE SECONDS`."""
    commands: dict[str, Callable[..., dict[str, object]]] = {"train": _train, "cancel": _cancel, "lost": _lost}
    return commands[command](*arguments)


def _train() -> dict[str, object]:
    """Has the site's train worker train on example drawings. Returns once it does, or says why it doesn't."""
    from predictor.errors import Conflict
    from predictor.reading import hashing
    from predictor.tools import demonstration
    from predictor.training import scheduling
    from predictor.training.config import Config

    with suppress(Conflict):  # an earlier round has made the drawings
        for _ in demonstration.fill():
            pass
    hashing.hash_all()
    run = scheduling.enqueue(Config(epochs=EPOCHS, promote=False))
    while not (run.curves or run.is_over):
        time.sleep(0.2)
        run.refresh_from_db()
    return {"error": run.error if run.is_over else ""}


def _cancel() -> dict[str, object]:
    """Cancels the training. Returns once its process has ended."""
    from predictor.models import TrainingRun
    from predictor.training import run_folder, runs

    until = time.monotonic() + ENDED_WITHIN
    for run in TrainingRun.objects.filter(status__in=runs.LIVING):
        runs.cancel(run, by="the benchmark")
        while run_folder.of(run.pk).exists() and time.monotonic() < until:
            time.sleep(0.1)
    return {}


def _lost(file: str, seconds: str) -> dict[str, object]:
    """How many of the drawings whose ids the file lists aren't read, after so many seconds at the latest."""
    from predictor.models import Prediction, PredictionStatus

    until = time.monotonic() + float(seconds)
    stored = set(Path(file).read_text().split())
    while True:
        read = Prediction.objects.filter(status=PredictionStatus.DONE).values_list("drawing_id", flat=True)
        lost = stored - set(map(str, read))
        if not lost or time.monotonic() > until:
            return {"lost": len(lost)}
        time.sleep(0.5)


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(run(*sys.argv[1:])))
