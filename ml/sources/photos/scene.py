"""Composes photographs of handwriting: what is written, on which ground, seen by which camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from ml.pictures.picture import Picture, Plane
from ml.sources.photos import camera, grounds, marks
from ml.sources.photos.legibility import is_legible
from ml.sources.photos.pens import PENS, Colour, Sheet, ink_colour, lay
from ml.sources.photos.writing import Box, Canvas, Hands, Rng, Shape, line, printed_digit, write

KINDS = {
    "plain": 2.0,
    "ruled": 1.0,
    "fine squares": 1.0,
    "squares": 2.5,
    "coarse squares": 2.0,
    "form box": 2.5,
    "table": 2.0,
    "row of boxes": 1.0,
    "pattern": 1.2,
    "circled": 1.4,
    "underlined": 0.7,
    "margin": 0.7,
    "crease": 1.0,
    "show-through": 1.0,
    "neighbours": 1.5,
    "red pen": 0.7,
    "print": 0.7,
    "sticky note": 0.8,
    "note on a desk": 1.2,
    "strip of desk": 0.8,
    "shadow": 1.7,
    "whiteboard": 0.8,
    "blackboard": 0.8,
    "screen": 1.0,
    "thumb": 0.5,
    "pencil": 1.0,
    "highlighter": 0.4,
}
"""The kinds of ground, and how often each is drawn for training."""

SIGNS = {
    "slash": (line((0.5, 0), (0, 1)), 1.15, 0.0),
    "minus": (line((0, 0), (0.5, 0)), 0.45, 0.0),
    "comma": (line((0.1, 0), (0.12, 0.1), (0, 0.25)), 0.22, 0.5),
    "point": (line((0, 0), (0.01, 0.01)), 0.03, 0.47),
    "plus": (line((0, 0.25), (0.5, 0.25), (0.25, 0.25), (0.25, 0), (0.25, 0.5)), 0.5, 0.0),
    "equals": (
        Shape(strokes=[np.array([(0, 0, 0, 0.5), (0.5, 0, 0, 0.5)]), np.array([(0, 0.2, 0, 0.5), (0.5, 0.2, 0, 0.5)])]),
        0.45,
        0.0,
    ),
    "colon": (line((0, 0), (0, 0.02)), 0.04, 0.3),
}
"""Signs between digits: the shape, its longer side and how far its middle lies below the digits', in digit heights."""


_MAYBE_PRINTED = {"plain", "table", "form box", "screen", "row of boxes"}
"""Where a single digit may be a printed one: that is read, too."""

CANVAS = 1.2
"""Sides of the sheet as it is made, in sides of the photo."""

CLOSE_UPS = 0.18
"""Share of the photos that show the digit with narrow margins."""

TRIES = 6
"""Photos are composed until one is legible, this often at most."""


@dataclass(frozen=True)
class Photo:
    """`picture`: uint8 [h, w, 3]. `writing`, `digit`, `signs`: uint8 [H, W], the true coverage by all handwriting
    but signs, by the digit that is meant, and by signs; they may be finer than the picture. `text`: the digits.
    `several`: whether other whole digits stand beside the one that is meant.
    """

    picture: Picture
    writing: Plane
    digit: Plane
    signs: Plane
    text: str
    several: bool


@dataclass
class _Sheet:
    """A sheet as it is being made. `taken`: the box of what is written."""

    paper: Sheet
    canvas: Canvas
    pen: str
    colour: Colour
    taken: Box
    side: float
    several: bool = False
    text: str = ""


def compose(hands: Hands, rng: Rng, *, kind: str | None = None, text: str | None = None, side: int = 256) -> Photo:
    """A photo of `text`, with its longer side at most `side` pixels; for None, random digits or none. Raises KeyError for an unknown kind.

    One digit is written large, near the middle; several as a line of writing.
    """
    names = list(KINDS)
    weights = np.array(list(KINDS.values()))
    kind = kind or names[int(rng.choice(len(names), p=weights / weights.sum()))]
    if kind not in KINDS:
        raise KeyError(kind)
    text = _some_text(rng, kind) if text is None else text
    size = (round(CANVAS * side), round(CANVAS * side))
    for _ in range(TRIES):
        photo = _photographed(_sheet(hands, rng, kind, text, size), kind, rng, side)
        if not photo.digit.any() or is_legible(photo.picture, photo.digit, 1):
            break
    return photo


