"""Writes docs/model-card.md from what was measured; no figure in it is typed by hand.

    python -m ml.evaluation.model_card FIGURES.json … --out docs/model-card.md

FIGURES are what `manage.py evaluate … --json` wrote. All of them must be of the network that the manifest describes.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.evaluation.charts import percent
from ml.evaluation.grid import CANVAS, HEIGHT, PEN
from ml.evaluation.targets import outside, signed, targets, title
from ml.network.manifest import BUNDLED, Manifest
from ml.sources.fonts import families
from ml.sources.generator import FORMS

Entry = dict[str, Any]

MOST_CONFUSIONS = 8

_DATA = """MNIST's training pictures (LeCun, Cortes and Burges) three times: as they are, by the way that serves, and
distorted before they are served. Beside them what MNIST's writers don't show: drawings of the project's own
generator ({forms} forms of the ten digits), digits of {families} handwriting fonts, MNIST's digits
recombined (halves that meet, bars, flags, slashes), digits cut out of composed numbers, on clean paper and as a bank
scans them (small, soft, on patterns, in printed boxes); and as "not a digit" bad cuts of such numbers, the fonts'
letters, and generated letters, shapes and scribbles. Of MNIST's 60,000
training pictures 5,000 are kept from all training (the grid below draws those anew) and 3,000, with new
drawings of the other kinds, choose temperature and threshold. The test pictures decide nothing.

Every glyph is turned (±16°), sheared, stretched, shifted, bent and given another pen width anew each time, but for
the last twentieth of the epochs, which see glyphs as they are served. AdamW with a warm-up and a cosine."""
_TAUGHT = """
Half of each target is the belief of the network before it (SHA-256 `{parent}`)
about the glyph as it was distorted; where that one is wrong about what was drawn, the label alone counts, but for
MNIST's pictures and bad cuts, whose labels sometimes err."""
_GRID = f"""The same held-out MNIST digits in every cell, traced to the pen's path and drawn anew; one thing is changed
at a time. The plain drawing: black on white, {CANVAS} px, a pen of {PEN:g} px, the digit {100 * HEIGHT:.0f}% high, in
the middle. The difference to it is in points; its bounds are Agresti and Min's for pairs. *Outside* marks a cell that
falls by more than 0.1 points (place, colours, aspect) or 0.5 (the others)."""


class OtherNetwork(Exception):
    """The figures are of a network that the manifest doesn't describe."""


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line and writes the card."""
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.model_card", description="Writes the model card.")
    parser.add_argument("figures", nargs="+", type=Path, help="what `manage.py evaluate --json` wrote")
    parser.add_argument("--artifact", type=Path, default=BUNDLED, help="folder of the network's manifest.json")
    parser.add_argument("--out", type=Path, required=True, help="the card, as Markdown")
    options = parser.parse_args(arguments)
    report = [entry for file in options.figures for entry in json.loads(file.read_text(encoding="utf-8"))]
    options.out.write_text(card(report, Manifest.read(options.artifact)), encoding="utf-8")


def card(report: Sequence[Entry], manifest: Manifest) -> str:
    """The card as Markdown. Raises OtherNetwork."""
    entries = [{**entry, "found": _of(entry, manifest)} for entry in report]
    parts = [
        _head(manifest),
        _training(manifest),
        _targets(report, manifest),
        _sets([entry for entry in entries if "group" not in entry]),
        _grid([entry for entry in entries if entry.get("group") == "grid"]),
        _nothing([entry for entry in entries if entry.get("group") == "nothing"]),
        _failures(entries),
        _again(entries, manifest),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _of(entry: Entry, manifest: Manifest) -> Entry:
    found: Entry | None = next((each for each in entry["versions"] if each.get("sha256") == manifest.sha256), None)
    if found is None:
        raise OtherNetwork(f"{entry['set']}: measured with another network than {manifest.sha256[:12]}…")
    return found


def _head(manifest: Manifest) -> str:
    metrics = manifest.metrics
    size = f", {metrics['parameters']:,} parameters" if "parameters" in metrics else ""
    return f"""# Model card

*Written by `python -m ml.evaluation.model_card` from measurements; change those, not this page.*

