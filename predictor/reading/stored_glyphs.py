"""How glyphs are kept in a Prediction's JSON: packed while they wait, as a picture once they are read."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.glyphs.glyph import Glyph


def pack(glyph: Glyph, box: list[int]) -> dict[str, Any]:
    """A candidate glyph, its box in the picture as it was sent."""
    pixels = base64.b64encode(glyph.pixels.tobytes()).decode()
    place = {"hypothesis": glyph.hypothesis, "row": glyph.row, "start": glyph.start, "end": glyph.end}
    return {"box": box, **place, "prior": glyph.prior, "stray": glyph.stray, "pixels": pixels}


def unpack(stored: dict[str, Any]) -> Glyph:
    pixels = np.frombuffer(base64.b64decode(stored["pixels"]), np.uint8).reshape(28, 28)
    x, y, w, h = stored["box"]
    return Glyph(
        box=(x, y, w, h),
        pixels=pixels,
        row=stored["row"],
        start=stored["start"],
        end=stored["end"],
        prior=stored.get("prior", 0.0),
        stray=stored.get("stray"),
        hypothesis=stored.get("hypothesis", 0),
    )


def pixels_of(glyph: dict[str, Any]) -> NDArray[np.uint8]:
    """The 28×28 pixels (0 paper, 255 ink) of a glyph that was read."""
    image = Image.open(io.BytesIO(base64.b64decode(glyph["pixels"].partition(",")[2])), formats=["PNG"])
    return 255 - np.asarray(image.convert("L"))