def _some_text(rng: Rng, kind: str) -> str:
    several = 0.55 if kind in {"row of boxes", "pattern"} else 0.24
    empty = 0.24 if kind in {"row of boxes", "form box", "table"} else 0.11
    drawn = rng.random()
    if drawn < empty:
        return ""
    count = int(rng.integers(2, 8)) if drawn < empty + several else 1
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def _sheet(hands: Hands, rng: Rng, kind: str, text: str, size: tuple[int, int]) -> _Sheet:
    """The written and printed sheet, seen from above."""
    ground = _ground(kind, size, rng)
    if rng.random() < 0.1:
        ground.sheet[:] *= np.asarray(rng.uniform(0.75, 1.05, 3), dtype=np.float32).clip(max=1)
    pen = _pen(kind, ground.dark, rng)
    colour = ink_colour(pen, ground.sheet[::8, ::8].mean((0, 1)), rng)
    height = size[0] * _share(kind, len(text), rng)
    width = min(height * max(1, len(text)) * 0.85, 0.96 * size[1])
    free = np.array((size[1] - width, size[0] - height)) / 2
    spread = 0.45 if rng.random() < 0.2 else 0.15
    middle = np.array(size[::-1]) / 2 + np.clip(rng.normal(0, spread, 2), -0.98, 0.98) * np.maximum(free, 0)
    box = (middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2)
    made = _Sheet(ground.sheet, Canvas(*size), pen, colour, box, height, text=text)
    _print(made, kind, hands, rng)
    if text:
        _write(made, hands, kind, rng)
    elif rng.random() < 0.35:
        shape = hands.other(rng)
        own = PENS[pen]
        write(
            made.canvas,
            shape,
            ["writing", "digit"],
            tuple(middle),
            height,
            height * _width(own.width, rng),
            rng,
            own.swing,
        )
    if kind == "neighbours" or rng.random() < 0.04:
        _neighbours(made, hands, rng)
    opacity = float(rng.uniform(*PENS[pen].opacity))
    for name in ("writing", "signs"):
        if name in made.canvas.planes:
            lay(made.paper, made.canvas.coverage(name), colour, PENS[pen], opacity, rng)
    if kind == "red pen":
        marks.red_pen(made.paper, made.taken, rng)
    if kind == "crease" or rng.random() < 0.03:
        for _ in range(int(rng.integers(1, 3))):
            marks.crease(made.paper, rng)
    if rng.random() < 0.07:
        marks.stains(made.paper, rng)
    return made


def _ground(kind: str, size: tuple[int, int], rng: Rng) -> grounds.Ground:
    if kind == "blackboard":
        return grounds.blackboard(size, rng)
    if kind == "screen":
        return grounds.screen(size, rng)
    if kind == "whiteboard":
        return grounds.paper(
            size, rng, np.asarray(np.full(3, rng.uniform(0.75, 1)) + rng.normal(0, 0.02, 3), dtype=np.float32)
        )
    if kind == "sticky note" and rng.random() < 0.7:
        return grounds.paper(size, rng, np.asarray((0.99, 0.88, rng.uniform(0.3, 0.55)), dtype=np.float32))
    return grounds.paper(size, rng)


def _pen(kind: str, dark: bool, rng: Rng) -> str:
    fixed = {
        "pencil": "pencil",
        "highlighter": "highlighter",
        "blackboard": "chalk",
        "whiteboard": "marker",
        "screen": "rendered",
    }
    if kind in fixed:
        return fixed[kind]
    pens = ("ballpoint", "pencil", "felt pen", "brush", "rendered")
    return pens[int(rng.choice(len(pens), p=(0.4, 0.2, 0.22, 0.08, 0.1)))]


def _share(kind: str, count: int, rng: Rng) -> float:
    """The digits' height as a share of the picture's side."""
    if count > 1:
        return float(np.exp(rng.uniform(np.log(0.09), np.log(min(0.5, 1.1 / count)))))
    low = 0.22 if kind in {"form box", "table"} else 0.1
    return float(np.exp(rng.uniform(np.log(low), np.log(0.88))))


def _width(width: tuple[float, float], rng: Rng) -> float:
    return float(np.exp(rng.uniform(*np.log(width))))


