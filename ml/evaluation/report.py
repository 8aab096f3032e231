"""An evaluation as one HTML file that people look at: nothing beside it, no script, light and dark."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from ml.evaluation import charts
from ml.evaluation.charts import percent, said
from ml.evaluation.targets import outside, targets, title

Entry = dict[str, Any]

STYLE = Path(__file__).parent / "report.css"


def html(report: Sequence[Entry], *, command: str, measured_at: str) -> str:
    """The page of what `manage.py evaluate` measured; `worst` of a version holds its errors' pictures."""
    sets = [entry for entry in report if "group" not in entry]
    cells = [entry for entry in report if entry.get("group") == "grid"]
    nothing = [entry for entry in report if entry.get("group") == "nothing"]
    numbers = [found["version"] for found in report[0]["versions"]]
    parts = [_head(report, numbers, command, measured_at), _targets(report, numbers)]
    parts += [_set(entry) for entry in sets if not cells]
    parts += [_grid(cells, index, number, len(numbers) > 1) for index, number in enumerate(numbers) if cells]
    parts += [_nothing(nothing, numbers)] if nothing else []
    parts += [_set(entry) for entry in sets if cells]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_headline(report))}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body>"
        f"{''.join(parts)}<footer>{_FOOTER}</footer></body></html>\n"
    )


def picture_url(picture: Image.Image) -> str:
    """A picture as a data URL: PNG, in few colours where few do."""
    out = io.BytesIO()
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


_FOOTER = (
    "Intervals hold with 95% confidence: Wilson's for shares, Agresti and Min's for differences between the same"
    " digits. Calibration error: the mean gap between confidence and accuracy over 15 bins. “Sure” is what the site"
    " shows without a question mark."
)


def _headline(report: Sequence[Entry]) -> str:
    if any(entry.get("group") for entry in report):
        return "How robustly Digitsite reads"
    return f"How Digitsite reads {report[0]['set'].partition(', ')[0]}"


def _head(report: Sequence[Entry], numbers: Sequence[str], command: str, measured_at: str) -> str:
    versions = "version " + " and ".join(escape(number) for number in numbers)
    limit = report[0].get("limit")
    what = "digits a cell" if any(entry.get("group") for entry in report) else "pictures"
    notice = (
        f'<p class="notice">Measured on the first {limit} {what} only: a rehearsal, not the figure to quote.</p>'
        if limit
        else ""
    )
    return (
        f"<header><h1>{escape(_headline(report))}</h1>"
        f'<p class="soft">Network {versions}, {escape(measured_at)} · <code>{escape(command)}</code></p>'
        f"{notice}</header>"
    )


def _targets(report: Sequence[Entry], numbers: Sequence[str]) -> str:
    lists = []
    every = [targets(list(report), index) for index in range(len(numbers))]
    if all(target.met is None for found in every for target in found):
        return ""
    for found, number in zip(every, numbers, strict=True):
        lines = []
        for target in found:
            kind, mark = {True: ("met", "✓"), False: ("missed", "✗"), None: ("", "·")}[target.met]
            word = {True: "met", False: "missed", None: "reported"}[target.met]
            lines.append(
                f'<li><span class="{kind}" role="img" aria-label="{word}">{mark}</span>'
                f"<span>{escape(target.what)}</span><span>{escape(target.found)}</span></li>"
            )
        heading = f"<h3>Version {escape(number)}</h3>" if len(numbers) > 1 else ""
        lists.append(f'<div class="card">{heading}<ul class="targets">{"".join(lines)}</ul></div>')
    return f"<section><h2>In short</h2>{''.join(lists)}</section>"


def _set(entry: Entry) -> str:
    several = len(entry["versions"]) > 1
    versions = "".join(_figures(found, several) for found in entry["versions"])
    charted = "".join(_charts(found, several) for found in entry["versions"])
    return f'<section><h2>{escape(title(entry))}</h2><div class="card versions">{versions}</div>{charted}</section>'


