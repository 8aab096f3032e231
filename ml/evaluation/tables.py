"""An evaluation as lines in a terminal."""

from typing import Any

from ml.evaluation.targets import outside

HEADER = (
    f"{'':<48} {'version':>7}  {'right':>7}  {'95% interval':<16} {'':>14}  {'to plain':>8}  {'sure':>6}"
    f"  {'% right of it':>13}  {'ECE':>6}  {'by chance':>9}"
)
MOST_ROWS = 40
"""The most writers, and unreadable rows, that are listed; the JSON has all."""


def lines(entry: dict[str, Any]) -> list[str]:
    """One line per version, one more for each version compared with the first, one for each part of the set, and the
    rows that can't be read.
    """
    made = []
    for index, found in enumerate(entry["versions"]):
        name = entry["set"] if not index else ""
        fall = f"{100 * found['difference']:+.2f}" if "difference" in found else ""
        beyond = "  outside" if "difference" in found and outside(entry, index) else ""
        calibration = (
            f"  {100 * found['calibration_error']:5.2f}%  {100 * found['calibration_error_by_chance']:8.2f}%{beyond}"
        )
        made.append(f"{name:<48} {_line(found, found['version'], fall)}{calibration}")
        if "against_the_first" in found:
            paired = found["against_the_first"]
            made.append(
                f"{'':<48} {'':>7}  {paired['gained']} gained, {paired['lost']} lost against the first"
                f" (p = {paired['p_two_sided']:.3f})"
            )
        by_writer = [part for part in found.get("parts", []) if part["by"] == ["writer"]]
        for part in found.get("parts", []):
            if part not in by_writer[MOST_ROWS:]:
                made.append(
                    f"{'  ' + part_title(part):<48} {_line(part, found['version'])}  {part_note(part)}".rstrip()
                )
        made += _more(by_writer, "writers")
    unreadable = entry.get("unreadable", [])
    if unreadable:
        made.append(f"{len(unreadable)} rows can't be read:")
        made += [f"  {problem}" for problem in unreadable[:MOST_ROWS]] + _more(unreadable, "rows")
    return made


def part_title(part: dict[str, Any]) -> str:
    """What a part of a set holds, such as "single, squared"."""
    return ", ".join(part[name] or f"no {name}" for name in part["by"])


def part_note(part: dict[str, Any]) -> str:
    """How pictures with nothing to read were read; "" for a part with other pictures."""
    if part.get("kind") != "none":
        return ""
    return f"{part['count'] - part['read']} as nothing, {part['count'] - part['sure_count']} not sure"


def _line(found: dict[str, Any], version: str, fall: str = "") -> str:
    interval = f"[{100 * found['low']:.2f}, {100 * found['high']:.2f}]"
    counted = f"{found['right']} of {found['count']}"
    among = f"{100 * found['right_among_sure']:.2f}" if found["sure_count"] else "–"
    return (
        f"{version:>7}  {100 * found['share']:6.2f}%  {interval:<16} {counted:>14}"
        f"  {fall:>8}  {100 * found['sure']:5.1f}%  {among:>13}"
    )


def _more(rows: list[Any], what: str) -> list[str]:
    return [f"  … and {len(rows) - MOST_ROWS} more {what}, in the JSON"] if len(rows) > MOST_ROWS else []
