"""A train worker that trains on a fraction of the data, and takes whatever comes of it: `… MNIST_CACHE WORKER_NAME`."""

import sys
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()

    from django.conf import settings

    from digitsite.celery import app
    from tests.predictor import small

    small.shrink(setattr, Path(sys.argv[1]))
    settings.GATE = small.open_gate()
    app.worker_main(["worker", "-Q", "train", "-c", "1", "--max-tasks-per-child", "1", "-n", sys.argv[2]])
