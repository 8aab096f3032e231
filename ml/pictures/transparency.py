"""Transparent pictures, laid on a ground that shows their ink."""

from functools import partial

import numpy as np
from PIL import Image

from ml.pictures.picture import Picture
from ml.pictures.tiles import TILE, reduced

OPAQUE = 0.9
"""Share of the highest alpha from which a pixel belongs to the visible part; a window's shadow has less."""
SHEET = 0.5
"""A sheet fills at least this share of its bounding box."""
WRITTEN = 0.002
"""Least share of a sheet that differs from its paper."""
DIFFERENCE = 16
"""Grey levels by which ink differs from its paper at least; the colours of ink alone differ less."""


def flattened(image: Image.Image) -> Image.Image:
    """RGB without transparency.

    A sheet with ink on it that lacks a part (round corners, an erased hole, a window with its shadow) is laid on its
    own paper. Ink alone is laid on black or white, whichever is further from it.
    """
    if not is_see_through(image):
        return image if image.mode == "RGB" else image.convert("RGB")
    rgba = image.convert("RGBA")
    # Of a large picture, every few pixels are enough to choose the ground.
    step = max(1, round((rgba.width * rgba.height / TILE) ** 0.5))
    seen = (
        rgba.resize((-(-rgba.width // step), -(-rgba.height // step)), Image.Resampling.NEAREST) if step > 1 else rgba
    )
    values = np.asarray(seen)
    level = OPAQUE * max(1, int(values[..., 3].max()))
    paper = _paper(values[..., :3], values[..., 3] > level)
    if paper is not None:
        return reduced(rgba, 1, partial(_on_paper, colour=tuple(paper.tolist()), level=level))
    ground = (0, 0, 0) if _luminance(values) > 127.5 else (255, 255, 255)
    return reduced(
        rgba, 1, lambda tile: Image.alpha_composite(Image.new("RGBA", tile.size, ground), tile).convert("RGB")
    )


def is_see_through(image: Image.Image) -> bool:
    """Whether pixels may be transparent. Pillow gives some frames of a grey GIF a palette's mode, and no palette."""
    if image.mode == "P" and image.palette is None:
        return "transparency" in image.info
    return image.has_transparency_data


def _on_paper(rgba: Image.Image, *, colour: tuple[int, int, int], level: float) -> Image.Image:
    paper = Image.new("RGB", rgba.size, colour)
    paper.paste(rgba.convert("RGB"), mask=rgba.getchannel("A").point([255 * (alpha > level) for alpha in range(256)]))
    return paper


def _paper(colours: Picture, visible: np.ndarray) -> np.ndarray | None:
    """The colour of the sheet's paper, uint8 [3]; None if the visible part is not a sheet with ink on it."""
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    if not len(rows) or visible.sum() < SHEET * np.ptp(rows) * np.ptp(columns):
        return None
    shown = colours[visible]
    paper = np.median(shown, axis=0).astype(np.uint8)
    written = np.abs(shown.astype(np.int16) - paper).max(axis=1) >= DIFFERENCE
    return paper if written.mean() >= WRITTEN else None


def _luminance(values: np.ndarray) -> float:
    """Mean luminance of the visible colours, 0 to 255, weighted by their alpha; 0 without any."""
    weights = values[..., 3].astype(np.float32)
    luminance = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    return float((luminance * weights).sum() / max(1.0, float(weights.sum())))
