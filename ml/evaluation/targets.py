"""Compares an evaluation's figures with the targets for a reader."""

from dataclasses import dataclass
from typing import Any

from ml.evaluation.composed import EMPTY
from ml.evaluation.grid import CLOSE, EXACT
from ml.sources import non_digits

Report = list[dict[str, Any]]

ROUNDING = 1e-9

SELDOM_SURE = 0.9
"""At least this share of non-digits must be read as nothing, or with an unsure reading."""

ON_GROUNDS = {"digit": ("a digit", 0.98), "number": ("a number", 0.9)}
"""By mode: what is written on composed photos, and the least share of each kind of ground that must be read rightly."""


@dataclass(frozen=True)
class Target:
    """A target and what was found. `met`: None for a figure that is only reported."""

    what: str
    found: str
    met: bool | None = None


def targets(report: Report, version: int) -> list[Target]:
    """The targets that the report has figures for, with the figures of its `version`-th version."""
    found: list[Target] = []
    cells = [entry for entry in report if entry.get("group") == "grid"]
    exact = [entry for entry in cells if entry["tolerance"] == EXACT]
    close = [entry for entry in cells if entry["tolerance"] == CLOSE]
    if close:
        found.append(
            _within("Pens, heights, strokes, turns, noise, paper, light, sizes: within 0.5 points", close, version)
        )
    if exact:
        found.append(_within("Any place, colours and aspect: within 0.1 points of the plain drawing", exact, version))
    for mode, (what, least) in ON_GROUNDS.items():
        grounds = [entry for entry in report if entry.get("group") == "grounds" and entry["mode"] == mode]
        if grounds:
            found.append(_at_least(f"Photos of {what}, each kind of ground: {least:.0%}", grounds, least, version))
    empty = [entry["versions"][version] for entry in report if entry.get("kind") in non_digits.ALWAYS_NOTHING]
    if empty:
        right, count = _sum(empty)
        found.append(
            Target("Blank, noise and gradients: always read as nothing", f"{right} of {count}", right == count)
        )
    for entry in report:
        if entry.get("kind") in {*non_digits.NEVER_SURE, EMPTY}:
            right, count = _sum([entry["versions"][version]])
            what = f"{entry['kind'].capitalize()}: nothing, or not sure"
            least = 1.0 if entry["kind"] == EMPTY else SELDOM_SURE
            found.append(Target(what, f"{right} of {count}", right >= least * count))
    for entry in report:
        if "group" not in entry:
            found += _of_a_set(entry, entry["versions"][version])
    return found


def outside(entry: dict[str, Any], version: int) -> bool:
    """Whether a cell's accuracy falls below the plain cell's by more than its tolerance."""
    return bool(entry["versions"][version]["difference"] < -entry["tolerance"] - ROUNDING)


def title(entry: dict[str, Any]) -> str:
    """The set's name for display."""
    return "The plain drawing" if entry["set"] == "grid: plain" else str(entry["set"])


def signed(share: float) -> str:
    """A difference in points, with a real minus sign."""
    return f"{100 * share:+.2f}".replace("-", "−")


def _within(what: str, cells: Report, version: int) -> Target:
    beyond = [entry for entry in cells if outside(entry, version)]
    falls = [float(entry["versions"][version]["difference"]) for entry in cells]
    lowest = cells[falls.index(min(falls))]["set"].removeprefix("grid: ")
    found = f"{len(cells) - len(beyond)} of {len(cells)} cells; the lowest {signed(min(falls))} ({lowest})"
    return Target(what, found, not beyond)


def _at_least(what: str, grounds: Report, least: float, version: int) -> Target:
    shares = [float(entry["versions"][version]["share"]) for entry in grounds]
    enough = sum(share >= least for share in shares)
    lowest = grounds[shares.index(min(shares))]["cell"]
    found = f"{enough} of {len(grounds)} kinds; the lowest {100 * min(shares):.0f}% ({lowest})"
    return Target(what, found, enough == len(grounds))


def _sum(figures: list[dict[str, Any]]) -> tuple[int, int]:
    return sum(found["right"] for found in figures), sum(found["count"] for found in figures)


def _of_a_set(entry: dict[str, Any], found: dict[str, Any]) -> list[Target]:
    name = title(entry)
    made = [
        Target(
            f"{name}: correct",
            f"{100 * found['share']:.2f}% ({100 * found['low']:.2f} to {100 * found['high']:.2f})",
        ),
        Target(f"{name}: calibration error", f"{100 * found['calibration_error']:.2f}%"),
    ]
    if found["sure_count"]:
        sure = f"{100 * found['sure']:.1f}% are sure, {100 * found['right_among_sure']:.2f}% of them right"
        made.append(Target(f"{name}: sure", sure))
    nines = [row for row in found["per_class"] if row["label"] == "9"]
    if nines:
        made.append(
            Target(f"{name}: nines that are wrong", f"{nines[0]['count'] - nines[0]['right']} of {nines[0]['count']}")
        )
    return made