def _print(made: _Sheet, kind: str, hands: Hands, rng: Rng) -> None:
    """Prints on the sheet what belongs to its kind."""
    sheet, height = made.paper, made.side
    angle = float(rng.normal(0, 0.03))
    same = made.colour if rng.random() < 0.25 else None
    spacings = {"ruled": (0.5, 3.0), "fine squares": (0.12, 0.45), "squares": (0.4, 1.3), "coarse squares": (1.0, 3.5)}
    if kind in spacings:
        low, high = spacings[kind]
        spacing = max(5.0, height * float(np.exp(rng.uniform(np.log(low), np.log(high)))))
        grounds.rule(sheet, spacing, rng, squared=kind != "ruled", angle=angle, colour=same)
    elif kind == "form box" or kind == "row of boxes":
        count = len(made.text) or int(rng.integers(1, 6))
        cells = count if kind == "row of boxes" else 1
        apart = height * (np.exp(rng.uniform(np.log(0.08), np.log(1.0), 2)) - 0.12)
        if cells > 1:
            apart[0] = min(apart[0], 0.15 * height)
        left, top, right, bottom = made.taken
        jitter = rng.normal(0, 0.05, 2) * height
        marks.form_box(
            sheet,
            (
                left - apart[0] + jitter[0],
                top - apart[1] + jitter[1],
                right + apart[0] + jitter[0],
                bottom + apart[1] + jitter[1],
            ),
            rng,
            count=cells,
            colour=same,
        )
    elif kind == "table":
        left, top, right, bottom = made.taken
        apart = height * np.exp(rng.uniform(np.log(0.05), np.log(0.6), 2))
        marks.table(sheet, (left - apart[0], top - apart[1], right + apart[0], bottom + apart[1]), rng, same)
    elif kind == "pattern":
        grounds.pattern(sheet, height, rng)
    elif kind == "circled":
        marks.ring(sheet, made.taken, rng, same)
    elif kind == "underlined":
        marks.underline(sheet, made.taken, rng, same)
    elif kind == "margin":
        marks.margin(sheet, made.taken, rng)
    elif kind == "screen" and rng.random() < 0.4:
        marks.window(sheet, made.taken, rng)
    elif kind == "print":
        marks.printing(sheet, made.taken, rng, count=int(rng.integers(1, 6)))
    elif kind == "show-through":
        back = Canvas(made.canvas.height, made.canvas.width)
        for _ in range(int(rng.integers(1, 5))):
            shape = hands.digit(int(rng.integers(10)), rng) if rng.random() < 0.6 else hands.other(rng)
            centre = tuple(rng.uniform(0, 1, 2) * (back.width, back.height))
            write(back, shape, ["back"], centre, height * float(rng.uniform(0.6, 1.3)), height * 0.05, rng)
        marks.show_through(sheet, back.coverage("back")[:, ::-1].astype(np.float32) / np.float32(255), rng)
    if kind not in spacings and kind not in {"screen", "blackboard", "whiteboard"} and rng.random() < 0.15:
        spacing = max(5.0, height * float(np.exp(rng.uniform(np.log(0.3), np.log(2.5)))))
        grounds.rule(sheet, spacing, rng, squared=bool(rng.random() < 0.6), angle=angle)


def _write(made: _Sheet, hands: Hands, kind: str, rng: Rng) -> None:
    """Writes the digits of the text, with a sign between them now and then."""
    left, top, right, bottom = made.taken
    pen, height, count = PENS[made.pen], made.side, len(made.text)
    breadth = max(1.0, height * _width(pen.width, rng))
    y = (top + bottom) / 2
    if count == 1:
        printed = kind in _MAYBE_PRINTED and rng.random() < 0.1
        shape = printed_digit(int(made.text), rng) if printed else hands.digit(int(made.text), rng)
        made.taken = write(
            made.canvas, shape, ["writing", "digit"], ((left + right) / 2, y), height, breadth, rng, pen.swing
        )
        return
    step = (right - left) / count
    middle = (made.canvas.width / 2, made.canvas.height / 2)
    xs = left + step * (np.arange(count) + 0.5) + rng.normal(0, 0.04, count) * step
    rise = float(rng.normal(0, 0.04))
    meant = int(np.argmin(np.abs(xs - middle[0])))
    signs = kind != "row of boxes" and rng.random() < 0.5
    for index, (digit, x) in enumerate(zip(made.text, xs.tolist(), strict=True)):
        shape = hands.digit(int(digit), rng)
        wide, high = shape.size
        side = min(
            height * float(np.exp(rng.normal(0, 0.07))) / max(high, 0.6),
            0.97 * step / max(wide, 0.3) * float(rng.uniform(0.85, 1.1)),
        )
        at = (x, y + float(rng.normal(0, 0.03)) * height + rise * (x - xs[0]))
        names = ["writing", "digit"] if index == meant else ["writing"]
        write(made.canvas, shape, names, at, side, min(breadth, 0.2 * side), rng, pen.swing)
        if signs and rng.random() < 0.5:
            sign, size, below = SIGNS[list(SIGNS)[int(rng.integers(len(SIGNS)))]]
            place = (x + step / 2, y + height * below)
            write(
                made.canvas,
                sign,
                ["signs"],
                place,
                height * size * float(rng.uniform(0.8, 1.2)),
                min(breadth, 0.2 * side),
                rng,
            )
    made.several = True


