"""How the project's ancestor served: Flask, and `model.predict` of an 18-million-parameter network in the process.

The weights are random, because only the time counts. It stores nothing.
"""

import io
import sys
from typing import Any

import flask
import numpy as np
from PIL import Image

from ml.network.architectures import build


def serve(port: int) -> None:
    """Serves until it is stopped."""
    model = build("deepcnn")
    app = flask.Flask(__name__)

    def predict() -> dict[str, Any]:
        picture = Image.open(io.BytesIO(flask.request.files["image"].read())).convert("L").resize((28, 28))
        glyph = 1 - np.asarray(picture, np.float32) / 255
        probabilities = model.predict(glyph[None, ..., None], verbose=0)[0]
        return {"text": str(probabilities.argmax()), "confidence": float(probabilities.max())}

    app.add_url_rule("/predict", view_func=predict, methods=["POST"])
    app.run("127.0.0.1", port)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
