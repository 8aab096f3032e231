"""What is printed on a sheet, or shows on it, for each kind of ground."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ml.sources.photos import grounds, marks
from ml.sources.photos.handwriting import Box, Canvas, Hands, Rng, log_uniform, write
from ml.sources.photos.pens import Colour
from ml.sources.photos.written import Leaf

LEAST_SPACING = 5.0
"""Pixels between ruled lines."""

INK_COLOURED = 0.25
"""Share of the prints that have the pen's colour."""

RULED_BESIDES = 0.15
"""Share of the papers of other kinds that are ruled, too."""

WINDOWS = 0.4
"""Share of the screens that show a program's window."""

SPACINGS = {"ruled": (0.5, 3.0), "fine squares": (0.12, 0.45), "squares": (0.4, 1.3), "coarse squares": (1.0, 3.5)}
"""The least and the greatest distance between the lines of a ruled paper, in digit heights."""

NEVER_RULED = {*SPACINGS, "screen", "blackboard", "whiteboard"}


@dataclass(frozen=True)
class _Job:
    """What a printer needs. `angle`: by how much lines are turned, in radians. `colour`: None for a printing ink's."""

    leaf: Leaf
    kind: str
    hands: Hands
    angle: float
    colour: Colour | None


def print_on(leaf: Leaf, kind: str, hands: Hands, rng: Rng) -> None:
    """Prints on the leaf what belongs to its kind, before anything is written; nothing for a kind without print."""
    angle = float(rng.normal(0, 0.03))
    job = _Job(leaf, kind, hands, angle, leaf.colour if rng.random() < INK_COLOURED else None)
    if kind in _PRINTERS:
        _PRINTERS[kind](job, rng)
    if kind not in NEVER_RULED and rng.random() < RULED_BESIDES:
        spacing = max(LEAST_SPACING, leaf.height * log_uniform(0.3, 2.5, rng))
        grounds.rule(leaf.paper, spacing, rng, squared=bool(rng.random() < 0.6), angle=angle)


def _ruling(job: _Job, rng: Rng) -> None:
    spacing = max(LEAST_SPACING, job.leaf.height * log_uniform(*SPACINGS[job.kind], rng))
    squared = job.kind != "ruled"
    grounds.rule(job.leaf.paper, spacing, rng, squared=squared, angle=job.angle, colour=job.colour)


def _boxes(job: _Job, rng: Rng, *, in_a_row: bool) -> None:
    """One box round everything, or a cell for each digit; without digits, one to five cells."""
    leaf = job.leaf
    count = len(leaf.text) or int(rng.integers(1, 6))
    cells = count if in_a_row else 1
    apart = leaf.height * (np.exp(rng.uniform(np.log(0.08), np.log(1.0), 2)) - 0.12)
    if cells > 1:
        apart[0] = min(apart[0], 0.15 * leaf.height)
    jitter = rng.normal(0, 0.05, 2) * leaf.height
    left, top, right, bottom = _grown(leaf.taken, apart)
    around = (left + jitter[0], top + jitter[1], right + jitter[0], bottom + jitter[1])
    marks.form_box(leaf.paper, around, rng, count=cells, colour=job.colour)


def _table(job: _Job, rng: Rng) -> None:
    apart = job.leaf.height * np.exp(rng.uniform(np.log(0.05), np.log(0.6), 2))
    marks.table(job.leaf.paper, _grown(job.leaf.taken, apart), rng, job.colour)


def _back(job: _Job, rng: Rng) -> None:
    """One to four digits or letters on the back, that show through."""
    leaf = job.leaf
    back = Canvas(leaf.canvas.height, leaf.canvas.width)
    for _ in range(int(rng.integers(1, 5))):
        shape = job.hands.digit(int(rng.integers(10)), rng) if rng.random() < 0.6 else job.hands.other(rng)
        x, y = (rng.uniform(0, 1, 2) * (back.width, back.height)).tolist()
        write(back, shape, ["back"], (x, y), leaf.height * float(rng.uniform(0.6, 1.3)), leaf.height * 0.05, rng)
    marks.show_through(leaf.paper, back.coverage("back")[:, ::-1].astype(np.float32) / np.float32(255), rng)


def _window(job: _Job, rng: Rng) -> None:
    if rng.random() < WINDOWS:
        marks.window(job.leaf.paper, job.leaf.taken, rng)


def _grown(box: Box, by: np.ndarray) -> Box:
    left, top, right, bottom = box
    return left - by[0], top - by[1], right + by[0], bottom + by[1]


_PRINTERS: dict[str, Callable[[_Job, Rng], None]] = {
    **dict.fromkeys(SPACINGS, _ruling),
    "form box": partial(_boxes, in_a_row=False),
    "row of boxes": partial(_boxes, in_a_row=True),
    "table": _table,
    "pattern": lambda job, rng: grounds.pattern(job.leaf.paper, job.leaf.height, rng),
    "circled": lambda job, rng: marks.ring(job.leaf.paper, job.leaf.taken, rng, job.colour),
    "underlined": lambda job, rng: marks.underline(job.leaf.paper, job.leaf.taken, rng, job.colour),
    "margin": lambda job, rng: marks.margin(job.leaf.paper, job.leaf.taken, rng),
    "screen": _window,
    "print": lambda job, rng: marks.printing(job.leaf.paper, job.leaf.taken, rng, count=int(rng.integers(1, 6))),
    "show-through": _back,
}