def _neighbours(made: _Sheet, hands: Hands, rng: Rng) -> None:
    """Writes digits, letters or a comma beside the box, most of them reaching in from the edges."""
    left, top, right, bottom = made.taken
    pen = PENS[made.pen]
    for _ in range(int(rng.integers(1, 4))):
        side = made.side * float(rng.uniform(0.7, 1.25))
        angle = float(rng.choice([0, np.pi, np.pi / 2, -np.pi / 2])) + float(rng.normal(0, 0.3))
        away = (0.62 + float(rng.uniform(0, 0.6))) * made.side
        x = (left + right) / 2 + np.cos(angle) * (away + (right - left) / 2)
        y = (top + bottom) / 2 + np.sin(angle) * (away + (bottom - top) / 2)
        if rng.random() < 0.75:
            # Push it out until an edge cuts it.
            x = (
                x
                if abs(np.cos(angle)) < 0.5
                else (made.canvas.width if np.cos(angle) > 0 else 0) + rng.normal(0, 0.25) * side
            )
            y = (
                y
                if abs(np.sin(angle)) < 0.5
                else (made.canvas.height if np.sin(angle) > 0 else 0) + rng.normal(0, 0.25) * side
            )
        near = (
            x - side / 2 < right + 3
            and x + side / 2 > left - 3
            and y - side / 2 < bottom + 3
            and y + side / 2 > top - 3
        )
        if near:
            continue
        shape = hands.digit(int(rng.integers(10)), rng) if rng.random() < 0.75 else hands.other(rng)
        write(
            made.canvas,
            shape,
            ["writing"],
            (float(x), float(y)),
            side,
            max(1.0, side * _width(pen.width, rng)),
            rng,
            pen.swing,
        )
        made.several = True


def _photographed(made: _Sheet, kind: str, rng: Rng, side: int) -> Photo:
    sheet, canvas = made.paper, made.canvas
    size = canvas.height, canvas.width
    clean = kind == "screen" and rng.random() < 0.5
    matrix = np.eye(3)
    if kind in {"note on a desk", "sticky note"}:
        sheet, matrix = camera.on_a_desk(sheet, rng, float(rng.uniform(0.4, 0.95)))
    if not clean:
        if kind == "shadow" or rng.random() < 0.12:
            camera.shadow(sheet, rng)
        if rng.random() < 0.5:
            camera.slope(sheet, rng)
        look = camera.view(size, rng)
        sheet, matrix = camera.warp(sheet, look), look @ matrix
        if kind == "strip of desk":
            camera.strip_of_desk(sheet, rng)
        if kind == "thumb":
            camera.thumb(sheet, rng)
        if (kind == "whiteboard" and rng.random() < 0.8) or rng.random() < 0.02:
            camera.glare(sheet, rng)
        if kind == "screen":
            camera.moire(sheet, rng)
    planes = {name: camera.warp_plane(canvas.coverage(name), matrix) for name in ("writing", "digit", "signs")}
    if rng.random() < CLOSE_UPS and planes["digit"].any():
        part = _close_up(planes["digit"], rng, beside=1.5 if made.several else 0.55)
        sheet, planes = sheet[part], {name: plane[part] for name, plane in planes.items()}
    shown = _resized(sheet, round(side * (float(np.exp(rng.uniform(np.log(0.16), 0))) if rng.random() < 0.35 else 1.0)))
    picture = camera.expose(shown, rng, quality=1.0 if clean else float(rng.beta(2, 1.5)) * 0.9)
    return Photo(picture, planes["writing"], planes["digit"], planes["signs"], made.text, made.several)


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
