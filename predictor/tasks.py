"""The queue's tasks: each takes ids and calls one function."""

import logging

from digitsite.celery import app
from predictor.reading import queue

logger = logging.getLogger(__name__)


@app.task(name="predictor.tasks.read")  # type: ignore[untyped-decorator]
def read(prediction_id: int) -> None:
    queue.read(prediction_id)


@app.task(name="predictor.tasks.glance")  # type: ignore[untyped-decorator]
def glance(glance_id: str) -> None:
    from predictor.reading import glances

    glances.make(glance_id)


@app.task(name="predictor.tasks.explain")  # type: ignore[untyped-decorator]
def explain(prediction_id: int) -> None:
    from predictor.reading import explanations

    explanations.make(prediction_id)


@app.task(name="predictor.tasks.retrain", acks_late=False)  # type: ignore[untyped-decorator]
def retrain(run_id: int) -> None:
    from predictor.training import retraining, run_folder, runs

    try:
        retraining.work_on(run_id)
    except (runs.AlreadyRunning, run_folder.Occupied):
        logger.info("Training %s waits for the one that runs", run_id)
    except runs.Stopped as stopped:
        logger.info("Training %s has ended: %s", run_id, stopped)


@app.task(name="predictor.tasks.echo")  # type: ignore[untyped-decorator]
def echo(key: str) -> None:
    """Nothing but an answer: what the queue itself costs."""
    queue.answer_on(key)