def _figures(found: Entry, several: bool) -> str:
    heading = f"<h3>Version {escape(found['version'])}</h3>" if several else ""
    compared = ""
    if "against_the_first" in found:
        paired = found["against_the_first"]
        compared = (
            f'<p class="soft">Against the first version: {paired["gained"]} gained, {paired["lost"]} lost'
            f" (McNemar’s exact test, p = {paired['p_two_sided']:.3f}).</p>"
        )
    interval = found["right_among_sure_interval"]
    among = f"{percent(interval[0])} to {percent(interval[1])}" if interval else "none is sure"
    chance = percent(found["calibration_error_by_chance"])
    boxes = (
        ("main", "right", percent(found["share"]), f"{percent(found['low'])} to {percent(found['high'])}"),
        ("", "read wrongly", str(found["count"] - found["right"]), f"of {found['count']}"),
        ("", "sure", percent(found["sure"], 1), f"{found['sure_count']} of {found['count']}"),
        ("", "right among the sure", percent(found["right_among_sure"]), among),
        ("", "calibration error", percent(found["calibration_error"]), f"{chance} by chance alone"),
    )
    items = "".join(
        f'<div class="{kind}"><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>'
        for kind, name, value, note in boxes
    )
    return f'<div class="version">{heading}<dl class="figures">{items}</dl>{compared}</div>'


def _charts(found: Entry, several: bool) -> str:
    which = f", version {escape(found['version'])}" if several else ""
    cards = []
    if "confusion" in found:
        cards.append(f'<div class="card"><h3>Confusions{which}</h3>{charts.confusion(found["confusion"])}</div>')
    kind = "class" if "confusion" in found else "length"
    cards.append(f'<div class="card"><h3>By {kind}{which}</h3>{charts.per_class(found["per_class"])}</div>')
    if found["reliability"]:
        cards.append(f'<div class="card"><h3>Calibration{which}</h3>{charts.calibration(found["reliability"])}</div>')
    worst = found.get("worst", [])
    gallery = ""
    if worst:
        of = found["count"] - found["right"]
        heading = f"The {len(worst)} surest of {of} errors{which}" if len(worst) < of else f"Read wrongly{which}"
        gallery = f'<div class="card"><h3>{heading}</h3>{charts.errors(worst)}</div>'
    return f'<div class="pair">{"".join(cards)}</div>{gallery}'


def _grid(cells: Sequence[Entry], index: int, number: str, several: bool) -> str:
    heading = f"The grid, version {escape(number)}" if several else "The grid"
    lost = [_lost(entry, index) for entry in cells if entry["versions"][index].get("worst")]
    gallery = (
        f'<div class="card"><h3>What a cell loses that the plain drawing doesn’t</h3>{"".join(lost)}</div>'
        if lost
        else ""
    )
    count = cells[0]["versions"][index]["count"]
    return (
        f'<section><h2>{heading}</h2><p class="soft">The same {count} digits in every cell, one thing changed at a'
        " time. Below each accuracy its difference to the plain drawing, in points; ▼ where it falls by more than its"
        f' tolerance.</p><div class="card">{charts.heat_map(cells, index)}</div>{gallery}</section>'
    )


def _lost(entry: Entry, index: int) -> str:
    found = entry["versions"][index]
    name = f"{entry['factor']}: {entry['cell']} · {percent(found['share'], 1)}"
    opened = " open" if outside(entry, index) else ""
    return f"<details{opened}><summary>{escape(name)}</summary>{charts.errors(found['worst'])}</details>"


def _nothing(entries: Sequence[Entry], numbers: Sequence[str]) -> str:
    several = len(numbers) > 1
    rows = []
    for entry in entries:
        for found in entry["versions"]:
            name = f"{entry['kind']}{', version ' + found['version'] if several else ''}"
            read, unsure = found["read"], found["count"] - found["sure_count"]
            cells = (
                name,
                percent(1 - read / found["count"], 1),
                percent(unsure / found["count"], 1),
                str(read - unsure),
            )
            rows.append(
                f'<tr><th scope="row">{escape(cells[0])}</th>' + "".join(f"<td>{x}</td>" for x in cells[1:]) + "</tr>"
            )
    head = "".join(
        f'<th scope="col">{said(name)}</th>' for name in ("what", "read as nothing", "not sure", "surely read")
    )
    wrong = [error for entry in entries for found in entry["versions"] for error in found.get("worst", [])]
    gallery = f'<div class="card"><h3>Read all the same</h3>{charts.errors(wrong)}</div>' if wrong else ""
    return (
        f'<section><h2>Nothing to read</h2><div class="card"><table class="plain-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{gallery}</section>"
    )
