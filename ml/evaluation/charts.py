"""The figures of an evaluation as HTML and SVG, to be looked at: no script, no file beside it.

Colours come from the page's custom properties, so that every chart follows its light or dark theme.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any

from ml.evaluation.targets import outside

Figures = dict[str, Any]

WORST_FALL = 0.1
"""The fall below the plain cell, as a share, that has the strongest colour."""


def percent(share: float | None, digits: int = 2) -> str:
    """A share as a text."""
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def said(text: str) -> str:
    """What was read, or a word for nothing."""
    return escape(text) if text else "nothing"


def confusion(table: Figures) -> str:
    """The truth in rows, what was read in columns; columns in which nothing stands are left out unless digits."""
    columns = [
        index for index, name in enumerate(table["read"]) if name.isdigit() or any(row[index] for row in table["table"])
    ]
    most = max(
        (count for row, label in _rows(table) for i, count in enumerate(row) if table["read"][i] != label), default=0
    )
    head = "".join(f'<th scope="col">{_name(table["read"][index])}</th>' for index in columns)
    lines = []
    for row, label in _rows(table):
        cells = "".join(_count(row[i], table["read"][i] == label, most) for i in columns)
        lines.append(f'<tr><th scope="row">{_name(label)}</th>{cells}</tr>')
    return (
        '<table class="confusion"><caption>Rows: what it is. Columns: what was read.</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def per_class(rows: Sequence[Figures]) -> str:
    """Each class's accuracy as a dot, its interval as a whisker."""
    lowest = min(float(row["low"]) for row in rows)
    # A round start, so that the ticks are.
    start = next(edge for edge in (0.98, 0.95, 0.9, 0.8, 0.5, 0.0) if edge <= lowest or edge == 0.0)
    left, right, step = 66, 340, 22
    height = step * len(rows) + 34

    def x(share: float) -> float:
        return left + (right - left) * (share - start) / (1 - start)

    parts = []
    for share in (start, (start + 1) / 2, 1.0):
        parts.append(f'<line class="rule" x1="{x(share):.1f}" x2="{x(share):.1f}" y1="4" y2="{height - 24}"/>')
        tick = percent(share, 0 if start < 0.98 else 1)
        parts.append(f'<text x="{x(share):.1f}" y="{height - 8}" text-anchor="middle">{tick}</text>')
    for index, row in enumerate(rows):
        y = 4 + step * (index + 0.5)
        low, high, share = (float(row[name]) for name in ("low", "high", "share"))
        tip = f"{row['right']} of {row['count']}, {percent(share)} ({percent(low)} to {percent(high)})"
        parts.append(
            f"<g><title>{tip}</title>"
            f'<text x="{left - 12}" y="{y + 4:.1f}" text-anchor="end">{_name(row["label"])}</text>'
            f'<line class="whisker" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot" cx="{x(share):.1f}" cy="{y}" r="4.5"/></g>'
        )
    return _svg(360, height, "Accuracy by class", parts)


def calibration(bins: Sequence[Figures]) -> str:
    """How often it is right beside how sure it says it is; on the diagonal the two are the same."""
    left, top, side = 46, 8, 280

    def x(share: float) -> float:
        return left + side * share

    def y(share: float) -> float:
        return top + side * (1 - share)

    parts = [f'<line class="rule rule--strong" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<line class="rule" x1="{x(share)}" x2="{x(share)}" y1="{y(0)}" y2="{y(1)}"/>')
        parts.append(f'<line class="rule" x1="{x(0)}" x2="{x(1)}" y1="{y(share)}" y2="{y(share)}"/>')
        parts.append(f'<text x="{x(share)}" y="{y(0) + 17}" text-anchor="middle">{share * 100:.0f}</text>')
        parts.append(f'<text x="{left - 7}" y="{y(share) + 4}" text-anchor="end">{share * 100:.0f}</text>')
    most = max(row["count"] for row in bins)
    for row in bins:
        at = x(row["confidence"])
        tip = f"{row['count']} read with {percent(row['confidence'], 1)}: {percent(row['share'], 1)} right"
        size = 3 + 6 * (row["count"] / most) ** 0.5
        parts.append(
            f"<g><title>{tip}</title>"
            f'<line class="whisker" x1="{at:.1f}" x2="{at:.1f}" y1="{y(row["low"]):.1f}" y2="{y(row["high"]):.1f}"/>'
            f'<circle class="dot" cx="{at:.1f}" cy="{y(row["share"]):.1f}" r="{size:.1f}"/></g>'
        )
    parts.append(f'<text x="{x(0.5)}" y="{y(0) + 34}" text-anchor="middle">how sure it says it is, %</text>')
    middle = f"{left - 34} {y(0.5)}"
    parts.append(
        f'<text transform="translate({middle}) rotate(-90)" text-anchor="middle">how often it is right, %</text>'
    )
    return _svg(340, side + 50, "Calibration", parts)


