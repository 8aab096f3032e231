"""Explanations of readings: a worker computes one when it is first requested, and stores it with the prediction."""

from predictor.models import Prediction
from predictor.reading import queue


def explain(prediction: Prediction, *, seconds: float) -> bool:
    """Asks a worker for the explanation unless it is stored. Returns whether it is stored within `seconds`."""
    if prediction.explanation is None and queue.add("explain", prediction.pk):
        queue.wait(topic_of(prediction.pk), seconds=seconds)
        prediction.refresh_from_db(fields=["explanation"])
    return prediction.explanation is not None


def topic_of(prediction_id: int) -> str:
    return f"explanation:{prediction_id}"
