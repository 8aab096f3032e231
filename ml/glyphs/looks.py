"""The ink finder's looks at a picture: the whole at first, then the part where the digit is, if it is small there."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.pictures.picture import Picture

AREA = 256 * 256
"""Points of a look, about."""

STRIDE = 32
"""Both sides of a look are multiples of this."""

LEAST_SIDE = 64
"""Points: the least side of a look at a very long picture."""

FOUND = 0.5
"""Least share of ink at a point that counts as found."""

SMALL = 0.45
"""A digit with a longer side below this share of a look's is looked at again..."""

ROOM = 1.9
"""...in a square with this many times its longer side."""

Shares = NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """What the finder saw. `shares`: float32 [h, w, 3], as `ml.finder.architecture.OUTPUTS`. `scale`: picture pixels per
    point. `left`, `top`: the look's corner in the picture. `height`, `width`: the picture's.
    """

    shares: Shares
    scale: float
    left: int
    top: int
    height: int
    width: int

    def ink(self, shares: Shares) -> Ink | None:
        """Ink of these shares, float32 [h, w], of this look; None if there is none."""
        contrast = np.rint(255 * np.clip(shares, 0, 1)).astype(np.uint8)
        x, y, w, h = cv2.boundingRect((contrast > DRAWN_WEAK).astype(np.uint8))
        if not w or contrast.max() <= DRAWN_STRONG:
            return None
        return Ink(
            contrast=contrast[y : y + h, x : x + w],
            strong=DRAWN_STRONG,
            weak=DRAWN_WEAK,
            paper=0.0,
            left=x + self.left / self.scale,
            top=y + self.top / self.scale,
            height=round(self.height / self.scale),
            width=round(self.width / self.scale),
            factor=self.scale,
        )


def look(picture: Picture, find: Callable[[Picture], Shares], part: tuple[int, int, int, int] | None = None) -> Look:
    """A look at a part (left, top, width, height) of the picture, or at the whole."""
    height, width = picture.shape[:2]
    left, top, wide, high = part or (0, 0, width, height)
    seen = picture[top : top + high, left : left + wide]
    scale = max((wide * high / AREA) ** 0.5, min(wide, high) / 4 / LEAST_SIDE) if False else (wide * high / AREA) ** 0.5
    size = max(1, round(wide / scale)), max(1, round(high / scale))
    way = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    small = cv2.resize(seen, size, interpolation=way)
    below, beside = -size[1] % STRIDE, -size[0] % STRIDE
    padded = cv2.copyMakeBorder(small, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    shares = find(padded)[: size[1], : size[0]]
    return Look(shares, scale, left, top, height, width)


def closer(
    first: Look, picture: Picture, find: Callable[[Picture], Shares], box: tuple[int, int, int, int]
) -> Look | None:
    """A second look at the box, in points of the first, if it is small there."""
    x, y, w, h = box
    longer = max(w, h)
    if longer >= SMALL * max(first.shares.shape[:2]):
        return None
    side = ROOM * longer
    middle = (first.left + first.scale * (x + w / 2), first.top + first.scale * (y + h / 2))
    left, top = (max(0, round(at - first.scale * side / 2)) for at in middle)
    right, bottom = (
        min(end, round(at + first.scale * side / 2)) for at, end in zip(middle, (first.width, first.height))
    )
    return look(picture, find, (left, top, right - left, bottom - top))
