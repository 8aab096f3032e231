"""Shows the steps of a reading: the picture with its boxes, the ink, the glyphs, the probabilities."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.glyphs.looks import FindWriting
from ml.isolation import Mode, find_inks
from ml.pictures.picture import Picture

SIDE, WIDE_SIDE = 360, 720
"""The longer side in pixels of a shown picture of one digit, and of a number."""


def ink_view(
    picture: Picture, mode: Mode, strokes: Mapping[str, Any] | None, find: FindWriting | None = None
) -> NDArray[np.uint8]:
    """The ink that isolation finds in a picture (its first guess), for display: uint8 [H, W] of the picture's size, 0
    paper, 255 ink.
    """
    height, width = picture.shape[:2]
    shown = np.zeros((height, width), np.uint8)
    inks = find_inks(picture, mode, strokes, find=find).inks
    if inks:
        ink = inks[0]
        levels = np.clip(ink.contrast.astype(np.float64) / max(1, ink.strong), 0, 1) * (ink.contrast > ink.weak)
        size = max(1, round(levels.shape[1] * ink.factor)), max(1, round(levels.shape[0] * ink.factor))
        scaled = Image.fromarray(np.round(255 * levels).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
        place = round(ink.left * ink.factor), round(ink.top * ink.factor)
        canvas = Image.fromarray(shown)
        canvas.paste(scaled, place)
        shown = np.asarray(canvas)
    return shown


def steps(
    picture: Picture,
    answer: Mapping[str, Any],
    *,
    mode: Mode,
    strokes: Mapping[str, Any] | None,
    scale: float,
    find: FindWriting | None = None,
) -> dict[str, Any]:
    """The steps of a reading for `templates/steps.html`, JSON-ready.

    `answer`: a reading as `Serving.read` returns it. `scale`: the picture's pixels per pixel of the answer's boxes.
    `find`: the ink finder of the version that reads.
    """
    height, width = picture.shape[:2]
    side = WIDE_SIDE if mode == "number" else SIDE
    across, down = 100 * scale / width, 100 * scale / height
    return {
        "wide": mode == "number",
        "picture": _url(Image.fromarray(picture), side),
        "ink": _url(Image.fromarray(255 - ink_view(picture, mode, strokes, find)), side),
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
