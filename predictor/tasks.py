"""The queue's tasks: each takes ids and calls one function."""

from digitsite.celery import app
from predictor import inference


@app.task(name="predictor.tasks.read")
def read(prediction_id: int) -> None:
    inference.read(prediction_id)


@app.task(name="predictor.tasks.explain")
def explain(prediction_id: int) -> None:
    from predictor import explanations

    explanations.make(prediction_id)


@app.task(name="predictor.tasks.retrain", acks_late=False)
def retrain(run_id: int) -> None:
    from predictor import retraining

    retraining.work_on(run_id)
