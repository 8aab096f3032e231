"""The ink finder's looks at a picture: at the whole, then closer at the part where the writing is, if that is small."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.deadline import check
from ml.glyphs.ink import DRAWN_STRONG, DRAWN_WEAK, Ink
from ml.pictures.picture import Picture, Plane

SIDE = 256
"""Points: both sides of a square look. Other looks have about the same area."""

STRIDE = 32
"""Both sides of what the finder is given are multiples of this."""

ROOM = 0.45
"""The margin round what is looked at again, as a share of a digit's side."""

LEAST_SIDE = 8
"""Pixels: a smaller part isn't looked at again."""

SPECK = 0.08
"""Ink with less than this share of the largest component's area is a speck."""

LEAST_INK = 15
"""Points: strong ink with less than this in all is noise."""

Box = tuple[int, int, int, int]
"""Left, top, width and height."""


class FindWriting(Protocol):
    """An ink finder. `ml.finder.finder.Finder` is one."""

    def __call__(self, picture: Picture, /) -> NDArray[np.float32]:
        """How much of each point is handwriting, of a uint8 [H, W, 3] picture: shares from 0 to 1, float32 [H, W, 3].

        Channel 0: all handwriting but signs. Channel 1: that of the one digit that is meant, in the middle. Channel 2:
        signs between digits. H and W are multiples of 32.
        """


@dataclass(frozen=True)
class Seen:
    """What the finder saw. `writing`, `digit`, `signs`: uint8 [h, w], 255 for full ink. `scale`: picture pixels per
    point. `left`, `top`: the look's corner in the picture, in pixels. `height`, `width`: the picture's.
    """

    writing: Plane
    digit: Plane
    signs: Plane
    scale: float
    left: int
    top: int
    height: int
    width: int

    def ink(self, plane: Plane) -> Ink | None:
        """The ink of one of its planes; None if there is none."""
        x, y, w, h = cv2.boundingRect(np.asarray(plane > DRAWN_WEAK, dtype=np.uint8))
        if not w or plane.max() <= DRAWN_STRONG:
            return None
        return Ink(
            contrast=plane[y : y + h, x : x + w],
            strong=DRAWN_STRONG,
            weak=DRAWN_WEAK,
            paper=0.0,
            left=x + self.left / self.scale,
            top=y + self.top / self.scale,
            height=round(self.height / self.scale),
            width=round(self.width / self.scale),
            factor=self.scale,
        )


def look(picture: Picture, find: FindWriting, part: Box | None = None) -> Seen:
    """A look at a part of the picture, or at the whole."""
    check()
    height, width = picture.shape[:2]
    left, top, wide, high = part or (0, 0, width, height)
    scale = (wide * high) ** 0.5 / SIDE
    size = max(1, round(wide / scale)), max(1, round(high / scale))
    way = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    small = cv2.resize(picture[top : top + high, left : left + wide], size, interpolation=way)
    padded = cv2.copyMakeBorder(small, 0, -size[1] % STRIDE, 0, -size[0] % STRIDE, cv2.BORDER_REPLICATE)
    levels = np.rint(255 * find(np.asarray(padded, dtype=np.uint8))[: size[1], : size[0]]).astype(np.uint8)
    writing, digit, signs = (np.ascontiguousarray(levels[..., index]) for index in range(3))
    return Seen(writing, digit, signs, scale, left, top, height, width)


def closer(seen: Seen, picture: Picture, find: FindWriting, box: Box, *, side: int, small: float) -> Seen:
    """A closer look at the box, in points of a look at the whole; the same look unless a digit is small there: its
    `side` below the share `small` of the look's.
    """
    x, y, w, h = box
    if side >= small * max(seen.writing.shape):
        return seen
    margin = ROOM * side
    # A narrow part would be enlarged too much.
    aside, above = margin + max(0.0, h - w) / 2, margin + max(0.0, 0.5 * w - h) / 2
    left, top = max(0, round((x - aside) * seen.scale)), max(0, round((y - above) * seen.scale))
    right = min(seen.width, round((x + w + aside) * seen.scale))
    bottom = min(seen.height, round((y + h + above) * seen.scale))
    if min(right - left, bottom - top) < LEAST_SIDE:
        return seen
    return look(picture, find, (left, top, right - left, bottom - top))


def bounds(plane: Plane) -> Box | None:
    """The box of the strong ink without specks; None if there is hardly any."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        np.asarray(plane > DRAWN_STRONG, dtype=np.uint8), connectivity=8
    )
    if count == 1:
        return None
    own = stats[1:]
    if own[:, cv2.CC_STAT_AREA].sum() < LEAST_INK:
        return None
    kept = own[own[:, cv2.CC_STAT_AREA] >= SPECK * own[:, cv2.CC_STAT_AREA].max()]
    left, top = kept[:, 0].min(), kept[:, 1].min()
    return int(left), int(top), int((kept[:, 0] + kept[:, 2]).max() - left), int((kept[:, 1] + kept[:, 3]).max() - top)
