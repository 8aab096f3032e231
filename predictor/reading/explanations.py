"""Why a drawing was read as it was: made by a worker when first asked for, then kept with the reading."""

import logging
import time

import redis
from kombu.exceptions import OperationalError

from predictor.models import Prediction, PredictionStatus
from predictor.reading.stored_glyphs import pixels_of

logger = logging.getLogger(__name__)


def explain(prediction: Prediction, *, seconds: float) -> bool:
    """Asks a worker for the explanation unless it is there; says whether it is after at most `seconds`."""
    from predictor import tasks

    if prediction.explanation is not None:
        return True
    try:
        tasks.explain.delay(prediction.pk)
    except (OperationalError, redis.RedisError, OSError) as error:
        logger.warning("Nobody can explain while Redis is away: %s", error)
        return False
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        prediction.refresh_from_db(fields=["explanation"])
        if prediction.explanation is not None:
            return True
        time.sleep(0.05)
    return False


def make(prediction_id: int) -> None:
    """In the worker: how much each part of each glyph speaks for the digit it was read as."""
    from ml.network.explanation import explain as importance_of
    from predictor.reading.serving import SERVING

    prediction = Prediction.objects.filter(pk=prediction_id, status=PredictionStatus.DONE).first()
    if prediction is None or prediction.explanation is not None:
        return
    serving = SERVING.current()
    glyphs = []
    for glyph in prediction.glyphs:
        importance = importance_of(serving.reader, pixels_of(glyph), glyph["digit"])
        rows = [[round(float(value), 3) for value in row] for row in importance]
        glyphs.append({key: glyph[key] for key in ("box", "digit", "pixels")} | {"importance": rows})
    Prediction.objects.filter(pk=prediction_id).update(
        explanation={"model": str(serving.version), "method": "occlusion", "glyphs": glyphs}
    )