def heat_map(cells: Sequence[Figures], version: int) -> str:
    """The grid's cells, one row a factor, coloured by what they lose against the plain cell."""
    rows = []
    for factor, members in groupby(cells, key=lambda entry: str(entry["factor"])):
        boxes = "".join(_heat(entry, version) for entry in members)
        rows.append(f'<div class="factor"><h4>{escape(factor)}</h4><ul class="heat">{boxes}</ul></div>')
    return "".join(rows)


def errors(shown: Iterable[Figures]) -> str:
    """What was read wrongly: the picture, the glyphs that the network saw, both answers."""
    figures = []
    every = list(shown)
    wide = " errors--wide" if any(len(error["label"]) > 1 for error in every) else ""
    for error in every:
        glyphs = "".join(f'<img class="glyph" src="{escape(url)}" alt="">' for url in error["glyphs"][:12])
        sure = ", sure" if error["sure"] and error["confidence"] is not None else ""
        how = f" · {percent(error['confidence'], 1)}{sure}" if error["confidence"] is not None else ""
        figures.append(
            f'<li><img class="shown" src="{escape(error["picture"])}" alt="A picture of {_name(error["label"])}">'
            f'<div class="glyphs">{glyphs}</div>'
            f'<p><b>{_name(error["label"])}</b> read as <b class="wrong">{said(error["read"])}</b>{how}</p></li>'
        )
    return f'<ul class="errors{wide}">{"".join(figures)}</ul>'


def _heat(entry: Figures, version: int) -> str:
    found = entry["versions"][version]
    beyond = outside(entry, version)
    fall = max(0.0, -found["difference"])
    shade = round(100 * min(1.0, (fall / WORST_FALL) ** 0.5))
    tip = (
        f"{entry['set']}: {found['right']} of {found['count']}; {_points(found['difference'])} points against the plain"
        f" drawing ({_points(found['difference_low'])} to {_points(found['difference_high'])})"
    )
    mark = '<span class="beyond" title="outside its tolerance">▼</span>' if beyond else ""
    return (
        f'<li class="{"is-beyond" if beyond else ""}" style="--shade:{shade}%" title="{escape(tip)}">'
        f'<span class="cell">{escape(entry["cell"])}</span><b>{percent(found["share"], 1)}</b>'
        f'<span class="difference">{_points(found["difference"])}{mark}</span></li>'
    )


def _points(share: float) -> str:
    return "±0" if abs(share) < 5e-5 else f"{100 * share:+.1f}".replace("-", "−")


def _rows(table: Figures) -> list[tuple[list[int], str]]:
    return list(zip(table["table"], table["labels"], strict=True))


def _name(label: str) -> str:
    return escape(label) if label else "none"


def _count(count: int, right: bool, most: int) -> str:
    if right:
        return f'<td class="right">{count}</td>'
    shade = round(20 + 80 * (count / most) ** 0.5) if count else 0
    return f'<td style="--shade:{shade}%">{count or ""}</td>'


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
