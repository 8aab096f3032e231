"""`python -m tests.predictor.killed RUN STAGE`: works on a training and dies in that stage, as by `kill -9`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

ENOUGH = 100


def main(run_id: int, stage: str) -> None:
    _set_up()
    from django.conf import settings

    from predictor.training import retraining, runs
    from predictor.versions import registry
    from tests.predictor.small import open_gate, shrink

    settings.GATE = open_gate()
    runs.MAX_ATTEMPTS = ENOUGH
    shrink(setattr, Path(os.environ["TEST_MNIST"]))
    if stage == "registering":
        registry.add_version = _and_die(registry.add_version)
    if stage == "promoting":
        registry.promote = _and_die(registry.promote)
    last_words = {"training": "epoch 2", "comparing": "Comparing"}.get(stage)

    def report(what: str, _progress: float) -> None:
        print(what, flush=True)
        if last_words and what.startswith(last_words):
            _die()

    retraining.work_on(run_id, report=report)


def _set_up() -> None:
    """The test's own database and cache."""
    import django
    from django.conf import settings

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    settings.CACHE_DIR = Path(os.environ["TEST_CACHE"])
    django.setup()


def _and_die(function: Any) -> Any:
    def call(*args: Any, **values: Any) -> None:
        function(*args, **values)
        _die()

    return call


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
