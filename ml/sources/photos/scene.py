"""Composes photographs of handwriting: what is written, on which ground, seen by which camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from ml.pictures.picture import Picture, Plane
from ml.sources.photos import grounds, marks, optics
from ml.sources.photos.handwriting import Box, Canvas, Hands, Rng, log_uniform
from ml.sources.photos.legibility import is_legible
from ml.sources.photos.pens import PENS, Sheet, ink_colour, lay
from ml.sources.photos.printed import print_on
from ml.sources.photos.written import Leaf, write_neighbours, write_other, write_text

KINDS = {
    "plain": 2.0,
    "ruled": 1.0,
    "fine squares": 1.0,
    "squares": 2.5,
    "coarse squares": 2.0,
    "form box": 2.5,
    "table": 2.0,
    "row of boxes": 1.5,
    "pattern": 1.2,
    "circled": 2.2,
    "underlined": 1.0,
    "margin": 0.7,
    "crease": 1.0,
    "show-through": 1.4,
    "neighbours": 1.5,
    "red pen": 1.0,
    "print": 0.7,
    "sticky note": 1.2,
    "note on a desk": 1.2,
    "strip of desk": 0.8,
    "shadow": 1.7,
    "whiteboard": 0.8,
    "blackboard": 1.2,
    "screen": 1.0,
    "thumb": 0.5,
    "pencil": 1.0,
    "highlighter": 1.0,
}
"""The kinds of ground, and how often each is drawn for training."""

RINGED = {"circled", "red pen"}
"""Kinds that may draw a ring, which round nothing would be a zero."""

FIXED_PENS = {
    "pencil": "pencil",
    "highlighter": "highlighter",
    "blackboard": "chalk",
    "whiteboard": "marker",
    "screen": "rendered",
}
"""The pen of the kinds that are always written with the same."""

PEN_SHARES = {"ballpoint": 0.4, "pencil": 0.2, "felt pen": 0.22, "brush": 0.08, "rendered": 0.1}
"""How often each pen writes on the others."""

EMPTY_SHARE, SEVERAL_SHARE = 0.11, 0.24
"""Shares of the random texts without a digit, and with two to seven."""

EMPTY_BOXES, SEVERAL_CELLS = 0.24, 0.55
"""The same for kinds that are often empty, and for those that often hold numbers."""

OFTEN_EMPTY, OFTEN_SEVERAL = {"row of boxes", "form box", "table"}, {"row of boxes", "pattern"}

YELLOW_NOTES = 0.7
"""Share of the sticky notes that are yellow."""

TINTED = 0.1
"""Share of the grounds that get a slight tint."""

OTHER_SHARE = 0.35
"""Share of the photos without a digit that show a letter, a word or a scribble."""

STRAY_SHARE, CREASED_SHARE, STAINED_SHARE = 0.04, 0.03, 0.07
"""Shares of the photos of other kinds with neighbours or creases besides; and of all with stains."""

CANVAS = 1.2
"""Sides of the sheet as it is made, in sides of the photo."""

TALLEST = 0.88
"""A digit's greatest height, as a share of the sheet's."""

CLOSE_UPS = 0.18
"""Share of the photos that show the digit with narrow margins."""

SMALL_SHARE, SMALLEST = 0.35, 0.16
"""Share of the photos that are scaled down, and the least share of `side` that is left."""

TRIES = 6
"""Photos are composed until one is legible, this often at most."""


@dataclass(frozen=True)
class Photo:
    """A composed photo with the ink that is truly on it.

    `picture`: uint8 [h, w, 3]. `writing`, `digit`, `signs`: uint8 [H, W], 255 where a point is wholly covered by
    handwriting other than signs, by the digit that is meant, by signs; they may be finer than the picture. `text`: the
    digits. `meant`: the one that is meant, or "". `several`: whether other whole digits stand beside it.
    """

    picture: Picture
    writing: Plane
    digit: Plane
    signs: Plane
    text: str
    meant: str
    several: bool


def compose(
    hands: Hands, rng: Rng, *, kind: str | None = None, text: str | None = None, side: int = 256, whole: bool = False
) -> Photo:
    """A photo of `text` on a ground of this kind, or of a random one, with its longer side at most `side` pixels.

    `text`: digits, or "" for nothing to read; None for random digits, or none. One digit is written large, near the
    middle; several as a line of writing. `whole`: never a close-up of one of them. The same state of `rng` gives the
    same photo. Raises KeyError for an unknown kind.
    """
    names, weights = list(KINDS), np.array(list(KINDS.values()))
    kind = kind or names[int(rng.choice(len(names), p=weights / weights.sum()))]
    if kind not in KINDS:
        raise KeyError(kind)
    text = _some_text(rng, kind) if text is None else text
    for _ in range(TRIES):
        leaf = _leaf(hands, rng, kind, text, round(CANVAS * side))
        photo = _photographed(leaf, kind, rng, side, whole=whole)
        if not photo.digit.any() or is_legible(photo.picture, photo.digit, 1):
            break
    return photo


def _some_text(rng: Rng, kind: str) -> str:
    several = SEVERAL_CELLS if kind in OFTEN_SEVERAL else SEVERAL_SHARE
    empty = EMPTY_BOXES if kind in OFTEN_EMPTY else EMPTY_SHARE
    drawn = rng.random()
    if drawn < empty:
        return ""
    count = int(rng.integers(2, 8)) if drawn < empty + several else 1
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def _leaf(hands: Hands, rng: Rng, kind: str, text: str, side: int) -> Leaf:
    """The written and printed sheet, seen from above: `side` pixels high and wide."""
    if not text and kind in RINGED:
        kind = "plain"
    leaf = _blank(rng, kind, text, side)
    print_on(leaf, kind, hands, rng)
    if text:
        write_text(leaf, hands, kind, rng)
    elif rng.random() < OTHER_SHARE:
        write_other(leaf, hands, rng)
    if kind == "neighbours" or rng.random() < STRAY_SHARE:
        write_neighbours(leaf, hands, rng)
    opacity = float(rng.uniform(*PENS[leaf.pen].opacity))
    for name in ("writing", "signs"):
        if name in leaf.canvas.planes:
            lay(leaf.paper, leaf.canvas.coverage(name), leaf.colour, PENS[leaf.pen], opacity, rng)
    if kind == "red pen":
        marks.red_pen(leaf.paper, leaf.taken, rng)
    if kind == "crease" or rng.random() < CREASED_SHARE:
        for _ in range(int(rng.integers(1, 3))):
            marks.crease(leaf.paper, rng)
    if rng.random() < STAINED_SHARE:
        marks.stains(leaf.paper, rng)
    return leaf


def _blank(rng: Rng, kind: str, text: str, side: int) -> Leaf:
    """The ground with nothing on it yet, a pen that shows on it, and the place for the text."""
    ground = _ground(kind, (side, side), rng)
    if rng.random() < TINTED:
        ground *= np.asarray(rng.uniform(0.75, 1.05, 3), dtype=np.float32).clip(max=1)
    pen = _pen(kind, rng)
    colour = ink_colour(pen, ground[::8, ::8].mean((0, 1)), rng)
    height = side * _share(kind, len(text), rng)
    box = _place(side, height, min(height * max(1, len(text)) * 0.85, 0.96 * side), rng)
    return Leaf(ground, Canvas(side, side), pen, colour, box, height, text=text)


def _place(side: int, height: float, width: float, rng: Rng) -> Box:
    """A box of this size on the sheet, most often near its middle."""
    free = np.array((side - width, side - height)) / 2
    spread = 0.45 if rng.random() < 0.2 else 0.15
    x, y = side / 2 + np.clip(rng.normal(0, spread, 2), -0.98, 0.98) * np.maximum(free, 0)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _ground(kind: str, size: tuple[int, int], rng: Rng) -> Sheet:
    if kind == "blackboard":
        return grounds.blackboard(size, rng)
    if kind == "screen":
        return grounds.screen(size, rng)
    colour = None
    if kind == "whiteboard":
        colour = np.asarray(np.full(3, rng.uniform(0.75, 1)) + rng.normal(0, 0.02, 3), dtype=np.float32)
    elif kind == "sticky note" and rng.random() < YELLOW_NOTES:
        colour = np.asarray((0.99, 0.88, rng.uniform(0.3, 0.55)), dtype=np.float32)
    return grounds.paper(size, rng, colour)


def _pen(kind: str, rng: Rng) -> str:
    if kind in FIXED_PENS:
        return FIXED_PENS[kind]
    return list(PEN_SHARES)[int(rng.choice(len(PEN_SHARES), p=tuple(PEN_SHARES.values())))]


def _share(kind: str, count: int, rng: Rng) -> float:
    """The digits' height as a share of the picture's side."""
    if count > 1:
        return log_uniform(0.09, min(0.5, 1.1 / count), rng)
    low = 0.22 if kind in {"form box", "table"} else 0.1
    return log_uniform(low, TALLEST, rng)


def _photographed(leaf: Leaf, kind: str, rng: Rng, side: int, *, whole: bool) -> Photo:
    """The leaf as a camera sees it, its ink moved along."""
    sheet, canvas = leaf.paper, leaf.canvas
    size = canvas.height, canvas.width
    clean = kind == "screen" and rng.random() < 0.5
    matrix = np.eye(3)
    if kind in {"note on a desk", "sticky note"}:
        sheet, matrix = optics.on_a_desk(sheet, rng, float(rng.uniform(0.4, 0.95)))
    if not clean:
        if kind == "shadow" or rng.random() < 0.12:
            optics.shadow(sheet, rng)
        if rng.random() < 0.5:
            optics.slope(sheet, rng)
        look = optics.view(size, rng)
        sheet, matrix = optics.warp(sheet, look), look @ matrix
        if kind == "strip of desk":
            optics.strip_of_desk(sheet, rng)
        if kind == "thumb":
            optics.thumb(sheet, rng)
        if (kind == "whiteboard" and rng.random() < 0.8) or rng.random() < 0.02:
            optics.glare(sheet, rng)
        if kind == "screen":
            optics.moire(sheet, rng)
    planes = {name: optics.warp_plane(canvas.coverage(name), matrix) for name in ("writing", "digit", "signs")}
    if rng.random() < CLOSE_UPS and planes["digit"].any() and not whole:
        part = _close_up(planes["digit"], rng, beside=1.5 if leaf.several else 0.55)
        sheet, planes = sheet[part], {name: plane[part] for name, plane in planes.items()}
    scale = log_uniform(SMALLEST, 1, rng) if rng.random() < SMALL_SHARE else 1.0
    shown = _resized(sheet, round(side * scale))
    picture = optics.expose(shown, rng, quality=1.0 if clean else float(rng.beta(2, 1.5)) * 0.9)
    return Photo(picture, planes["writing"], planes["digit"], planes["signs"], leaf.text, leaf.meant, leaf.several)


def _close_up(digit: Plane, rng: Rng, beside: float) -> tuple[slice, slice]:
    """The part of the picture round the digit, with narrow margins, about square."""
    x, y, w, h = cv2.boundingRect(digit)
    longer = max(w, h)
    around = longer * rng.uniform(0.0, (0.55, 0.55, beside, beside))
    aside, above = (longer - w) / 2, (longer - h) / 2
    rows = slice(max(0, round(y - above - around[0])), round(y + h + above + around[1]))
    columns = slice(max(0, round(x - aside - around[2])), round(x + w + aside + around[3]))
    return rows, columns


def _resized(sheet: Sheet, longest: int) -> Sheet:
    scale = longest / max(sheet.shape[:2])
    size = max(12, round(sheet.shape[1] * scale)), max(12, round(sheet.shape[0] * scale))
    return np.asarray(cv2.resize(sheet, size, interpolation=cv2.INTER_AREA))
