"""Shows the steps of a reading: the picture with its boxes, the ink, the glyphs, the probabilities."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.glyphs.ink import find_ink
from ml.glyphs.redrawing import redrawn
from ml.isolation import Mode
from ml.pictures.picture import Picture

SIDE, WIDE_SIDE = 360, 720
"""The longer side in pixels of a shown picture of one digit, and of a number."""


def ink_view(picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None) -> NDArray[np.uint8]:
    """The ink that isolation finds in a picture, for display: uint8 [H, W] of the picture's size, 0 paper, 255 ink."""
    height, width = picture.shape[:2]
    drawn = redrawn(picture, strokes, is_number=mode == "number") if strokes else None
    ink = drawn or find_ink(picture)
    if ink is None:
        return np.zeros((height, width), np.uint8)
    shown = np.zeros((ink.height, ink.width), np.uint8)
    levels = np.clip(ink.contrast.astype(np.float64) / max(1, ink.strong), 0, 1) * (ink.contrast > ink.weak)
    shown[ink.top : ink.top + levels.shape[0], ink.left : ink.left + levels.shape[1]] = np.round(255 * levels)
    return np.asarray(Image.fromarray(shown).resize((width, height), Image.Resampling.NEAREST))


def steps(
    picture: Picture, answer: Mapping[str, Any], *, mode: Mode, strokes: Mapping[str, Any] | None, scale: float
) -> dict[str, Any]:
    """The steps of a reading for `templates/steps.html`, JSON-ready.

    `answer`: a reading as `Serving.read` returns it. `scale`: the picture's pixels per pixel of the answer's boxes.
    """
    height, width = picture.shape[:2]
    side = WIDE_SIDE if mode == "number" else SIDE
    across, down = 100 * scale / width, 100 * scale / height
    return {
        "wide": mode == "number",
        "picture": _url(Image.fromarray(picture), side),
        "ink": _url(Image.fromarray(255 - ink_view(picture, mode, strokes)), side),
        "glyphs": [
            {
                "box": _share(glyph["box"], across, down),
                "pixels": glyph["pixels"],
                "digit": glyph["digit"],
                "probabilities": glyph["probabilities"],
                "likeliest": sorted(range(10), key=lambda digit: -glyph["probabilities"][digit])[:2],
            }
            for glyph in answer["glyphs"]
        ],
    }


def _share(box: Sequence[float], across: float, down: float) -> list[float]:
    """A box in percent of the picture's sides."""
    x, y, w, h = box
    return [round(x * across, 2), round(y * down, 2), round(w * across, 2), round(h * down, 2)]


def _url(image: Image.Image, side: int) -> str:
    """A picture, shrunk to `side` or enlarged by a whole factor, as the data URL of a WebP."""
    image.thumbnail((side, side), Image.Resampling.BOX)
    factor = side // max(image.size)
    image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
