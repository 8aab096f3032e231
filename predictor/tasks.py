"""The queue's tasks: each takes ids and calls one function."""

import logging

from digitsite.celery import app
from predictor import inference

logger = logging.getLogger(__name__)


@app.task(name="predictor.tasks.read")  # type: ignore[untyped-decorator]
def read(prediction_id: int) -> None:
    inference.read(prediction_id)


@app.task(name="predictor.tasks.glance")  # type: ignore[untyped-decorator]
def glance(glance_id: str) -> None:
    from predictor import glances

    glances.make(glance_id)


@app.task(name="predictor.tasks.explain")  # type: ignore[untyped-decorator]
def explain(prediction_id: int) -> None:
    from predictor import explanations

    explanations.make(prediction_id)


@app.task(name="predictor.tasks.retrain", acks_late=False)  # type: ignore[untyped-decorator]
def retrain(run_id: int) -> None:
    from predictor import retraining, runs, workplace

    try:
        retraining.work_on(run_id)
    except (runs.AlreadyRunning, workplace.Occupied):
        logger.info("Training %s waits for the one that runs", run_id)
    except runs.Stopped as stopped:
        logger.info("Training %s has ended: %s", run_id, stopped)


@app.task(name="predictor.tasks.echo")  # type: ignore[untyped-decorator]
def echo(key: str) -> None:
    """Nothing but an answer: what the queue itself costs."""
    inference.answer_on(key)
