"""Transparent pictures, laid on a ground that shows their ink."""

import numpy as np
from PIL import Image

from ml.pictures.picture import Picture

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
    if "transparency" not in image.info and not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    rgba = image.convert("RGBA")
    values = np.asarray(rgba)
    visible = values[..., 3] > OPAQUE * max(1, int(values[..., 3].max()))
    paper = _paper(values[..., :3], visible)
    if paper is not None:
        return Image.fromarray(np.where(visible[..., None], values[..., :3], paper))
    ground = (0, 0, 0) if _luminance(values) > 127.5 else (255, 255, 255)
    return Image.alpha_composite(Image.new("RGBA", rgba.size, ground), rgba).convert("RGB")


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
