"""What a worker makes for somebody who waits and has no queued prediction: a glance, an explanation."""

import json

from ml.network.explanation import occlusion_sensitivity
from ml.pictures.decoding import pixels_of_data_url
from predictor.models import Prediction, PredictionStatus
from predictor.reading import activity, explanations, glances, queue
from predictor.reading.candidates import StoredPicture, find_candidates
from predictor.reading.serving import SERVING


def read_glance(glance_id: str) -> None:
    """Reads the picture of a glance, if somebody still waits for it."""
    picture = glances.take_picture(glance_id)
    if picture is None:
        return
    serving = SERVING.current()
    [reading] = serving.read([find_candidates(StoredPicture(**picture))])
    answer = json.dumps({**reading, "model_id": serving.version})
    queue.answer([glances.topic_of(glance_id)], answer, waiters=1)
    activity.note_reading()


def make_explanation(prediction_id: int) -> None:
    """Stores how much each part of each glyph supports the digit it was read as."""
    prediction = Prediction.objects.filter(pk=prediction_id, status=PredictionStatus.DONE).first()
    if prediction is None or prediction.explanation is not None:
        return
    serving = SERVING.current()
    glyphs = []
    for glyph in prediction.glyphs:
        importance = occlusion_sensitivity(serving.reader, pixels_of_data_url(glyph["pixels"]), glyph["digit"])
        rows = [[round(float(value), 3) for value in row] for row in importance]
        glyphs.append({key: glyph[key] for key in ("box", "digit", "pixels")} | {"importance": rows})
    explanation = {"model": str(serving.version), "method": "occlusion", "glyphs": glyphs}
    Prediction.objects.filter(pk=prediction_id).update(explanation=explanation)
    queue.answer([explanations.topic_of(prediction_id)])