The network that ships reads one handwritten digit from 28×28 grey pixels: ten digits, and "not a digit". What comes
before it (finding the writing in a picture, bringing it to MNIST's form) and after it (choosing among cuts of a number)
is code, and is measured here with it.

| | |
|---|---|
| network | `{manifest.network}`{size}, {manifest.outputs} outputs |
| SHA-256 | `{manifest.sha256}` |
| made | {manifest.created_at}, Keras {manifest.keras_version} |
| preprocessing | version {manifest.preprocessing_version}; artifact format {manifest.format_version} |
| temperature, "sure" from | {manifest.temperature:.3f}, {manifest.sure_threshold:.3f} |

Made for digits that people draw on a screen or photograph from paper, read while they watch and can say that it is
wrong. Not made for decisions that nobody looks at, nor for letters: those should be read as nothing or without being
sure, and the tables below say how often they are."""


def _training(manifest: Manifest) -> str:
    epochs = manifest.metrics.get("epochs", [])
    trained = f"{len(epochs)} epochs, seed {manifest.seed}" if epochs else f"Seed {manifest.seed}"
    data = _DATA.format(forms=sum(map(len, FORMS.values())), families=len(families()))
    taught = _TAUGHT.format(parent=manifest.parent) if manifest.parent else ""
    made_on = f", {manifest.metrics['made_on']}" if "made_on" in manifest.metrics else ""
    return f"""## Data and recipe

{data}
{taught}

{trained}{made_on}, by:

    {manifest.command}"""


def _targets(report: Sequence[Entry], manifest: Manifest) -> str:
    own = [
        {**entry, "versions": [found for found in entry["versions"] if found.get("sha256") == manifest.sha256][:1]}
        for entry in report
    ]
    mark = {True: "yes", False: "**no**", None: ""}
    rows = [f"| {target.what} | {target.found} | {mark[target.met]} |" for target in targets(own, 0)]
    return "\n".join(["## In short", "", "| what | found | met |", "|---|---|---|", *rows])


def _sets(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    rows = []
    for entry in entries:
        found = entry["found"]
        name = title(entry) + (f" (first {entry['limit']})" if entry.get("limit") else "")
        among = found["right_among_sure_interval"]
        surely = f"{percent(found['right_among_sure'])} ({_between(*among)})" if among else "–"
        rows.append(
            f"| {name} | {found['count']} | {percent(found['share'])} ({_between(found['low'], found['high'])})"
            f" | {percent(found['sure'], 1)} | {surely} | {percent(found['calibration_error'])}"
            f" | {percent(found['calibration_error_by_chance'])} |"
        )
    head = [
        "| set | pictures | right | sure | right among the sure | calibration error | by chance |",
        "|---|---|---|---|---|---|---|",
    ]
    note = (
        "Intervals are Wilson's, of 95% confidence. The calibration error is over 15 bins; *by chance*: what a"
        "\nperfectly calibrated reader of as many pictures would show."
    )
    return "\n".join(["## Figures", "", *head, *rows, "", note])


def _between(low: float, high: float) -> str:
    return f"{100 * low:.2f}–{100 * high:.2f}"


def _grid(cells: Sequence[Entry]) -> str:
    if not cells:
        return ""
    count = cells[0]["found"]["count"]
    rows = []
    for entry in cells:
        found = entry["found"]
        difference = signed(found["difference"])
        bounds = f"{signed(found['difference_low'])} to {signed(found['difference_high'])}"
        beyond = " **outside**" if outside({**entry, "versions": [found]}, 0) else ""
        rows.append(
            f"| {entry['factor']} | {entry['cell']} | {percent(found['share'])} | {difference} ({bounds}){beyond} |"
        )
    about = f"{count:,} digits. {_GRID}"
    head = ["| factor | cell | right | against the plain |", "|---|---|---|---|"]
    return "\n".join(["## The robustness grid", "", about, "", *head, *rows])


def _nothing(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    rows = []
    for entry in entries:
        found = entry["found"]
        count, read, unsure = found["count"], found["read"], found["count"] - found["sure_count"]
        shares = f"{percent(1 - read / count, 1)} | {percent(unsure / count, 1)}"
        rows.append(f"| {entry['kind']} | {count} | {shares} | {read - unsure} |")
    head = ["| what | pictures | read as nothing | not sure | surely read |", "|---|---|---|---|---|"]
    return "\n".join(["## Nothing to read", "", *head, *rows])


def _failures(entries: Sequence[Entry]) -> str:
    lines = []
    for entry in entries:
        found = entry["found"]
        if "group" in entry or "confusion" not in found:
            continue
        classes = sorted(found["per_class"], key=lambda row: float(row["share"]))[:3]
        hardest = ", ".join(_hard(row) for row in classes if row["right"] < row["count"])
        if hardest:
            lines.append(f"- {title(entry)}: oftenest wrong are {hardest}{_confusions(found['confusion'])}.")
    cells = [entry for entry in entries if entry.get("group") == "grid"]
    lowest = sorted(cells, key=lambda entry: float(entry["found"]["difference"]))[:5]
    lost = [entry for entry in lowest if entry["found"]["difference"] < 0]
    if lost:
        named = ", ".join(f"{each['factor']} {each['cell']} ({percent(each['found']['share'], 1)})" for each in lost)
        lines.append(f"- Of the ways of drawing, these cost most: {named}.")
    return "\n".join(["## Where it fails", "", *lines]) if lines else ""


def _hard(row: Entry) -> str:
    return f"{row['label'] or 'none'} ({row['count'] - row['right']} of {row['count']})"


def _confusions(table: Entry) -> str:
    pairs = [
        (count, label, read)
        for row, label in zip(table["table"], table["labels"], strict=True)
        for count, read in zip(row, table["read"], strict=True)
        if count and label != read
    ]
    if not pairs:
        return ""
    most = sorted(pairs, reverse=True)[:MOST_CONFUSIONS]
    return "; " + ", ".join(f"{label or 'none'} as {read or 'nothing'} {count}×" for count, label, read in most)


def _again(entries: Sequence[Entry], manifest: Manifest) -> str:
    commands = list(dict.fromkeys(entry["command"] for entry in entries))
    days = sorted({entry["measured_at"] for entry in entries})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    lines = [f"    .venv/bin/python {command} --json FILE.json" for command in commands]
    lines.append("    .venv/bin/python -m ml.evaluation.model_card FILE.json … --out docs/model-card.md")
    return "\n".join(["## Measured again", "", f"Measured on {when} with:", "", *lines])


if __name__ == "__main__":
    main()
